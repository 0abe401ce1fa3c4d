"""Turn the messages of a recorded conversation into a trace; what they do not say stays unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.model import Step, Trace, TurnTrace, Usage


class Transcript:
    """Steps and turns, as the messages come."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._turns: list[TurnTrace] = []
        self._said = ""
        self._open: dict[str, int] = {}
        self._uses: Counter[str] = Counter()

    def user(self) -> None:
        """The user speaks: what the agent has done since the last time was one turn."""
        if self._steps:
            self._turns.append(TurnTrace(self._said))
            self._said = ""

    def assistant(
        self, text: str, *, name: str = "assistant", usage: Usage | None = None, cost_usd: float | None = None
    ) -> None:
        """The agent's model speaks."""
        self._said = text or self._said
        self._steps.append(
            Step(
                id=f"m{len(self._steps) + 1}",
                kind="llm",
                name=name,
                result=text or None,
                turn=len(self._turns),
                usage=usage or Usage(),
                cost_usd=cost_usd,
            )
        )

    def call(self, call_id: str, name: str, args: Mapping[str, Any]) -> None:
        """A tool is called; two calls with one id are told apart as `id` and `id~2`."""
        self._uses[call_id] += 1
        uses = self._uses[call_id]
        self._open[call_id] = len(self._steps)
        step_id = call_id if uses == 1 else f"{call_id}~{uses}"
        self._steps.append(
            Step(id=step_id, kind="tool", name=name, args=dict(args), status="unfinished", turn=len(self._turns))
        )

    def result(self, call_id: str, result: Any, *, error: str | None = None) -> None:
        """What the call gave back; for a call that nobody made there is no place."""
        at = self._open.pop(call_id, None)
        if at is not None:
            self._steps[at] = replace(
                self._steps[at],
                result=None if error is not None else result,
                status="ok" if error is None else "error",
                error=error,
            )

    def trace(self, artifacts: Mapping[str, Any], *, duration_s: float = 0.0) -> Trace:
        """The whole conversation."""
        if self._said or not self._turns:
            self._turns.append(TurnTrace(self._said))
        models = [step for step in self._steps if step.kind == "llm"]
        costs = [step.cost_usd for step in models]
        return Trace(
            steps=tuple(self._steps),
            turns=tuple(self._turns),
            answer=self._turns[-1].answer,
            artifacts=dict(artifacts),
            usage=sum((step.usage or Usage() for step in models), Usage(0, 0, 0)) if models else Usage(),
            cost_usd=None if None in costs or not costs else float(sum(cost or 0.0 for cost in costs)),
            duration_s=duration_s,
        )
