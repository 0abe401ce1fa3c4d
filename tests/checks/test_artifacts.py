"""What the `artifact` check says of a trial's end state."""

from __future__ import annotations

import pytest
from builders import a_check, a_subject, conclude

from harness.registry import build
from harness.shape import MisfitsError

LEDGER = {
    "cash": 1200.5,
    "note": "rebalanced",
    "paid": None,
    "trades": [{"id": 1, "side": "buy"}, {"id": 2, "side": "sell"}],
}


@pytest.mark.parametrize(
    ("params", "passed"),
    [
        pytest.param({}, True, id="exists"),
        pytest.param({"exists": False}, False, id="exists-but-must-not"),
        pytest.param({"path": "$.fees", "exists": False}, True, id="place-absent-as-asked"),
        pytest.param({"path": "$.fees"}, False, id="place-absent"),
        pytest.param({"path": "$.cash", "equals": 1200.5}, True, id="equals"),
        pytest.param({"path": "$.cash", "equals": 1200}, False, id="equals-other"),
        pytest.param({"path": "$.cash", "equals": 1200, "tolerance": 1}, True, id="equals-within"),
        pytest.param({"path": "$.cash", "equals": None}, False, id="equals-null-and-is-not"),
        pytest.param({"path": "$.paid", "equals": None}, True, id="equals-null"),
        pytest.param({"path": "$.cash", "number": "$1,200.50"}, True, id="number"),
        pytest.param({"path": "$.note", "number": 5}, False, id="number-of-a-text"),
        pytest.param({"path": "$.note", "contains": "balanced"}, True, id="contains-text"),
        pytest.param({"path": "$.trades", "contains": {"side": "sell"}}, True, id="contains-row"),
        pytest.param({"path": "$.trades", "contains": {"side": "short"}}, False, id="contains-no-row"),
        pytest.param({"contains": "cash"}, True, id="contains-key"),
        pytest.param({"path": "$.trades", "count": 2}, True, id="count"),
        pytest.param({"path": "$.trades", "count": [3, 5]}, False, id="count-range"),
        pytest.param({"path": "$.trades[*].side", "equals": "sell"}, True, id="one-of-many"),
        pytest.param({"path": "$.trades[*].side", "equals": "hold"}, False, id="none-of-many"),
        pytest.param({"path": "$.trades[*]", "count": 2}, True, id="count-places"),
        pytest.param({"path": "$.fees[*]", "count": 0}, True, id="count-no-places"),
        pytest.param({"path": "$.cash", "count": 1}, False, id="count-of-a-number"),
    ],
)
def test_artifact(params, passed):
    finding = conclude(a_check("artifact", name="ledger", **params), a_subject(artifacts={"ledger": LEDGER}))

    assert finding.passed is passed
    assert finding.reason


@pytest.mark.parametrize(
    ("params", "passed"),
    [
        pytest.param({}, False, id="exists"),
        pytest.param({"exists": False}, True, id="must-not-exist"),
        pytest.param({"equals": 1}, None, id="equals"),
        pytest.param({"path": "$.a"}, None, id="place"),
        pytest.param({"path": "$.a", "exists": False}, None, id="a-typing-error-in-the-name-is-no-absence"),
        pytest.param({"path": "$.a[*]", "count": 0}, None, id="count"),
    ],
)
def test_an_artifact_that_was_not_recorded_decides_nothing_but_its_own_existence(params, passed):
    finding = conclude(a_check("artifact", name="ledgr", **params), a_subject(artifacts={"ledger": LEDGER}))

    assert finding.passed is passed
    assert "recorded: ledger" in finding.reason


def test_a_missing_place_fails_under_not_too():
    finding = conclude(
        a_check("artifact", name="ledger", path="$.fee", equals=0), a_subject(artifacts={"ledger": LEDGER})
    )

    assert (finding.passed, finding.negatable) == (False, False)


@pytest.mark.parametrize(
    ("params", "path"),
    [
        pytest.param({"equals": 1, "contains": 1}, "contains", id="two-conditions"),
        pytest.param({"exists": True, "tolerance": 1}, "tolerance", id="tolerance-of-nothing"),
        pytest.param({"count": [3, 1]}, "count", id="range"),
        pytest.param({"number": "many"}, "number", id="no-figure"),
        pytest.param({"path": "$["}, "path", id="path"),
        pytest.param({"contains": {}}, "contains", id="contains-nothing"),
        pytest.param({"count": -1}, "count", id="negative-count"),
    ],
)
def test_parameters_that_can_never_work_are_refused(params, path):
    with pytest.raises(MisfitsError) as caught:
        build(a_check("artifact", name="ledger", **params))

    assert caught.value.misfits[0].path[0] == path
