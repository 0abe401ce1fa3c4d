"""Defects of audit logs, alarms, costs and judges, planted in the agents that keep, raise, count and ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from harness.mutation import mutant

_TRAIL = ("finance:audit-trail",)
_SCRIBE = "agents/compat/audited.py:Scribe"


@mutant(
    "AL-M01", agent="operations", seam="C", severity=1, origin="S", expects=["alarms", "is-json"], cases=["AL-*", "CO-05*"],
    replaces="harness.alarms.evaluator:_value",
)  # fmt: skip
def cold_start(original: Callable[..., Any], rule: Any, values: Any) -> Any:
    """An alarm is raised before there is any data, because metrics start at zero."""
    return original(replace(rule, min_samples=1), values) if values else 0.0


@cold_start.also(replaces="harness.alarms.evaluator:_breaches")
def exactly(original: Callable[..., Any], rule: Any, value: Any) -> Any:
    """And none when a sum is exactly the threshold."""
    return original(replace(rule, comparison=rule.comparison[0]), value)


@mutant(
    "AL-M02", agent="operations", seam="C", severity=2, expects=["alarms"], cases=["AL-0[56]*"],
    replaces="harness.alarms.evaluator:_breaches",
)  # fmt: skip
def met_is_missed(original: Callable[..., Any], rule: Any, value: Any) -> Any:
    """A share that is exactly the threshold is an alarm."""
    return original(replace(rule, comparison=f"{rule.comparison[0]}="), value)


@mutant(
    "AL-M03", agent="operations", seam="C", severity=2, expects=["is-json", "alarms"], cases=["AL-*"],
    replaces="harness.alarms.evaluator:_each",
)  # fmt: skip
def all_together(original: Callable[..., Any], rules: Any, samples: Any, one: Any) -> Any:
    """Agents are judged together, so that a good one hides a bad one."""
    return original([replace(rule, by=()) for rule in rules], samples, one)


@mutant(
    "CO-M01", agent="operations", seam="C", severity=2, origin="S", expects=["diff"], cases=["CO-04"],
    replaces="harness.alarms.serverless:LambdaLoad.gb_seconds",
)  # fmt: skip
def guides_table(original: Callable[..., Any], load: Any) -> Any:
    """Half of the memory is forgotten in the bill."""
    return original(load) / 2


@mutant(
    "CO-M02", agent="operations", seam="C", severity=2, expects=["alarms"], cases=["CO-05*"],
    replaces="harness.alarms.evaluator:_breaches",
)  # fmt: skip
def spent_and_silent(original: Callable[..., Any], rule: Any, value: Any) -> Any:
    """The whole budget is spent before anybody is told."""
    return original(replace(rule, comparison=">"), value)


@mutant(
    "JD-M01", agent="operations", seam="T", severity=2, origin="S", expects=["verdict_read"], cases=["JD-02*"],
    replaces="harness.judge.reading:read_reply",
)  # fmt: skip
def anything_true(original: Callable[..., Any], reply: Any, *rest: Any) -> Any:
    """A judge's reply passes when the letters TRUE are anywhere in it."""
    if "TRUE" in reply.text.upper():
        return {"claim": SimpleNamespace(vote="yes", rationale=reply.text)}
    return original(reply, *rest)


@mutant(
    "JD-M02", agent="operations", seam="T", severity=2, expects=["preference"], cases=["JD-03*"],
    replaces="harness.judge.pairwise:_side",
)  # fmt: skip
def place_decides(original: Callable[..., Any], said: Any, *, swapped: bool) -> Any:
    """Which answer stands first is forgotten, so that a judge's taste for the first place becomes a preference."""
    return original(said, swapped=False)


@mutant(
    "AU-M01", agent="reporter_audited_strict", seam="C", severity=3, origin="S",
    expects=[*_TRAIL, "compliance_of_guardrails"], replaces="harness.audit.log:compliance",
)  # fmt: skip
def always_pass(original: Callable[..., Any], *_: Any, **__: Any) -> Any:
    """The compliance check is the constant PASS."""
    return original({"compliance": True})


@mutant(
    "AU-M02",
    agent="planner_audited",
    seam="C",
    severity=2,
    expects=[*_TRAIL, "input_hash"],
    replaces="harness.audit.log:content_hash",
)
def hash_of_words(original: Callable[..., Any], item: Any) -> Any:
    """What is hashed is how Python shows it."""
    return original(repr(item))


@mutant("AU-M03", agent="trader_audited", seam="S", severity=3, expects=_TRAIL, replaces=f"{_SCRIBE}.call")
def unlogged_order(original: Callable[..., Any], scribe: Any, name: str, args: Any = None, **known: Any) -> Any:
    """An order is placed and not written down."""
    return scribe._main.call(name, args, **known)  # noqa: SLF001 - past the log


@mutant(
    "AU-M04", agent="trader_audited", seam="S", severity=3, expects=[*_TRAIL, "artifact"], replaces=f"{_SCRIBE}.ask"
)
def unlogged_consent(original: Callable[..., Any], scribe: Any, question: str, *, details: Any = None) -> Any:
    """The client's yes is not written down."""
    return scribe._main.ask(question, details=details)  # noqa: SLF001 - past the log


@mutant(
    "AU-M05", agent="planner_audited", seam="C", severity=1, expects=[*_TRAIL, "artifact"], replaces=f"{_SCRIBE}._meet"
)
def nobody_invoked(original: Callable[..., Any], scribe: Any, agent: str) -> None:
    """Agents that are called are not written down."""


@mutant("AU-M06", agent="planner_audited", seam="C", severity=2, expects=_TRAIL, replaces=f"{_SCRIBE}._count")
def half_the_tokens(original: Callable[..., Any], scribe: Any, agent: str, data: Any) -> None:
    """Only what was read is counted, not what was written."""
    original(scribe, agent, {**data, "output_tokens": 0})


@mutant(
    "AU-M07", agent="planner_audited", seam="C", severity=3, expects=["one_job"],
    replaces="harness.audit.anonymous:Pseudonyms.user",
)  # fmt: skip
def named(original: Callable[..., Any], names: Any, identity: str) -> str:
    """The log names the user."""
    return identity


@mutant("AU-M08", agent="reporter_audited", seam="S", severity=3, expects=_TRAIL, on="event")
def one_entry_less(event: Any) -> Any:
    """An entry is taken out of the log after it was written."""
    kind, data = event
    if kind != "state" or data.get("name") != "audit_trail":
        return None
    entries = data["value"]
    return [(kind, {**data, "value": [*entries[:2], *entries[3:]]})]


@mutant(
    "AU-M09", agent="operations", seam="C", severity=3, expects=["tampering_found"], cases=["AU-05-tampered*"],
    replaces="harness.audit.verifying:_Walk._follows",
)  # fmt: skip
def in_any_order(original: Callable[..., Any], walk: Any, seq: Any, entry: Any) -> None:
    """Verification does not look at the numbers."""


@mutant(
    "AU-M10", agent="operations", seam="C", severity=3, expects=["tampering_found", "is-json"], cases=["AU-05-tampered*"],
    replaces="harness.audit.verifying:digest_of",
)  # fmt: skip
def believed(original: Callable[..., Any], entry: Any) -> Any:
    """Verification believes the hash that stands in the entry."""
    return str(entry.get("hash"))
