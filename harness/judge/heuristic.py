"""What can be said of a rubric without a model: whether the words it listens for are there.

That is labelled as what it is wherever it is shown, and takes no part in a trial's status, its score or any gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.model.verdict import HEURISTIC
from harness.registry import Finding, Subject
from harness.rubrics import Abstain, Criterion, Rubric

from .exhibits import applies
from .reading import Item
from .voting import conclude

NOBODY = "no judge is configured, so nobody decided this"
"""Why a claim is undecided without a judge."""


def hint(subject: Subject, rubric: Rubric) -> Finding:
    """Decide the criteria that declare signals by whether the answer has them, and no others."""
    items = {
        criterion.id: _listened(criterion, rubric, subject.text)
        for criterion in rubric.criteria
        if applies(criterion.applies_if, subject)
    }
    heard = {name: item for name, item in items.items() if item is not None}
    if not heard:
        return Finding(None, NOBODY, expected=rubric.id, labels={"judge": "none", "rubric": rubric.id})
    found = conclude(replace(rubric, abstain=Abstain(max_share=1.0)), heard)
    yes = [name for name, item in heard.items() if item.vote == "yes"]
    left = f"; {len(items) - len(heard)} criteria without signals left open" if len(heard) < len(items) else ""
    return Finding(
        found.passed,
        f"heuristic, by words alone: {len(yes)} of {len(heard)} criteria{left}; decides nothing",
        score=found.score,
        expected=f"at least {rubric.threshold:g}",
        actual={name: item.vote for name, item in heard.items()},
        labels={"judge": HEURISTIC, "rubric": rubric.id},
    )


def nobody(claim: str) -> Finding:
    """A claim that no judge looked at."""
    return Finding(None, NOBODY, expected=claim, labels={"judge": "none"})


def _listened(criterion: Criterion, rubric: Rubric, answer: str) -> Item | None:
    """Yes or no by the criterion's words; None where it declares none."""
    against, speaking = criterion.counter_signals, tuple(_signals(criterion, rubric.signals))
    if not against and not speaking:
        return None
    if _any(against, answer):
        return Item("no")
    return Item("yes" if not speaking or _any(speaking, answer) else "no")


def _signals(criterion: Criterion, more: Mapping[str, object]) -> Iterable[str]:
    yield from criterion.signals
    given = more.get(criterion.id, ())
    yield from [given] if isinstance(given, str) else map(str, given) if isinstance(given, list | tuple) else ()


def _any(words: Iterable[str], answer: str) -> bool:
    """Whether one of them is in the answer as whole words, whatever the case and the white space."""
    return any(re.search(_pattern(word), answer, re.IGNORECASE) for word in words)


def _pattern(words: str) -> str:
    """The words with any white space between them; an end that is a letter or digit must be the end of a word."""
    spaced = r"\s+".join(map(re.escape, words.split()))
    before = r"(?<!\w)" if words[:1].isalnum() else ""
    return f"{before}{spaced}" + (r"(?!\w)" if words[-1:].isalnum() else "")
