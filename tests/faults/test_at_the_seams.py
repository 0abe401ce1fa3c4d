"""Faults at the model and at tools of an agent that has no code for them, and the trace's proof that they struck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.faults import InjectedError
from harness.faults.market import CHANGES
from harness.model.fault import KINDS_OF, Fault


def model(kind: str, **more: Any) -> dict[str, Any]:
    return {"seam": "model", "kind": kind, **more}


def tool(kind: str, **more: Any) -> dict[str, Any]:
    return {"seam": "tool", "kind": kind, **more}


@pytest.mark.parametrize(
    ("faults", "waits"),
    [
        pytest.param([model("rate_limit", calls=[1, 2])], [1, 2], id="429"),
        pytest.param([model("rate_limit", calls=[1], retry_after_s=7)], [7], id="429-with-retry-after"),
        pytest.param([model("server_error", times=1)], [1], id="500"),
        pytest.param([model("overloaded", times=3)], [1, 2, 4], id="529"),
        pytest.param([model("reset", times=1), model("timeout", calls=[2])], [1, 2], id="reset-then-timeout"),
        pytest.param([model("truncated", times=1)], [1], id="cut-off"),
        pytest.param([model("invalid_reply", times=1)], [1], id="no-reply"),
    ],
)
def test_what_may_pass_is_waited_for_on_the_virtual_clock(play: Any, faults: list[Any], waits: list[int]) -> None:
    found = play("asks", *faults)

    assert found.error is None
    assert found.trace.answer == '{"class": "equity", "asked": 1}'
    assert found.trace.artifacts["waits"] == waits
    assert [call.status for call in found.trace.models] == ["error"] * len(waits) + ["ok"]
    assert len(found.trace.faults) == len(waits)
    assert found.plan.missed() == ()


def test_patience_ends(play: Any) -> None:
    found = play("asks", model("rate_limit"), attempts=3)

    assert isinstance(found.error, InjectedError)
    assert (found.error.kind, found.error.status, found.error.transient) == ("rate_limit", 429, False)
    assert found.trace.artifacts["waits"] == [1, 2]
    assert found.trace.cost_usd == 0.0


def test_who_is_told_to_wait_for_a_day_does_not(play: Any) -> None:
    found = play("copes", model("rate_limit", retry_after_s=86_400))

    assert found.trace.answer == "could not: InjectedError"
    assert "waits" not in found.trace.artifacts


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        pytest.param("empty", "(nothing)", id="empty"),
        pytest.param("wrong_schema", '{"unexpected": true}', id="wrong-schema"),
        pytest.param("malformed", '{"class": "equi', id="malformed"),
    ],
)
def test_a_reply_is_spoiled(play: Any, kind: str, answer: str) -> None:
    assert play("asks", model(kind)).trace.answer == answer


def test_slow_takes_virtual_time_or_too_much_of_it(play: Any) -> None:
    found = play("asks", model("slow", seconds=20))
    late = play("copes", model("slow", seconds=100), attempts=1)

    assert (found.error, found.passed) == (None, [20])
    assert late.passed == [60]
    assert late.trace.answer == "could not: InjectedError"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(tool("error", message="no such symbol"), "InjectedToolError: no such symbol", id="error"),
        pytest.param(tool("rate_limit", retry_after_s=3), "InjectedToolError: 429: too many requests (retry after 3 seconds)", id="429"),
        pytest.param(tool("server_error"), "InjectedToolError: 500: internal server error", id="500"),
        pytest.param(tool("timeout"), "InjectedTimeout: no answer within 30 seconds", id="timeout"),
        pytest.param(tool("reset"), "InjectedReset: the connection was reset", id="reset"),
        pytest.param(tool("reject", message="halted"), "InjectedToolError: halted", id="reject"),
        pytest.param(tool("empty"), {}, id="empty"),
        pytest.param(tool("wrong_schema"), {"unexpected": True}, id="wrong-schema"),
        pytest.param(tool("result", result={"price": 1}), {"price": 1}, id="another-result"),
    ],
)  # fmt: skip
def test_tools_fail_or_give_something_else(play: Any, fault: dict[str, Any], told: Any) -> None:
    found = play("trades", fault)

    assert [found.trace.structured[name] for name in ("quote", "order")] == [told, told]
    assert {strike["name"] for strike in found.trace.faults} == {"quote", "order"}


def test_a_tool_that_fails_once_is_called_again(play: Any) -> None:
    found = play("trades", tool("timeout", name="quote", times=1))

    assert [call.status for call in found.trace.tools] == ["error", "ok", "ok"]
    assert found.trace.structured["quote"]["price"] == 100.0


@pytest.mark.parametrize(
    ("fault", "name", "key", "now"),
    [
        pytest.param(tool("stale", days=10), "quote", "price_date", "2026-11-10", id="stale"),
        pytest.param(tool("unadjusted", ratio=4), "quote", "price", 400.0, id="unadjusted"),
        pytest.param(tool("missing_fx"), "quote", "fx_rate", None, id="no-rate"),
        pytest.param(tool("market_closed"), "quote", "market_open", False, id="closed"),
        pytest.param(tool("partial_fill", share=0.25), "order", "quantity", 2.5, id="in-part"),
    ],
)
def test_the_market_is_in_another_state(play: Any, fault: dict[str, Any], name: str, key: str, now: Any) -> None:
    found = play("trades", fault)

    assert found.trace.structured[name][key] == now
    assert found.plan.missed() == ()


def test_half_a_result_is_no_json(play: Any) -> None:
    found = play("trades", tool("truncated", name="quote"))

    assert found.trace.structured["quote"].startswith('{"symbol": "VTI"')
    assert not found.trace.structured["quote"].endswith("}")


def test_what_has_nothing_to_change_is_not_called_struck(play: Any) -> None:
    found = play("trades", tool("stale", name="order"))

    assert found.trace.faults == ()
    assert len(found.plan.missed()) == 1


def test_a_call_is_delivered_twice(play: Any) -> None:
    found = play("trades", tool("duplicate", name="order"))

    assert found.trace.structured["order"]["status"] == "filled"
    assert found.trace.faults[0]["kind"] == "duplicate"
    assert found.orders == ["VTI", "VTI"]


def test_nothing_happens_without_faults(play: Any) -> None:
    found = play("trades")

    assert found.trace.faults == ()
    assert not found.plan


def test_every_kind_at_these_seams_can_be_applied(play: Callable[..., Any]) -> None:
    for seam, agent in (("model", "copes"), ("tool", "trades")):
        for kind in KINDS_OF[seam]:
            assert play(agent, {"seam": seam, "kind": kind}).trace.faults, kind


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_a_change_leaves_alone_what_it_does_not_know(kind: str) -> None:
    for data in ({"a": [1, {"b": "text"}]}, [], "text", None, 3):
        assert CHANGES[kind](data, Fault(seam="tool", kind=kind)) == data  # type: ignore[arg-type]
