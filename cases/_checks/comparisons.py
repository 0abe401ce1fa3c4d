"""Checks of grades and comparisons, computed once more from the verdicts and answers that the case gave."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import comb
from typing import Any, TypeAlias

Verdict: TypeAlias = tuple[bool, str]


def _said(structured: Any, name: str) -> Any:
    return structured.get(name) if isinstance(structured, Mapping) else None


def grade(structured: Any, input: Any) -> Verdict:  # noqa: A002 - the name that checks ask by
    """The grade is that of the weighted verdicts, capped by vetoes; a judge that adds a grade of its own is not believed at all."""
    rubric, votes = input["rubric"], input["verdicts"]
    found = tuple(_said(structured, name) for name in ("grade", "score", "passed", "items"))
    if input["says"]:
        good = isinstance(structured, Mapping) and found == (None,) * 4 and len(str(_said(structured, "why"))) > 10
        return good, f"found {found}: {_said(structured, 'why')}"
    weights = {item["id"]: Fraction(item["weight"]) for item in rubric["criteria"]}
    share = sum(weights[name] for name, vote in votes.items() if vote == "yes") / sum(weights.values())
    bounds = {int(name): Fraction(text.lstrip(">=<")) for name, text in rubric["scale"]["map"].items() if name != "1"}
    reached = max([number for number, bound in bounds.items() if share >= bound], default=1)
    caps = [cap for name, cap in rubric["scale"]["veto"].items() if votes[name] == "no"]
    wanted = (str(min([reached, *caps])), share >= Fraction(str(rubric["threshold"])))
    near = isinstance(found[1], float) and abs(found[1] - float(share)) < 1e-9
    wrong = [name for name, vote in votes.items() if (found[3] or {}).get(name) != vote]
    return (found[0], found[2]) == wanted and near and not wrong, f"found {found}, expected {wanted} at {float(share)}"


def _right(how: Mapping[str, Any], number: int) -> bool:
    return number not in how.get("wrong", ())


def difference(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """An arm is called better where a sign test over the questions says so clearly, by as many points; else no difference is shown."""
    (first, one), (second, two) = input["arms"].items()
    numbers = range(input["questions"])
    gained = sum(_right(two, number) and not _right(one, number) for number in numbers)
    lost = sum(_right(one, number) and not _right(two, number) for number in numbers)
    changed = gained + lost
    chance = min(1.0, 2 * sum(comb(changed, place) for place in range(max(gained, lost), changed + 1)) / 2**changed)
    lines = " ".join(_said(structured, "said") or [])
    better, worse = (second, first) if gained > lost else (first, second)
    points = f"by {100 * abs(gained - lost) / len(numbers):.1f} points"
    if chance < 0.01:
        good = f"{better} is better than {worse} {points}" in lines
    else:
        good = chance > 0.3 and "no difference is shown" in lines and "better than" not in lines
    as_quick = "latency" not in lines  # every answer took equally long
    return good and as_quick, f"{gained} gained, {lost} lost, p = {chance:.4f}: {lines}"


def counted(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Each arm's answers were counted, and they were worded differently."""
    arms, questions = input["arms"], input["questions"]
    wanted = {
        name: {
            "passed": input["trials"] * sum(_right(how, number) for number in range(questions)),
            "of": input["trials"] * questions,
        }
        for name, how in arms.items()
    }
    return _said(structured, "passed") == wanted and (
        _said(structured, "words") or 0
    ) > questions, f"{_said(structured, 'passed')}"


def decided(structured: Any, input: Any) -> Verdict:  # noqa: A002 - as above
    """Other words are no regression; wrong answers are one, and the questions that were lost are named."""
    new, questions = input["arms"]["new"], input["questions"]
    lost = [f"P-{number:02}" for number in range(questions) if not _right(new, number)]
    wanted = {"value": "regress" if lost else "pass", "lost": lost, "compared": questions, "changed": [], "removed": []}
    found = {name: _said(structured, name) for name in wanted}
    drop = _said(structured, "drop")
    near = isinstance(drop, float) and abs(drop - len(lost) / questions) < 1e-9
    return found == wanted and near, f"found {found} with a drop of {drop}"
