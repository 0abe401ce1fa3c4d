"""What the guardrails of orders, ledgers and text answer with, and how each of them fails closed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, ParamSpec, TypeAlias, TypeVar

from harness.frozen import frozen

Severity: TypeAlias = Literal["block", "warn", "info"]
P = ParamSpec("P")
R = TypeVar("R", bound="Ruling")

TEXT_LIMIT: Final = 1_000_000
"""Longest text that is looked through, in characters; a longer one is blocked, because nobody knows what it says."""

ERROR_RULE: Final = "guardrail-error"
"""Rule of a guardrail that failed itself."""

_SHOWN = 120


@frozen
class Breach:
    """One rule that is broken, and where."""

    rule: str
    """Stable id, such as `over-order-cap` or `promissory.guarantee`."""

    severity: Severity
    """`block` stops the answer or the order; `warn` and `info` do not."""

    message: str
    """One sentence for a person."""

    span: tuple[int, int] | None = None
    """Start and end in the text that was given, in characters."""

    path: str | None = None
    """JSON path in the data that was given."""

    evidence: str = ""
    """The offending piece, shortened."""

    as_of: str = ""
    """Day on which the rule was last checked against its source; empty for rules that no regulator made."""

    jurisdiction: tuple[str, ...] = ()
    """Where the rule holds, such as `US`; empty for everywhere."""


@frozen
class Ruling:
    """What a guardrail concluded."""

    breaches: tuple[Breach, ...] = ()
    """Everything found, in the order of the text or of the rules."""

    @property
    def ok(self) -> bool:
        """Whether nothing blocks."""
        return not self.blocking

    @property
    def blocking(self) -> tuple[Breach, ...]:
        """The breaches that block."""
        return tuple(breach for breach in self.breaches if breach.severity == "block")

    @property
    def rules(self) -> frozenset[str]:
        """Ids of the rules that found something."""
        return frozenset(breach.rule for breach in self.breaches)

    @property
    def broken(self) -> bool:
        """Whether the guardrail itself failed, and blocks for that reason."""
        return ERROR_RULE in self.rules

    def reasons(self) -> tuple[str, ...]:
        """One sentence for each thing that blocks, fit for a retry prompt."""
        return tuple(breach.message for breach in self.blocking)

    def as_json(self) -> dict[str, Any]:
        """The ruling as JSON-plain data, for a trace or a verdict."""
        return {"ok": self.ok, "breaches": [_plain(breach) for breach in self.breaches]}


def closed(make: Callable[[tuple[Breach, ...]], R]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a guardrail never raise: whatever goes wrong inside becomes a ruling that blocks and says so."""

    def wrap(guardrail: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(guardrail)
        def guarded(*args: P.args, **named: P.kwargs) -> R:
            try:
                return guardrail(*args, **named)
            except Exception as error:  # noqa: BLE001 - a guardrail that crashes must block
                return make((failure(error),))

        return guarded

    return wrap


def failure(error: BaseException) -> Breach:
    """The breach of a guardrail that failed."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - an exception may do anything when shown
        said = "(its message cannot be shown)"
    message = f"the guardrail failed and blocks to be safe: {type(error).__name__}: {said}"
    return Breach(ERROR_RULE, "block", message[:300])


def too_long(length: int) -> Breach:
    """The breach of a text that nobody looks through."""
    return Breach("text-too-long", "block", f"the text has {length:,} characters; at most {TEXT_LIMIT:,} are looked at")


def cut(piece: object) -> str:
    """A piece of evidence, shortened."""
    text = str(piece)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _plain(breach: Breach) -> Mapping[str, Any]:
    return {
        "rule": breach.rule,
        "severity": breach.severity,
        "message": breach.message,
        "span": list(breach.span) if breach.span else None,
        "path": breach.path,
        "evidence": breach.evidence,
        "as_of": breach.as_of,
        "jurisdiction": list(breach.jurisdiction),
    }
