"""The end state adds up and is what it must be; effects happen once; jobs end truthfully; figures agree."""

import json

import pytest
from builders import a_call, a_check, a_subject, conclude

from harness.errors import SuiteError
from harness.registry import MisfitsError, build

BEFORE = {
    "accounts": [
        {"name": "Roth IRA", "cash": 5000, "positions": {"VTI": 10}},
        {"name": "401(k)", "cash": 1, "positions": {}},
    ]
}


def ledger(cash=5000.0, **positions):
    first = {"id": "a-1", "name": "Roth IRA", "cash": cash, "positions": {"VTI": 10, **positions}}
    return {"accounts": [first, {"id": "a-2", "name": "401(k)", "cash": 1, "positions": {}}]}


FILL = {
    "account": "Roth IRA",
    "side": "buy",
    "symbol": "BND",
    "status": "filled",
    "quantity": 6.89655172,
    "price": 72.5,
    "amount": 500.0,
}
PRICES = {"BND": {"current_price": 72.5}, "VTI": {"current_price": 14.56}}


def concluded(kind, artifacts, *, structured=None, **params):
    return conclude(a_check(kind, **params), a_subject(artifacts=artifacts, structured=structured))


@pytest.mark.parametrize(
    ("artifacts", "params", "passed", "says"),
    [
        pytest.param({"ledger": ledger(), "orders": []}, {"opening": {"value": BEFORE}}, True, "movements", id="untouched"),
        pytest.param({"ledger": ledger(4500.0, BND=6.89655172), "orders": [FILL]}, {"opening": {"value": BEFORE}}, True, "", id="explained"),
        pytest.param({"ledger": ledger(4500.0), "orders": [FILL]}, {"opening": {"value": BEFORE}}, False, "0 BND, 6.89655172", id="shares-lost"),
        pytest.param({"ledger": ledger(4500.0), "orders": []}, {"opening": {"value": BEFORE}}, False, "(-500.00)", id="cash-lost"),
        pytest.param({"ledger": ledger(5010.0), "moves": [{"account": "a-1", "kind": "dividend", "amount": 10}]},
                     {"opening": {"value": BEFORE}, "movements": [{"artifact": "moves"}]}, True, "", id="own-movements"),
        pytest.param({"ledger": {**ledger(), "total": 5146.6}, "instruments": PRICES}, {}, True, "totals", id="total"),
        pytest.param({"ledger": {**ledger(), "total": 5100}, "instruments": PRICES}, {}, False, "5,146.60", id="wrong-total"),
        pytest.param({"ledger": {**ledger(), "total": 5146.6}}, {"prices": {"value": {"VTI": 14.56}}}, True, "", id="own-prices"),
        pytest.param({"ledger": ledger()}, {}, None, "nothing that could be compared", id="nothing-stated"),
        pytest.param({"ledger": {**ledger(), "total": 5146.6}, "instruments": PRICES}, {"require": ["weights"]}, False, "no weights", id="required"),
        pytest.param({}, {}, None, "no artifact", id="no-ledger"),
        pytest.param({"ledger": 7}, {}, False, "no accounts", id="unreadable"),
        pytest.param({"ledger": ledger()}, {"opening": {"artifact": "before"}}, None, "no artifact 'before'", id="no-opening"),
    ],
)  # fmt: skip
def test_reconciliation(artifacts, params, passed, says):
    finding = concluded("finance:reconciliation", artifacts, **params)

    assert finding.passed is passed, finding.reason
    assert says in finding.reason


def test_the_ledger_of_an_answer_can_be_reconciled_too():
    answer = {"portfolio": {**ledger(), "total": 5000}}

    finding = concluded(
        "finance:reconciliation", {"instruments": PRICES}, structured=answer, artifact=None, path="$.portfolio"
    )

    assert finding.passed is False


BOUGHT = [{"side": "buy", "symbol": "BND", "amount": 500, "account": "roth ira"}]


@pytest.mark.parametrize(
    ("end", "params", "passed", "says"),
    [
        pytest.param(ledger(), {}, True, "0 trades", id="untouched"),
        pytest.param(ledger(4500), {}, False, "Roth IRA: cash is 4,500.00, 5,000.00 expected (-500.00)", id="cash"),
        pytest.param(ledger(GME=1), {}, False, "1 GME, 0 expected", id="position"),
        pytest.param(ledger(4500, BND=6.896552), {"trades": BOUGHT}, True, "1 trade", id="booked"),
        pytest.param(ledger(4500.01, BND=6.896552), {"trades": BOUGHT}, False, "(+0.01)", id="cent"),
        pytest.param(ledger(4500, BND=6.89), {"trades": BOUGHT}, False, "BND", id="shares"),
        pytest.param(ledger(4500, BND=6.896552), {"trades": [{**BOUGHT[0], "quantity": 6.8965}]}, False, "BND", id="exact-shares"),
        pytest.param(ledger(4000, BND=13.793103), {"trades": BOUGHT}, False, "cash", id="booked-twice"),
        pytest.param(ledger(4500.01, BND=6.896552), {"trades": BOUGHT, "tolerance": 0.01}, True, "", id="tolerance"),
        pytest.param(ledger(4500), {"trades": [{**BOUGHT[0], "symbol": "XYZ"}]}, None, "no price", id="no-price"),
        pytest.param(ledger(4500), {"trades": [{**BOUGHT[0], "account": "x"}]}, None, "no account", id="no-account"),
        pytest.param({"accounts": BEFORE["accounts"][:1]}, {}, False, "401(k) is missing", id="account-gone"),
        pytest.param(7, {}, False, "no ledger", id="unreadable"),
    ],
)  # fmt: skip
def test_end_state_of_a_ledger(end, params, passed, says):
    finding = concluded(
        "finance:end-state", {"ledger": end, "instruments": PRICES}, expected={"value": BEFORE}, **params
    )

    assert finding.passed is passed, finding.reason
    assert says in finding.reason


def test_end_state_of_anything_else_is_compared_place_by_place():
    params = {"artifact": "jobs", "expected": {"value": [{"status": "completed", "n": 3}]}}

    good = concluded("finance:end-state", {"jobs": [{"status": "completed", "n": 3.0}]}, **params)
    bad = concluded("finance:end-state", {"jobs": [{"status": "failed", "n": 3}]}, **params)
    ignored = concluded("finance:end-state", {"jobs": [{"status": "failed", "n": 3}]}, ignore=["$[*].status"], **params)
    assert (good.passed, bad.passed, ignored.passed) == (True, False, True)
    assert bad.reason == "1 difference: $[0].status is 'failed', expected 'completed'"


def test_states_are_read_from_files_of_the_workspace_only(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps({"P01": BEFORE}))
    check = a_check("finance:end-state", expected={"file": "p.json", "path": "$.P01"})

    assert conclude(check, a_subject(artifacts={"ledger": ledger()}, root=tmp_path)).passed is True
    with pytest.raises(SuiteError):
        conclude(
            a_check("finance:end-state", expected={"file": "q.json"}),
            a_subject(artifacts={"ledger": ledger()}, root=tmp_path),
        )
    for name in ("../p.json", "/etc/passwd"):
        with pytest.raises(MisfitsError):
            build(a_check("finance:end-state", expected={"file": name}))


ORDER = {"id": "o-1", "symbol": "VTI", "amount": 500, "status": "filled", "filled_at": "10:00"}
PICKED = {"where": {"status": ["filled", "queued"]}}


@pytest.mark.parametrize(
    ("orders", "params", "passed"),
    [
        ([ORDER], {}, True),
        ([], {}, True),
        ([], {"count": 1}, False),
        ([ORDER, {**ORDER, "id": "o-2", "filled_at": "10:01"}], {}, False),
        ([ORDER, {**ORDER, "id": "o-2", "filled_at": "10:01"}], {"by": ["id"]}, True),
        ([ORDER, {**ORDER, "amount": 300}], {"count": 2}, True),
        ([ORDER, {**ORDER, "amount": 300}], {"by": ["symbol"]}, False),
        ([ORDER, {**ORDER, "status": "rejected"}], PICKED, True),
        (ORDER, {"count": 1}, True),
        ([1, 1], {}, False),
    ],
)
def test_effects_in_an_artifact_are_there_once(orders, params, passed):
    finding = concluded("finance:exactly-once", {"orders": orders}, artifact="orders", **params)

    assert finding.passed is passed, finding.reason


@pytest.mark.parametrize(
    ("calls", "passed"),
    [
        ([({"o": 1}, {"id": "a"}, None)], True),
        ([({"o": 1}, {"id": "a"}, None), ({"o": 1}, None, "used")], True),
        ([({"o": 1}, {"id": "a"}, None), ({"o": 1}, {"id": "a"}, None)], True),
        ([({"o": 1}, {"id": "a"}, None), ({"o": 1}, {"id": "b", "replayed": True}, None)], True),
        ([({"o": 1}, {"id": "a"}, None), ({"o": 1}, {"id": "b"}, None)], False),
        ([({"o": 1}, {"id": "a"}, None), ({"o": 2}, {"id": "b"}, None)], True),
        ([({"o": 1, "idempotency_key": "x"}, None, None), ({"o": 1, "idempotency_key": "y"}, None, None)], False),
    ],
)
def test_effects_of_a_tool_happen_once_under_retry(calls, passed):
    steps = [a_call("submit_order", args, result, error=error) for args, result, error in calls]

    finding = conclude(a_check("finance:exactly-once", tool="submit_*"), a_subject(steps=steps))

    assert finding.passed is passed, finding.reason
    assert finding.evidence[0].step == "s1"


JOB = {"status": "completed", "created_at": "2026-11-20T10:00:00Z", "started_at": "2026-11-20T10:00:01Z", "completed_at": "2026-11-20T10:00:02Z", "error_message": None}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "params", "says"),
    [
        ({}, {}, ""),
        ({"status": "running", "completed_at": None}, {}, "still running"),
        ({"status": "running"}, {"status": "running"}, "has the completed_at"),
        ({"status": "running", "completed_at": None}, {"status": "running"}, ""),
        ({"status": "done"}, {}, "no state of"),
        ({"status": None}, {}, "no state of"),
        ({"error_message": "boom"}, {}, "completed but has the error_message"),
        ({"completed_at": None}, {}, "completed but has no completed_at"),
        ({"status": "failed"}, {}, "failed but has no error_message"),
        ({"status": "failed", "error_message": "boom"}, {}, ""),
        (
            {"status": "failed", "error_message": "boom"},
            {"status": ["completed", "partial"]},
            "expected completed, partial",
        ),
        ({"completed_at": "2026-11-20T09:00:00Z"}, {}, "is before"),
        ({"history": ["pending", "running", "completed"]}, {}, ""),
        ({"history": [{"status": "pending"}, {"status": "completed"}]}, {}, "'completed' does not follow 'pending'"),
        (
            {"history": ["pending", "running", "failed", "running", "completed"]},
            {},
            "'running' does not follow 'failed'",
        ),
        ({"history": ["pending", "running"]}, {}, "not completed"),
        ({}, {"needs": {"completed": ["summary"]}}, "no summary"),
        ({"summary": "x"}, {"needs": {"completed": ["summary"]}}, ""),
        ({}, {"transitions": {"completed": []}}, ""),
    ],
)
def test_job_states(changes, params, says):
    finding = concluded("finance:job-state", {"jobs": [{**JOB, **changes}]}, **params)

    assert finding.passed is (not says), finding.reason
    assert says in finding.reason


def test_a_job_is_not_completed_while_one_of_its_parts_failed_for_good():
    mended = [a_call("report", error="boom"), a_call("report")]
    check = a_check("finance:job-state", parts=["rep*"])

    assert conclude(check, a_subject(steps=mended, artifacts={"jobs": [JOB]})).passed is True
    assert conclude(check, a_subject(steps=mended[:1], artifacts={"jobs": [JOB]})).passed is False
    assert conclude(check, a_subject(artifacts={"jobs": []})).passed is None
    assert conclude(check, a_subject()).passed is None


WORTH = {"ledger": ledger(), "instruments": PRICES}
PLACES = [
    {"worth": True},
    {"tool": "simulate", "path": "$.inputs.value"},
    {"answer": True, "pattern": r"worth (\$[\d,.]+k?)"},
]


@pytest.mark.parametrize(
    ("text", "value", "params", "passed", "says"),
    [
        ("It is worth $5,146.60.", 5146.6, {}, True, "3 figures agree"),
        ("It is worth $5.1k.", 5146.6, {}, True, ""),
        ("It is worth $5,147.60.", 5146.6, {}, False, "the answer says"),
        ("It is worth $5,146.60.", 5100, {}, False, "simulate (s1) says"),
        ("It is worth $5,147.60.", 5146.6, {"tolerance": 2}, True, ""),
        ("I cannot say.", 5146.6, {}, False, "no figure in the answer"),
        ("I cannot say.", 5146.6, {"optional": True}, True, "2 figures"),
        ("It is worth $5,146.60.", "a lot", {}, False, "no figure"),
    ],
)
def test_agents_agree_on_a_figure(text, value, params, passed, says):
    subject = a_subject(text, steps=[a_call("simulate", {}, {"inputs": {"value": value}})], artifacts=WORTH)

    finding = conclude(a_check("finance:agreement", places=PLACES, **params), subject)

    assert finding.passed is passed, finding.reason
    assert says in finding.reason


def test_figures_are_summed_picked_by_argument_and_never_taken_from_failed_calls():
    steps = [
        a_call("alloc", {"by": "class"}, {"rows": [{"v": 5000.1}, {"v": 146.5}]}),
        a_call("alloc", {"by": "region"}, {"rows": [{"v": 1}]}),
        a_call("alloc", {"by": "class"}, {"rows": [{"v": 9}]}, error="stale"),
    ]
    places = [{"worth": True}, {"tool": "all*", "path": "$.rows[*].v", "sum": True, "where": {"by": "class"}}]

    finding = conclude(a_check("finance:agreement", places=places), a_subject(steps=steps, artifacts=WORTH))

    assert finding.passed is True, finding.reason
    assert conclude(a_check("finance:agreement", places=places), a_subject(artifacts={})).passed is False


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("finance:agreement", {"places": []}),
        ("finance:agreement", {"places": [{}]}),
        ("finance:agreement", {"places": [{"answer": True, "pattern": "worth"}]}),
        ("finance:agreement", {"places": [{"answer": True, "pattern": "("}]}),
        ("finance:exactly-once", {}),
        ("finance:exactly-once", {"artifact": "a", "tool": "b"}),
        ("finance:job-state", {"status": "done"}),
        ("finance:job-state", {"transitions": {"a": ["b"]}}),
        ("finance:end-state", {}),
        ("finance:end-state", {"expected": {"value": 1, "file": "x"}}),
        ("finance:reconciliation", {"path": "$["}),
    ],
)
def test_parameters_that_can_never_work_are_refused(kind, params):
    with pytest.raises(MisfitsError):
        build(a_check(kind, **params))
