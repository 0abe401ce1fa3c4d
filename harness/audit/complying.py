"""Whether a decision complies: what guardrails and checks said, never a constant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Literal, Protocol, TypeAlias

from harness.frozen import frozen

ComplianceResult: TypeAlias = Literal["PASS", "FAIL", "FLAGGED", "UNDECIDED", "NOT_CHECKED"]
"""`FLAGGED`: a guardrail objected on the way, and nothing found the outcome itself wrong. `NOT_CHECKED` is no pass."""


class Ruled(Protocol):
    """What our guardrails answer with, or anything else that says whether it is well."""

    @property
    def ok(self) -> bool:
        """Whether nothing blocks."""
        ...


Said: TypeAlias = "bool | Ruled | None"


@frozen
class Compliance:
    """The result and what it rests on."""

    result: ComplianceResult
    """What an auditor reads first."""

    passed: tuple[str, ...] = ()
    """Guardrails and checks that were content."""

    failed: tuple[str, ...] = ()
    """Those that were not."""

    undecided: tuple[str, ...] = ()
    """Those that could not tell."""

    minor: tuple[str, ...] = field(default=())
    """Those that were not content with something that does not decide."""

    def plain(self) -> dict[str, Any]:
        """As an entry says it; what is empty is left out, but never the result."""
        lists = {name: sorted(set(getattr(self, name))) for name in ("passed", "failed", "undecided", "minor")}
        return {"result": self.result, **{name: items for name, items in lists.items() if items}}


def compliance(
    checks: Mapping[str, Said] | Iterable[tuple[str, Said]] = (),
    *,
    guardrails: Iterable[tuple[str, bool | None]] = (),
    minor: Iterable[tuple[str, bool | None]] = (),
) -> Compliance:
    """Conclude from what was said.

    Args:
        checks: What decides: name to True, False, None (undecided) or a ruling of our guardrails.
        guardrails: What guardrails inside the agent said; one that objects flags the decision.
        minor: Checks that do not decide.
    """
    pairs = [(name, said) for name, said in (checks.items() if isinstance(checks, Mapping) else checks)]
    decided = [(name, said if said is None or isinstance(said, bool) else said.ok) for name, said in pairs]
    stopped, others = list(guardrails), list(minor)
    every = [*decided, *stopped, *others]
    if any(said is False for _, said in decided):
        result: ComplianceResult = "FAIL"
    elif any(said is False for _, said in stopped):
        result = "FLAGGED"
    elif any(said is None for _, said in [*decided, *stopped]):
        result = "UNDECIDED"
    else:
        result = "PASS" if any(said is True for _, said in [*decided, *stopped]) else "NOT_CHECKED"
    return Compliance(
        result,
        passed=tuple(name for name, said in every if said is True),
        failed=tuple(name for name, said in [*decided, *stopped] if said is False),
        undecided=tuple(name for name, said in every if said is None),
        minor=tuple(name for name, said in others if said is False),
    )
