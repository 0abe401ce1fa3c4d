"""How a trial went, in a few lines: detours, waste, what the time went into, the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.model import Result

from .paragraph import wrapped
from .terminal import Line


def course_lines(result: Result, *, columns: int = 80) -> Iterator[Line]:
    """The `steps` section for a reader; nothing for a trial without anything to tell."""
    facts = result.steps
    lines = [("went", _calls(facts)), ("time", _time(facts)), ("plan", _plan(facts)), ("route", _route(facts))]
    for name, text in lines:
        if text:
            yield from wrapped(f"  {name:<7} ", text, columns)


def _calls(facts: Mapping[str, Any]) -> str:
    """What was done for nothing, and what came from nowhere."""
    told = []
    if facts.get("repeated"):
        told.append(f"{facts['repeated']} of {_counted(facts['calls'], 'call')} redundant")
    if facts.get("errors"):
        told.append(
            f"{facts['errors']} failed, {_counted(facts['retries'], 'retry', 'retries')}, {facts['unrecovered']} not recovered"
        )
    for loop in facts.get("loops", ()):
        told.append(f"{', '.join(loop['calls'])} run {loop['rounds']} times from {loop['step']} on")
    waste = facts.get("waste")
    if waste:
        cost = "" if not waste["cost_usd"] else f", ${waste['cost_usd']:.4f}"
        tokens = "unknown" if waste["tokens"] is None else waste["tokens"]
        told.append(f"wasted {_counted(waste['calls'], 'call')}, {tokens} tokens{cost}, {waste['seconds']:.2f} s")
    for item in facts.get("unsourced", ()):
        if item["kind"] == "identifier":
            told.append(f"{item['name']}.{item['argument']} = {item['value']!r} in {item['step']} is from nowhere")
    return "; ".join(told)


def _time(facts: Mapping[str, Any]) -> str:
    """The parts of the wall time."""
    found = facts.get("timing")
    if not found:
        return ""
    names = ("critical_path", "serialisation", "redundant", "failed", "model_idle")
    parts = " + ".join(
        f"{found[name]:.2f} {name.replace('_', ' ')}" for name in names if found[name] or name == names[0]
    )
    missed = (
        f"; {found['missed_parallelism']:.0%} of the useful tool time could run in parallel"
        if found["missed_parallelism"]
        else ""
    )
    first = facts.get("first_text_s")
    text = "" if not first or first["useful"] is None else f"; first useful text after {first['useful']:.2f} s"
    return f"{found['total']:.2f} s = {parts}{missed}{text}"


def _plan(facts: Mapping[str, Any]) -> str:
    """How far the reference plan was followed."""
    plan = facts.get("plan")
    if not plan:
        return ""
    extra = {why: number for why, number in plan.get("extra_calls", {}).items() if number}
    beyond = ", ".join(f"{number} {why}" for why, number in extra.items())
    return f"recall {plan['recall']:.2f}, precision {plan['precision']:.2f}, efficiency {plan['efficiency']:.2f}" + (
        f"; beyond it {beyond}" if beyond else ""
    )


def _route(facts: Mapping[str, Any]) -> str:
    """Agents that were reached."""
    route = facts.get("routing")
    if not route or not route["path"]:
        return ""
    expected = f" (expected {', '.join(route['expected'])})" if route.get("expected") else ""
    pong = f"; back and forth: {', '.join(route['ping_pong'][0])}" if route["ping_pong"] else ""
    return f"{' > '.join(route['path'])}{expected}{pong}"


def _counted(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"
