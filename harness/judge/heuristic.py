"""What can be said of a rubric without a model: whether the words it listens for are there.

That is a hint and no verdict, so it never decides: `passed` is None, and the label says where the score comes from.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.registry import Finding, Subject
from harness.rubrics import Criterion, Rubric

from .exhibits import applies

LABEL = "offline-heuristic"
"""Name of this judge in labels."""


def hint(subject: Subject, rubric: Rubric) -> Finding:
    """Count the criteria whose words the answer contains."""
    listened = {
        criterion.id: words
        for criterion in rubric.criteria
        if applies(criterion.applies_if, subject) and (words := tuple(_signals(criterion, rubric)))
    }
    labels = {"judge": LABEL, "rubric": rubric.id}
    if not listened:
        return Finding(None, "no judge decides offline, and the rubric names no signals to listen for", labels=labels)
    answer = subject.text.casefold()
    heard = [name for name, words in listened.items() if any(word.casefold() in answer for word in words)]
    reason = f"not judged: words for {len(heard)} of {len(listened)} criteria are there, which decides nothing"
    return Finding(
        None,
        reason,
        score=len(heard) / len(listened),
        actual={name: name in heard for name in listened},
        labels=labels,
    )


def _signals(criterion: Criterion, rubric: Rubric) -> Iterable[str]:
    yield from criterion.signals
    more = rubric.signals.get(criterion.id, ())
    yield from ([more] if isinstance(more, str) else more if isinstance(more, list | tuple) else ())
