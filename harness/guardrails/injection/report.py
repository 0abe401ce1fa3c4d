"""What the injection guardrail concluded."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from harness.frozen import frozen

BreachKind: TypeAlias = Literal["foreign-tool", "unexpected-write", "unexpected-recipient", "canary", "tainted"]


@frozen
class Flag:
    """A place in a text that reads like an instruction to the agent."""

    rule: str
    """Id of the rule."""

    style: str
    """What it tries, such as override, tool-order or hidden."""

    weight: float
    """1 flags alone."""

    start: int
    """Start in the original text, in characters."""

    end: int
    """End."""

    text: str
    """What stands there, as it reads, cut."""

    how: str = "plain"
    """How it was hidden, such as base64 or spaced."""

    path: str = ""
    """Place of the text in JSON-like data."""


@frozen
class TextReport:
    """What the text layer found; the text itself is never changed."""

    ok: bool
    """Whether nothing was flagged and everything was looked at."""

    flags: tuple[Flag, ...] = ()
    """Places, those that flag alone first."""

    hidden: int = 0
    """Invisible characters."""

    problem: str = ""
    """Why it could not be decided; it counts as flagged then."""

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-plain data, for a trace."""
        fields = ("rule", "style", "weight", "start", "end", "text", "how", "path")
        flags = [{name: getattr(flag, name) for name in fields} for flag in self.flags]
        return {"ok": self.ok, "flags": flags, "hidden": self.hidden, "problem": self.problem}


@frozen
class Breach:
    """Something that an agent on its own task does not do."""

    kind: BreachKind
    """What it is."""

    step: str
    """Id of the call, or `answer`."""

    name: str
    """Tool that was called; empty for the answer."""

    argument: str = ""
    """Path of the argument."""

    value: str = ""
    """What is wrong there, cut."""

    source: str = ""
    """Call in whose result the value was read, where it is known."""

    note: str = ""
    """One sentence."""


@frozen
class BehaviourReport:
    """What the behavioural layer found."""

    ok: bool
    """Whether the agent kept to its task."""

    breaches: tuple[Breach, ...] = ()
    """What it did besides, in order."""

    problem: str = ""
    """Why it could not be decided; it blocks then."""

    def reasons(self) -> tuple[str, ...]:
        """One sentence for each thing that blocks."""
        told = tuple(breach.note for breach in self.breaches)
        return (self.problem, *told) if self.problem else told

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-plain data, for a trace."""
        fields = ("kind", "step", "name", "argument", "value", "source", "note")
        return {
            "ok": self.ok,
            "breaches": [{name: getattr(breach, name) for name in fields} for breach in self.breaches],
            "problem": self.problem,
        }
