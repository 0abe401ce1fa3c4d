from __future__ import annotations

import threading

import pytest

from harness.errors import ConfigError, MissingExtra
from harness.telemetry import connect
from harness.telemetry.exporters import langfuse_account
from harness.workspace import TelemetrySettings

ALL = TelemetrySettings(exporters=("console", "jsonl", "langfuse"))
KEYS = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}


def test_nothing_asked_for_makes_nothing(tmp_path):
    assert connect(TelemetrySettings(), KEYS, tmp_path) == ()


@pytest.mark.parametrize("missing", ["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"])
def test_langfuse_without_credentials_is_left_out_silently(tmp_path, missing, capsys):
    made = connect(ALL, {**KEYS, missing: ""}, tmp_path)

    assert [exporter.name for exporter in made] == ["console", "jsonl"]
    assert capsys.readouterr() == ("", "")


def test_langfuse_with_credentials_is_made_without_a_thread_or_a_connection(tmp_path):
    before = threading.active_count()

    made = connect(ALL, KEYS, tmp_path)

    assert [exporter.name for exporter in made] == ["console", "jsonl", "langfuse"]
    assert threading.active_count() == before
    assert all(exporter.close(1).accepted == 0 for exporter in made)


def test_tracing_can_be_turned_off():
    assert langfuse_account({**KEYS, "LANGFUSE_TRACING_ENABLED": "False"}) is None


def test_the_newer_address_wins_over_the_deprecated_one():
    account = langfuse_account(
        {**KEYS, "LANGFUSE_HOST": "https://old.example", "LANGFUSE_BASE_URL": "https://new.example/"}
    )

    assert account is not None
    assert account.base_url == "https://new.example"


@pytest.mark.parametrize(
    "url", ["cloud.langfuse.com", "file:///etc/passwd", "https://", "http://host:port", "http://[::1"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_spent(url):
    with pytest.raises(ConfigError, match="is not a server's address"):
        langfuse_account({**KEYS, "LANGFUSE_BASE_URL": url})


def test_a_timeout_that_is_no_number_is_refused():
    with pytest.raises(ConfigError, match="LANGFUSE_TIMEOUT"):
        langfuse_account({**KEYS, "LANGFUSE_TIMEOUT": "soon"})


def test_missing_libraries_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.telemetry.exporters._installed", lambda module: False)

    with pytest.raises(MissingExtra, match="langfuse"):
        connect(ALL, KEYS, tmp_path)
