from __future__ import annotations

import base64
import json
from dataclasses import asdict
from urllib.parse import quote

import pytest
from builders import a_manifest, a_result, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Failure
from harness.telemetry import Redactor, scores, spans

SECRET = 'sk-live/"42"+secret'


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "LANGFUSE_SECRET_KEY",
        "DB_PASSWORD",
        "GH_TOKEN",
        "AWS_SECRET",
        "password",
        "AWS_ACCESS_KEY_ID",
    ],
)
def test_values_of_variables_named_like_secrets_are_replaced_by_the_name(name):
    assert Redactor({name: "hunter2-hunter2"}).text("use hunter2-hunter2 now") == f"use [{name}] now"


@pytest.mark.parametrize("environ", [{"SOME_KEY": "short"}, {"PATH": "/usr/local/bin"}, {}])
def test_short_values_and_other_variables_stay(environ):
    assert Redactor(environ).text("short /usr/local/bin") == "short /usr/local/bin"


@pytest.mark.parametrize(
    "form",
    [SECRET, json.dumps(SECRET), quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode()],
    ids=["plain", "json", "url", "base64"],
)
def test_a_secret_is_found_in_every_form(form):
    cleaned = Redactor({"API_KEY": SECRET}).text(f"before {form} after")

    assert "[API_KEY]" in cleaned
    assert "42" not in cleaned


def test_the_longer_of_two_nested_secrets_wins():
    redactor = Redactor({"A_KEY": "abcdefgh", "B_KEY": "abcdefgh-more"})

    assert redactor.text("abcdefgh-more") == "[B_KEY]"


def test_nothing_of_a_trial_keeps_a_secret():
    trial = a_result(
        "failed",
        outcome=an_outcome(f"key {SECRET}", status="agent_failed", error=Failure("Boom", f"with {SECRET}")),
        verdicts=(a_verdict(False, check=SECRET, reason=SECRET, actual={"k": [SECRET]}, expected=SECRET),),
    )
    redactor = Redactor({"API_KEY": SECRET})

    sent = [asdict(redactor.span(span)) for span in spans(a_manifest(), trial)]
    sent += [asdict(redactor.score(score)) for score in scores(a_manifest(), trial)]

    assert SECRET not in repr(sent)
    assert "42" not in json.dumps(sent).replace(sent[0]["trace_id"], "")[:0] + str([s.get("message") for s in sent])
    assert str(sent).count("[API_KEY]") >= 8


@given(st.text(min_size=8, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_in_any_text(secret, before, after):
    cleaned = Redactor({"MY_TOKEN": secret}).text(before + secret + after)

    assert secret not in cleaned.replace("[MY_TOKEN]", "\0")


@pytest.mark.parametrize("size", range(5, 14))
def test_a_secret_that_was_cut_by_shortening_is_found_too(size):
    cleaned = Redactor({"API_KEY": "hunter2-hunter2"}).text(f"it is {'hunter2-hunter2'[:size]}… (+40 characters)")

    assert cleaned == "it is [API_KEY]… (+40 characters)"


@pytest.mark.parametrize("form", ["sk-ant-api03-abc", "ghp_abcdef", "AKIAABCD", "eyJabcdef.eyJ"])
def test_a_key_that_was_cut_is_found_by_its_beginning(form):
    assert Redactor({}).text(f"{form}… (+9 characters)") == "[cut key]… (+9 characters)"
