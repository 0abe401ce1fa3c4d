"""Turn what a guardrail found into what a check concludes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.guardrails.ruling import Breach, Ruling
from harness.model import Evidence
from harness.registry import Check, Finding

from .wording import count

_SHOWN = 10


def told(ruling: Ruling, good: str, *, artifact: str = "", warnings: bool = False) -> Finding:
    """The finding of a ruling: what blocks fails, what warns is a label; a guardrail that failed decides nothing.

    Args:
        ruling: What the guardrail concluded.
        good: What to say where nothing is wrong.
        artifact: Name of the artifact whose paths the breaches carry.
        warnings: Whether what only warns fails too.
    """
    if ruling.broken:
        return Check.finding(None, ruling.blocking[0].message, negatable=False)
    wrong = [one for one in ruling.breaches if one.severity == "block" or (warnings and one.severity == "warn")]
    labels = {"warnings": str(sum(one.severity == "warn" for one in ruling.breaches))}
    if not wrong:
        noted = evidence(ruling.breaches, artifact)
        return Check.finding(True, good, labels=labels, evidence=noted)
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    rules = sorted({one.rule for one in wrong})
    reason = f"{wrong[0].message}{more}"
    return Check.finding(False, reason, actual=rules, evidence=evidence(wrong, artifact), labels=labels)


def evidence(breaches: Sequence[Breach], artifact: str = "") -> tuple[Evidence, ...]:
    """Where the breaches are."""
    prefix = f"{artifact}:" if artifact else ""
    return tuple(
        Evidence(
            path=f"{prefix}{one.path}" if one.path is not None else None,
            span=one.span,
            note=f"{one.rule}: {one.message}",
        )
        for one in breaches[:_SHOWN]
    )


def compared(parts: Sequence[str]) -> str:
    """`values, totals and movements agree`."""
    return f"{count(len(parts), 'comparison')}: {', '.join(parts)}" if parts else "nothing to compare"
