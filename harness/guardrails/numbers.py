"""The number guardrail: no figure leaves the agent that its sources do not hold or give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from harness.frozen import frozen

if TYPE_CHECKING:
    from harness.grounding import Grounding


@frozen
class NumberReport:
    """What became of the figures of one answer."""

    ok: bool
    """Whether the answer may leave: no more wrong figures than allowed, and something to compare them with."""

    figures: tuple[Grounding, ...] = ()
    """Each figure with its status, its source and what was computed."""

    problem: str = ""
    """Why nothing could be decided; the answer is blocked then too."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """Figures by status."""

    complete: bool = True
    """Whether all that the agent read was looked through; False when the sources held too many numbers or lay too deep."""

    @property
    def wrong(self) -> tuple[Grounding, ...]:
        """Figures from nowhere, and figures that a source contradicts."""
        return tuple(figure for figure in self.figures if figure.wrong)

    def reasons(self) -> tuple[str, ...]:
        """One sentence for each thing that blocks, fit for a retry prompt."""
        told = tuple(
            f"{item.claim.text} is {item.status}" + (f": {item.note}" if item.note else "") for item in self.wrong
        )
        cut = () if self.complete else ("the sources were too large to look through all of them",)
        return (self.problem, *told, *cut) if self.problem else (*told, *cut)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-plain data, for a trace."""
        return {
            "ok": self.ok,
            "problem": self.problem,
            "complete": self.complete,
            "counts": dict(self.counts),
            "figures": [
                {
                    "text": item.claim.text,
                    "status": item.status,
                    "span": [item.claim.figure.start, item.claim.figure.end],
                    "path": item.claim.path,
                    "source": item.fact.source if item.fact else None,
                    "source_path": item.fact.path if item.fact else None,
                    "note": item.note,
                }
                for item in self.figures
            ],
        }  # fmt: skip


def check_numbers(
    answer: Any,
    sources: Mapping[str, Any] | Iterable[tuple[str, Any]],
    *,
    question: str = "",
    allow: Iterable[float] = (),
    derivations: Any = None,
    max_wrong: int = 0,
) -> NumberReport:
    """Judge the figures of an answer (text or JSON-like) by what the agent read, (name, value) pairs; never raises.

    `derivations` is a list of `{"figure", "formula"}`; figures in `question` and `allow` need no source. An answer with figures
    but without any number to compare them with is blocked, and so is one on which the guardrail itself fails.
    """
    try:
        from harness.grounding import TEXT_LIMIT, Facts, claims, ground, volume

        if volume(answer) > TEXT_LIMIT:
            return NumberReport(
                False, problem=f"the answer is longer than {TEXT_LIMIT:,} characters: too long to look up"
            )
        stated = claims(answer, derivations=derivations)
        facts = Facts.of(sources.items() if isinstance(sources, Mapping) else sources)
        user = Facts.of([("question", question), ("allow", list(allow))])
        found = ground(stated, facts, user=user, context=question[:2000])
        counts: Counter[str] = Counter(item.status for item in found)
        if stated and not len(facts) and counts["from_user"] < len(found):
            problem = "there is no number to compare the answer's figures with"
            return NumberReport(False, found, problem, counts, facts.complete)
        ok = sum(item.wrong for item in found) <= max_wrong
        return NumberReport(ok, found, counts=counts, complete=facts.complete)
    except Exception as error:  # noqa: BLE001  (a guardrail that crashes must block)
        return NumberReport(
            False, problem=f"the guardrail failed and blocks to be safe: {type(error).__name__}: {error}"[:300]
        )
