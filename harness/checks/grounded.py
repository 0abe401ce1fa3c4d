"""Check that the figures of an answer come from somewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Annotated, Any

from harness.bounds import Ge, Le
from harness.grounding import STATUSES, TEXT_LIMIT, Facts, Grounding, claims, ground, volume
from harness.model import Evidence, Step
from harness.registry import Check, Finding, Subject, check

from .wording import count, listed

_SHOWN = 40
_QUESTION = 2_000


@check("finance:grounded-numbers")
class GroundedNumbers(Check):
    """Every figure that the answer states was read somewhere, or follows from what was read.

    A figure is grounded when it is the very number of a source (`verbatim`), that number as printed (`rounded`: 12.3 % for
    12.341, with three digits at least), the same in another unit (`unit_converted`), one operation on facts that its sentence
    names (`derived`), or what its formula gives (`declared`: the structured answer lists
    `derivations: [{figure, formula}]`). It is wrong when it comes from nowhere (`ungrounded`) or when a source says otherwise
    of the entity and period beside it (`contradicted`). Signs count. Figures with too few digits to tell, and those that some
    operation gives by chance (`derived_weak`), are left out. A trial that read no number at all leaves the check undecided,
    unless its answer states none either.
    """

    max_ungrounded: Annotated[int, Ge(0)] = 0
    """Most figures that may come from nowhere or against their source."""

    min_figures: Annotated[int, Ge(0)] = 1
    """Fewest figures that must be grounded; an answer without figures fails unless this is 0."""

    allow: tuple[float, ...] = ()
    """Numbers that need no source, such as a tax limit."""

    artifacts: tuple[str, ...] = ("ledger", "instruments")
    """Artifacts that count as a source. Name none that the agent writes its answer into: it would ground itself."""

    calls: tuple[str, ...] = ()
    """Tools whose arguments are held to the same rule, such as `place_order`: by what was read before the call."""

    sources: dict[str, Any] = field(default_factory=dict)
    """Further sources by name, such as `{profile: file://fixtures/profile.json}`: what the agent may know without reading it."""

    share: Annotated[float, Ge(0), Le(1)] | None = None
    """Least share of the figures that must be grounded, instead of `max_ungrounded`."""

    def conclude(self, subject: Subject) -> Finding:
        """Scan, index, match."""
        if len(subject.text) > TEXT_LIMIT or volume(subject.structured) > TEXT_LIMIT:
            return self.finding(
                None, f"the answer is longer than {TEXT_LIMIT:,} characters: too long to look up its figures"
            )
        stated = claims(_answer(subject), derivations=_derivations(subject))
        orders = [call for call in _calls(subject) if call.name in self.calls]
        facts = Facts.of(self._sources(subject))
        user = Facts.of([*_asked(subject), ("allow", list(self.allow))])
        if (stated or orders) and not len(facts):
            reason = (
                f"the answer states {count(len(stated), 'figure')}, but the trial read no number to compare them with"
            )
            return self.finding(None, reason)
        asked = subject.case.input if isinstance(subject.case.input, str) else ""
        found = ground(stated, facts, user=user, context=asked[:_QUESTION])
        complete = facts.complete
        for call in orders:
            known = Facts.of(self._sources(subject, before=call))
            found += _of_call(ground(claims(dict(call.args)), known, user=user), call)
            complete = complete and known.complete
        return self._told(found, complete=complete)

    def _told(self, found: Sequence[Grounding], *, complete: bool) -> Finding:
        counts: Counter[str] = Counter(item.status for item in found)
        wrong = [item for item in found if item.wrong]
        good = sum(item.grounded for item in found)
        checkable = good + len(wrong)
        share = good / checkable if checkable else None
        few = good < self.min_figures
        enough = len(wrong) <= self.max_ungrounded if self.share is None else (share or 0.0) >= self.share
        tally = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in STATUSES if counts[status])
        reason = f"{count(len(found), 'figure')}: {tally}" if found else "the answer states no figure"
        if not complete:
            reason = f"{reason}; the sources held too many numbers to look through all of them"
        if wrong:
            reason = f"{reason}{_accused(wrong)}"
            if not complete:
                return self.finding(None, reason)
        elif few and found:
            reason = f"{reason}; at least {self.min_figures} grounded expected"
        rest = [item for item in found if not item.wrong]
        evidence = tuple(self._evidence(item) for item in [*wrong, *rest][:_SHOWN])
        return self.finding(
            enough and not few, reason, score=share, expected={"max_ungrounded": self.max_ungrounded},
            actual=dict(counts), evidence=evidence, negatable=not few,
        )  # fmt: skip

    def _evidence(self, found: Grounding) -> Evidence:
        claim, fact = found.claim, found.fact
        note = f"{claim.text}: {found.status.replace('_', ' ')}"
        if found.note:
            note = f"{note}, {found.note}"
        if fact is not None:
            note = f"{note}, {fact.value} in {fact.source} at {fact.path}"
        return Evidence(
            step=None if fact is None or fact.source in (*self.artifacts, *self.sources) else fact.source,
            path=claim.path,
            span=(claim.figure.start, claim.figure.end) if claim.figure.end else None,
            note=note,
        )

    def _sources(self, subject: Subject, before: Step | None = None) -> Iterator[tuple[str, Any]]:
        for call in _calls(subject):
            if call is before:
                break
            if call.status == "ok" and (before is None or call.t1 <= before.t0):  # calls may overlap
                yield call.id, call.result
        yield from self.sources.items()
        for name in self.artifacts if before is None else ():
            if name in subject.trace.artifacts:
                yield name, subject.trace.artifacts[name]


def _calls(subject: Subject) -> Iterator[Step]:
    """The tool calls up to the turn that is looked at."""
    return (call for call in subject.trace.tools if subject.turn is None or call.turn <= subject.turn)


def _of_call(found: Sequence[Grounding], call: Step) -> tuple[Grounding, ...]:
    """Figures of a call's arguments, with paths that say so."""
    path = f"$.calls.{call.id}"
    return tuple(
        replace(item, claim=replace(item.claim, path=f"{path}{(item.claim.path or '$').removeprefix('$')}"))
        for item in found
    )


def _accused(wrong: Sequence[Grounding]) -> str:
    """What is wrong, for the reason: figures from nowhere, and figures that a source contradicts with what it says."""
    nowhere = [item.claim.text for item in wrong if item.status == "ungrounded"]
    against = [f"{item.claim.text} ({item.note})" for item in wrong if item.status == "contradicted"]
    text = f"; from nowhere: {listed(nowhere)}" if nowhere else ""
    return f"{text}; contradicted: {listed(against)}" if against else text


def _derivations(subject: Subject) -> Any:
    return subject.structured.get("derivations") if isinstance(subject.structured, Mapping) else None


def _answer(subject: Subject) -> Any:
    """The JSON form where the answer is JSON, otherwise its text."""
    is_json = subject.structured is not None and subject.text.lstrip()[:1] in ("", "{", "[")
    return subject.structured if is_json else subject.text


def _asked(subject: Subject) -> Iterator[tuple[str, Any]]:
    case = subject.case
    yield "input", case.input
    for place, turn in enumerate(case.turns):
        if subject.turn is None or place <= subject.turn:
            yield f"turn {place + 1}", turn.input
