"""Defects of the harness's own parts, seen by the cases that put them to work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.mutation import mutant


@mutant(
    "SM-M11", agent="exercises", seam="S", severity=3, expects=["stopped"], cases=["SM-07*"],
    replaces="harness.relay.service:Relay.left",
)  # fmt: skip
def works_for_nobody(original: Any, relay: Any, channel: Any) -> None:
    """An agent whose client has vanished goes on working."""


@mutant(
    "SM-M12", agent="exercises", seam="S", severity=3, expects=["redirected"], cases=["SM-08*"],
    replaces="harness.relay.hub:Channel.interrupt",
)  # fmt: skip
def every_time(original: Any, channel: Any, key: str, redirect: str | None) -> bool:
    """A wish that is sent twice is granted twice."""
    original(channel, key, redirect)
    return True


@mutant(
    "SM-M13", agent="exercises", seam="S", severity=2, expects=["letters_whole", "agent"], cases=["SM-05*"],
    replaces="harness.relay.sse:text",
)  # fmt: skip
def breaks_lines(original: Any, data: Any) -> str:
    """Line breaks inside of a text end the event."""
    return str(original(data)).replace("\\r\\n", "\n")


@mutant(
    "OB-M11", agent="exercises", seam="S", severity=1, expects=["the_same"], cases=["OB-06"],
    replaces="harness.telemetry.console:tree",
)  # fmt: skip
def last_span_lost(original: Any, made: Any) -> Any:
    """The console leaves out the last span of a trial."""
    return list(original(made))[:-1]


@mutant(
    "JD-M10", agent="exercises", seam="T", severity=2, expects=["grade"], cases=["JD-01*"], replaces="harness.judge.voting:_grade",
)  # fmt: skip
def no_veto(original: Any, scale: Any, share: float, items: Any) -> Any:
    """A risk that is not named caps no grade."""
    return original(scale and replace(scale, veto={}), share, items)


@mutant(
    "AB-M01", agent="exercises", seam="S", severity=2, origin="S", expects=["difference"], cases=["AB-02[*"],
    replaces="harness.gate.arms:_quality",
)  # fmt: skip
def any_difference(original: Any, *asked: Any) -> str:
    """Whatever passes more often is called better."""
    first, arm, pairs, _, alpha = asked
    return str(original(first, arm, pairs, 0.0, alpha))


@mutant(
    "AB-M02", agent="exercises", seam="S", severity=2, expects=["difference"], cases=["AB-01*"],
    replaces="harness.gate.arms:_counts",
)  # fmt: skip
def the_wrong_way_round(original: Any, first: Any, other: Any) -> Any:
    """Gains are taken for losses."""
    return original(other, first)
