from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import main
from harness.errors import UserError
from harness.gate import CaseChange, Decision, Metric, document, markdown
from harness.gate.reading import MOST_BYTES, read_decisions

METRIC = Metric("pass_rate", "regress", 0.1, 0.2, 0.01, 0.02, 0.05, 0.0, 40)
DECISION = Decision(
    "demo/basics", "regress", ("worse",), "run-2", "run-1", compared=40, rate=0.9, baseline_rate=1.0, metrics=(METRIC,),
    lost=(CaseChange("A", "x", 10, 10, 0, 1),), confirmed=(CaseChange("A", "x", 10, 10, 0, 5, p=0.002),),
)  # fmt: skip
GOOD = document([DECISION], 1)


def test_a_decision_survives_its_file(tmp_path):
    (tmp_path / "gate.json").write_text(json.dumps(GOOD))

    assert read_decisions(tmp_path / "gate.json") == (DECISION,)


def test_the_comment_is_written_from_the_decision_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.json").write_text(json.dumps(GOOD))

    assert main(["gate", "comment", "gate.json", "-o", "out.md"]) == 0
    assert (tmp_path / "out.md").read_text() == markdown([DECISION])


def edited(**changes):
    return json.dumps({**GOOD, **changes})


def suite(**changes):
    return edited(suites=[{**GOOD["suites"][0], **changes}])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("[" * 200_000, id="deep"),
        pytest.param("[]", id="list"),
        pytest.param('{"format": 1}', id="too-little"),
        pytest.param(edited(body="<img src=x>"), id="more-than-a-decision"),
        pytest.param(edited(format=99), id="newer"),
        pytest.param(edited(suites=[]), id="no-suite"),
        pytest.param(edited(suites="x"), id="no-list"),
        pytest.param(suite(pull_request=7), id="a-number-of-its-own"),
        pytest.param(suite(value="approved"), id="no-such-decision"),
        pytest.param(suite(suite=7), id="no-text"),
        pytest.param(suite(rate="100 %"), id="no-rate"),
        pytest.param(json.dumps(GOOD).replace("0.9", "NaN", 1), id="nan"),
        pytest.param(suite(lost=[{"case": "A", "agent": "x"}]), id="no-trials"),
        pytest.param('{"a": "' + "x" * MOST_BYTES + '"}', id="huge"),
    ],
)
def test_a_hostile_artifact_is_refused(tmp_path, content):
    (tmp_path / "gate.json").write_text(content)

    with pytest.raises(UserError, match="the decision"):
        read_decisions(tmp_path / "gate.json")


def test_what_is_no_regular_file_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text(json.dumps(GOOD))
    (tmp_path / "link.json").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe.json")

    for name in ("link.json", "pipe.json", "missing.json", "."):
        with pytest.raises(UserError, match="the decision"):
            read_decisions(tmp_path / name)


@given(st.binary(max_size=300))
def test_no_bytes_crash_it(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("d") / "gate.json"
    path.write_bytes(content)

    with pytest.raises(UserError):
        read_decisions(path)
