"""Read questions with rubrics as Vals AI publishes them for its finance agent: a CSV file, a claim per criterion.

Columns: Question, Answer, Question Type, Expert time (mins), Rubric, a JSON array of `operator` (`correctness` or `contradiction`)
and `criteria`. The answer and the criteria stay on the grading side; a judge decides each criterion for itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from harness.model import Case, CheckSpec, Reference

from .mapped import Mapped, Names, Unmapped
from .reading import File

_REMEDY: Final = (
    "give a CSV file with the columns Question, Answer and Rubric, such as vals-ai/finance-agent's data/public.csv"
)
_CLAIMS: Final = {
    "correctness": "The answer states this, in whatever words: {}",
    "contradiction": "Nothing in the answer contradicts this: {}",
}


def read_vals(path: Path, *, suite: str = "vals", agent: str = "recorded") -> Mapped:
    """Read the questions.

    Raises:
        UserError: for anything that is no such file, with the line in it.
    """
    file = File(path, _REMEDY)
    names, cases, unmapped, left_out = Names(), [], [], []
    csv.field_size_limit(1 << 24)
    rows = csv.DictReader(io.StringIO(file.text()), strict=True)
    try:
        for row in rows:
            place = f"line {rows.line_num}"
            checks, missing = _checks(file, row, place)
            unmapped += missing
            if checks:
                asked = file.field(row, "Question", str, place, "text").strip() or file.refuse(place, "no question")
                cases.append(_case(names.of(None, asked), asked, row, checks, (suite, agent)))
            else:
                left_out.append(place)
    except csv.Error as error:
        file.refuse(f"line {rows.line_num}", f"it is no CSV ({error})")
    if not cases:
        file.refuse("the file", "there is no question with a rubric in it")
    return Mapped(tuple(cases), tuple(unmapped), tuple(left_out))


def _case(name: str, asked: str, row: Mapping[str, Any], checks: list[CheckSpec], about: tuple[str, str]) -> Case:
    answer = (row.get("Answer") or "").strip()
    tags = {"type": row.get("Question Type"), "expert_minutes": row.get("Expert time (mins)")}
    return Case(
        id=name,
        suite=about[0],
        agent=about[1],
        input=asked,
        checks=tuple(checks),
        reference=Reference(answer=answer) if answer else None,
        tags={name: " ".join(text.split()) for name, text in tags.items() if isinstance(text, str) and text.strip()},
    )


def _checks(file: File, row: Mapping[str, Any], place: str) -> tuple[list[CheckSpec], list[Unmapped]]:
    rubric = file.parse(file.field(row, "Rubric", str, place, "JSON text"), f"{place}: Rubric: ")
    checks: list[CheckSpec] = []
    missing: list[Unmapped] = []
    for number, item in enumerate(file.expect(rubric, list, f"{place}.Rubric", "an array")):
        here = f"{place}.Rubric[{number}]"
        file.expect(item, dict, here, "an object")
        operator = file.field(item, "operator", str, here, "text")
        said = file.field(item, "criteria", str, here, "text").strip()
        if operator not in _CLAIMS:
            missing.append(Unmapped(here, operator, "only correctness and contradiction have a meaning here"))
        elif said:
            checks.append(
                CheckSpec(type="llm-rubric", params={"value": _CLAIMS[operator].format(said)}, metric=operator)
            )
    return checks, missing
