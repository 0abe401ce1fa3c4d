"""What a judge is shown of a trial."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from harness.registry import Finding, Subject
from harness.rubrics import condition
from harness.text import shorten

ANSWER_LIMIT: Final = 60_000
"""Longest answer that is shown, in characters."""

_FACT_LIMIT: Final = 2_000
_FACTS_LIMIT: Final = 30_000
_RECOMMENDS = re.compile(
    r"\b(?:recommend\w*|suggest\w*|advis\w+|propos\w+|consider (?:buying|selling|adding|reducing|moving|shifting)"
    r"|(?:you )?should (?:buy|sell|hold|add|reduce|increase|rebalance|move|shift|invest))\b",
    re.IGNORECASE,
)


def exhibits(subject: Subject, inputs: Iterable[str]) -> dict[str, str]:
    """Collect what the rubric lets the judge see, as text by name; what the trial does not have is left out."""
    found = {name: _EXHIBITS[name](subject) for name in inputs}
    return {name: text for name, text in found.items() if text}


def wordless(subject: Subject) -> Finding | None:
    """Fail an answer without a single letter or digit, which no judge needs to see; None for any other."""
    if any(character.isalnum() for character in subject.text) or subject.structured not in (None, "", {}, []):
        return None
    reason = "the answer has no words" if subject.text.strip() else "the answer is empty"
    return Finding(False, reason, score=0.0, actual=subject.text, labels={"judge": "not asked"}, negatable=False)


def applies(text: str | None, subject: Subject) -> bool:
    """Whether a criterion's precondition holds; the rubric has checked its form."""
    if text is None:
        return True
    joint, parts = condition(text)
    held = (_holds(name, subject) is wanted for wanted, name in parts)
    return any(held) if joint == "or" else all(held)


def _holds(name: str, subject: Subject) -> bool:
    kind, _, rest = name.partition(":")
    if kind == "tool":
        return any(step.name == rest for step in subject.trace.tools)
    if kind == "tag":
        tag, _, wanted = rest.partition("=")
        return tag in subject.case.tags and (not wanted or str(subject.case.tags[tag]) == wanted)
    return _CONDITIONS[name](subject)


def _question(subject: Subject) -> str:
    """What was asked; of a conversation, everything said before the answer under examination."""
    case = subject.case
    if not case.turns:
        return _text(case.input)
    last = len(case.turns) - 1 if subject.turn is None else subject.turn
    said: list[str] = []
    for place, turn in enumerate(case.turns[: last + 1]):
        said.append(f"user: {_text(turn.input)}")
        if place < last and place < len(subject.trace.turns):
            said.append(f"agent: {subject.trace.turns[place].answer}")
    return "\n".join(said)


def answer_of(subject: Subject) -> str:
    """The answer as it is shown."""
    return shorten(subject.text or _text(subject.structured), ANSWER_LIMIT)


def _tool_facts(subject: Subject) -> str:
    steps = [step for step in subject.trace.tools if subject.turn is None or step.turn == subject.turn]
    lines = [
        f"{step.name}({shorten(_text(step.args), _FACT_LIMIT)}) -> {shorten(step.error or _text(step.result), _FACT_LIMIT)}"
        for step in steps
    ]
    return shorten("\n".join(lines), _FACTS_LIMIT)


def _reference(subject: Subject) -> str:
    reference = subject.case.reference
    return "" if reference is None else _text(reference.answer)


def _structured(subject: Subject) -> str:
    return shorten(_text(subject.structured), ANSWER_LIMIT)


def _text(item: Any) -> str:
    if item is None:
        return ""
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)


_EXHIBITS: Final[Mapping[str, Callable[[Subject], str]]] = {
    "question": _question,
    "answer": answer_of,
    "tool_facts": _tool_facts,
    "reference": _reference,
    "structured": _structured,
}
_CONDITIONS: Final[Mapping[str, Callable[[Subject], bool]]] = {
    "recommendation": lambda subject: _RECOMMENDS.search(subject.text) is not None,
    "numbers": lambda subject: any(character.isdigit() for character in subject.text),
    "tools": lambda subject: bool(subject.trace.tools),
    "structured": lambda subject: subject.structured is not None,
    "reference": lambda subject: subject.case.reference is not None,
}
"""Preconditions that a criterion can name in `applies_if`."""
