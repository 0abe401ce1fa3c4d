"""An exercise with a judge: which grade of a scale comes out of its verdicts on the parts, and what no verdict may change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.judge import Judge
from harness.llm.request import ModelReply, ModelRequest
from harness.model import Case, Event, Outcome, fold
from harness.registry import Subject
from harness.rubrics import Rubric
from harness.shape import read
from harness.testing import QueuedModel

if TYPE_CHECKING:
    from .exercises import Do, Given


async def graded(given: Given, do: Do) -> dict[str, Any]:
    """`{rubric, answer, verdicts, says}`: the grade, score and verdict where the judge's model votes like this.

    `verdicts` is what it votes on each criterion, `says` what it would rather have: a grade, or more, beside them.
    """
    rubric: Rubric = read(Rubric, given["rubric"])
    model = QueuedModel(lambda request: _voting(request, given["verdicts"], given.get("says") or {}, given["answer"]))
    judge = Judge([model], rubrics={rubric.id: rubric})
    events = [Event(0.1, "text_done", {"text": given["answer"]}), Event(0.2, "done", {})]
    subject = Subject(Case(id="EX-1", input=given["question"]), Outcome("completed", fold(events)))

    async def ask() -> dict[str, Any]:
        """Have the answer judged."""
        found = await judge(subject, rubric=rubric.id)
        return {"passed": found.passed, "score": found.score, "items": found.actual, "labels": dict(found.labels)}

    told = await do(ask)()
    await judge.close()
    return {
        "grade": told["labels"].get("grade"),
        "score": told["score"],
        "passed": told["passed"],
        "items": told["items"],
        "asked": len(model.requests),
        "why": told["labels"].get("judge_error", ""),
    }


def _voting(request: ModelRequest, votes: Mapping[str, str], more: Mapping[str, Any], answer: str) -> ModelReply:
    """A reply in the form that was asked for, with these votes; evidence is the first words of the answer."""
    found = re.search(r'"ticket" first, exactly (\w+)', request.system or "")
    items = {
        name: {"evidence": " ".join(answer.split()[:4]), "rationale": f"That is how I see {name}.", "verdict": vote}
        for name, vote in votes.items()
    }
    return ModelReply(json.dumps({"ticket": found[1] if found else "", "criteria": items, **more}), stop_reason="end")
