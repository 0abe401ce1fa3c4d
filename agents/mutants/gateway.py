"""Defects of the gateway: a limit that is none at the turn of the minute, and a plan that nobody looks at."""

from __future__ import annotations

from typing import Any

from harness.mutation import mutant


@mutant(
    "GW-M01",
    agent="gatekeeper",
    seam="S",
    severity=2,
    origin="S",
    expects=["RLM"],
    replaces="harness.limits.window:Window.wait",
    cases=["GW-05", "GW-08"],
)
def whole_minutes(original: Any, window: Any, weight: int, now: float) -> Any:
    """Requests are counted by the minute on the clock, so that two bursts around its turn both pass."""
    original(window, weight, now)
    begun = now - now % window.seconds
    aging = sum(entry.weight for entry in window._aging if entry.expires - window.seconds >= begun)  # noqa: SLF001 - the defect's own
    flying = sum(entry.weight for entry in window._open.values() if entry.expires is None)  # noqa: SLF001
    return 0.0 if aging + flying + weight <= window.limit else begun + window.seconds - now


@mutant(
    "GW-M03",
    agent="gatekeeper",
    seam="S",
    severity=3,
    origin="S",
    expects=["statuses"],
    replaces="harness.gateway.exchange:is_served",
    cases=["GW-02", "GW-03"],
)
def never_closed(original: Any, plan: Any) -> bool:
    """An entity whose plan is not active is served."""
    return True


@never_closed.also(replaces="harness.gateway.exchange:may_ask")
def any_model(original: Any, plan: Any, target: Any) -> bool:
    """A model that the plan does not name is asked."""
    return True
