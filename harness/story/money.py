"""The figures of an answer, each with what became of it and where it comes from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.frozen import frozen
from harness.grounding import TEXT_LIMIT, Fact, Facts, Grounding, claims, ground, volume
from harness.model import Result, Step
from harness.shape import plain
from harness.text import one_line

from .excerpt import Excerpt, excerpt
from .passage import Piece, json_pieces, text_pieces

CHECK: Final = "finance:grounded-numbers"
MOST_FIGURES: Final = 400
"""Most figures of one answer that are shown with their sources."""

_QUESTION: Final = 2_000
_OPERANDS: Final = 6

GROUPS: Final[Mapping[str, str]] = {
    "verbatim": "read", "rounded": "read", "unit_converted": "read", "derived": "computed", "declared": "computed",
    "from_user": "asked", "derived_weak": "open", "not_checkable": "open", "contradicted": "against", "ungrounded": "nowhere",
}  # fmt: skip
"""Status to the few groups that a reader tells apart at a glance."""

MEANINGS: Final[Mapping[str, str]] = {
    "verbatim": "a tool result holds this very number",
    "rounded": "a tool result holds it with more digits",
    "unit_converted": "a tool result holds it in another unit",
    "derived": "one operation on numbers that its sentence names gives it",
    "declared": "the formula that the answer states gives it",
    "derived_weak": "some operation gives it, perhaps by chance",
    "from_user": "the question says it",
    "contradicted": "a source says otherwise",
    "ungrounded": "it comes from nowhere",
    "not_checkable": "too few digits to tell",
}


@frozen
class Source:
    """A number that a figure rests on."""

    step: str
    """Step id, or name of the artifact."""

    tool: str
    """Tool that gave it; empty for an artifact."""

    args: str
    """What the tool was called with."""

    path: str
    """Where it stands in the result."""

    value: str
    """The number."""

    excerpt: Excerpt | None
    """Its surroundings."""


@frozen
class Figure:
    """One figure of the answer."""

    number: int
    """From 1, in the order of the answer."""

    text: str
    """As it stands."""

    status: str
    """One of `harness.grounding.STATUSES`."""

    sources: tuple[Source, ...]
    """What it rests on, the nearest first."""

    note: str
    """What else a reader must know."""

    @property
    def group(self) -> str:
        """What a reader tells apart at a glance: read, computed, asked, open, against, nowhere."""
        return GROUPS[self.status]

    @property
    def meaning(self) -> str:
        """What its status says."""
        return MEANINGS[self.status]

    @property
    def wrong(self) -> bool:
        """Whether it comes from nowhere or against its source."""
        return self.group in {"against", "nowhere"}


@frozen
class Money:
    """An answer with its figures."""

    pieces: tuple[Piece, ...]
    """The answer cut at its figures."""

    figures: tuple[Figure, ...]
    """The figures, in order."""

    counts: Mapping[str, int]
    """How many figures have each status; statuses without any are left out."""

    problem: str = ""
    """Why figures were not looked up; empty when they were."""

    is_json: bool = False
    """Whether the answer is shown as JSON."""

    verdict: str = ""
    """What the check that looked at them concluded then; empty where no check did."""


def money(result: Result) -> Money:
    """Look up the figures of a trial's answer, by the rules of the check that the case has for it."""
    trace = result.outcome.trace
    answer, is_json = _answer(result)
    verdict = next((item.reason for item in result.verdicts if item.check == CHECK and item.turn is None), "")
    if len(trace.answer) > TEXT_LIMIT or volume(answer) > TEXT_LIMIT:
        pieces = json_pieces(plain(answer), ()) if is_json else text_pieces(answer, ())
        problem = f"the answer is longer than {TEXT_LIMIT:,} characters: too long to look up its figures"
        return Money(pieces, (), {}, problem, is_json, verdict)
    derivations = trace.structured.get("derivations") if isinstance(trace.structured, Mapping) else None
    stated = [item for item in claims(answer, derivations=derivations) if item.path is None or is_json]
    cut = f"only the first {MOST_FIGURES} of {len(stated)} figures were looked up" if len(stated) > MOST_FIGURES else ""
    sources = dict(_sources(result))
    facts = Facts.of((name, item) for name, item in sources.items())
    found: Sequence[Grounding] = ()
    if len(facts):
        asked = result.job.case.input if isinstance(result.job.case.input, str) else ""
        found = ground(stated[:MOST_FIGURES], facts, user=Facts.of(_asked(result)), context=asked[:_QUESTION])
    elif stated:
        cut = "the trial read no number to compare the figures with"
    calls = {step.id: step for step in trace.tools}
    figures = tuple(_figure(number, item, sources, calls) for number, item in enumerate(found, start=1))
    spans = [(item.claim.path, item.claim.figure.start, item.claim.figure.end) for item in found]
    pieces = json_pieces(plain(answer), spans) if is_json else text_pieces(answer, spans)
    return Money(pieces, figures, Counter(figure.status for figure in figures), cut, is_json, verdict)


def _answer(result: Result) -> tuple[Any, bool]:
    """What was answered, and whether it is shown as JSON: as the check takes it."""
    trace = result.outcome.trace
    if trace.structured is not None and trace.answer.lstrip()[:1] in ("", "{", "["):
        return trace.structured, True
    return trace.answer, False


def _sources(result: Result) -> Iterator[tuple[str, Any]]:
    """What the trial read: tool results, and the artifacts and further sources that the case's check names."""
    params = next((spec.params for spec in result.job.case.checks if spec.type == CHECK), {})
    trace = result.outcome.trace
    for call in trace.tools:
        if call.status == "ok":
            yield call.id, call.result
    further = params.get("sources", {})
    if isinstance(further, Mapping):
        yield from further.items()
    for name in params.get("artifacts", ("ledger", "instruments")):
        if name in trace.artifacts:
            yield name, trace.artifacts[name]


def _asked(result: Result) -> Iterator[tuple[str, Any]]:
    case = result.job.case
    yield "input", case.input
    for place, turn in enumerate(case.turns):
        yield f"turn {place + 1}", turn.input
    for spec in case.checks:
        if spec.type == CHECK:
            yield "allow", list(spec.params.get("allow", ()))


def _figure(number: int, found: Grounding, sources: Mapping[str, Any], calls: Mapping[str, Step]) -> Figure:
    facts = list(dict.fromkeys([found.fact, *(found.operands if found.status not in {"verbatim", "rounded"} else ())]))
    known = tuple(_source(fact, sources, calls) for fact in facts[:_OPERANDS] if fact is not None)
    return Figure(number, one_line(found.claim.text, 80), found.status, known, one_line(found.note, 400))


def _source(fact: Fact, sources: Mapping[str, Any], calls: Mapping[str, Step]) -> Source:
    call = calls.get(fact.source)
    args = json.dumps(plain(call.args), ensure_ascii=False, default=str) if call is not None and call.args else ""
    return Source(
        step=one_line(fact.source, 80),
        tool=one_line(call.name, 80) if call is not None else "",
        args=one_line(args, 200),
        path=one_line(fact.path, 200),
        value=f"{fact.value:f}" if abs(fact.value.adjusted()) < 40 else str(fact.value),
        excerpt=excerpt(sources.get(fact.source), fact.path),
    )
