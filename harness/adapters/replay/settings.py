"""What harness.toml says about answers that were recorded."""

from __future__ import annotations

from typing import Any

from harness.adapters.wire import AnswerPaths
from harness.shape import Misfit, value


@value
class Settings(AnswerPaths):
    """Answers that were recorded before, found again by what was asked."""

    answers: str | None = None
    """File of the workspace with a line of JSON for each answer: `{"input": "...", "answer": "...", "tool_calls": [...]}`."""

    run: str | None = None
    """A stored run instead: `latest`, `latest~1`, or the beginning of its id."""

    variant: str | None = None
    """Of a run with several agents, the one whose answers are given."""

    recorded: tuple[dict[str, Any], ...] | None = None
    """What was found there; filled in for workers, which see neither the store nor the cases."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        misfits = []
        if (self.answers is None) == (self.run is None):
            remedy = 'write answers = "answers.jsonl", or run = "latest"'
            misfits.append(Misfit((), "one of 'answers' and 'run' is needed, and not both", remedy))
        if self.variant is not None and self.run is None:
            misfits.append(Misfit(("variant",), "'variant' belongs to `run`", "leave it out"))
        self.refuse_besides(misfits)

    @property
    def place(self) -> str:
        """The file or the run."""
        return self.answers if self.answers is not None else f"run {self.run}"
