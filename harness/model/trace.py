"""What one trial did, step by step: the fold of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, TypeAlias

from harness.frozen import frozen

StepKind: TypeAlias = Literal["llm", "tool", "handoff", "message"]
StepStatus: TypeAlias = Literal["ok", "error", "unfinished"]


@frozen
class Usage:
    """Tokens of one or more model calls. None is unknown, and unknown is not zero."""

    input_tokens: int | None = None
    """Tokens read, cached ones included."""

    output_tokens: int | None = None
    """Tokens written."""

    cached_tokens: int | None = None
    """Part of the input that came from the provider's prompt cache."""

    @property
    def total(self) -> int | None:
        """Input and output together; None when either is unknown."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cached_tokens, other.cached_tokens),
        )


@frozen
class Step:
    """One model call, tool call, handoff or message."""

    id: str
    """Unique in its trace: the id the agent gave, or `s<number>`."""

    kind: StepKind
    """What sort of step."""

    name: str
    """Tool, model or receiving agent."""

    agent: str = ""
    """Who acted."""

    parent: str | None = None
    """Step that this one belongs to."""

    args: Mapping[str, Any] = field(default_factory=dict)
    """What went in."""

    result: Any = None
    """What came out."""

    status: StepStatus = "ok"
    """`unfinished` when the trial ended before the step did."""

    error: str | None = None
    """Message, when the status is `error`."""

    t0: float = 0.0
    """Start, in seconds since the trial started."""

    t1: float = 0.0
    """End."""

    turn: int = 0
    """Turn of the conversation, from 0."""

    usage: Usage | None = None
    """Tokens of a model call."""

    cost_usd: float | None = None
    """Price of a model call in US dollars; None when unknown."""

    first_chunk_s: float | None = None
    """Seconds from the start of a streamed model call to the first piece of its reply."""

    chunk_s: float | None = None
    """Mean seconds from one piece of a streamed reply to the next."""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return max(0.0, self.t1 - self.t0)


@frozen
class TurnTrace:
    """What one turn of a conversation produced."""

    answer: str
    """Text of the reply."""

    structured: Any = None
    """Its JSON form, where the agent gave one."""

    ttft_s: float | None = None
    """Seconds from the start of the turn to the first visible text."""

    useful_ttft_s: float | None = None
    """Seconds from the start of the turn to the first visible text after its last tool result."""

    t0: float = 0.0
    """Start of the turn."""

    t1: float = 0.0
    """End of the turn."""


@frozen
class Trace:
    """Everything that a trial did."""

    steps: tuple[Step, ...] = ()
    """In order of their start."""

    turns: tuple[TurnTrace, ...] = ()
    """One per turn that ended; a single-turn trial has one."""

    answer: str = ""
    """Text of the last turn."""

    structured: Any = None
    """JSON form of the last answer, where the agent gave one."""

    artifacts: Mapping[str, Any] = field(default_factory=dict)
    """End states by name: ledger, job, charts, files."""

    usage: Usage = Usage(0, 0, 0)
    """All model calls together."""

    cost_usd: float | None = 0.0
    """All model calls together; None when any of them is unknown."""

    ttft_s: float | None = None
    """Seconds from the start to the first visible text; None when nothing was streamed."""

    duration_s: float = 0.0
    """Wall time of the trial."""

    errors: tuple[str, ...] = ()
    """Messages of `error` events."""

    guardrails: tuple[Mapping[str, Any], ...] = ()
    """Conclusions of guardrails inside the agent, in order."""

    interrupts: tuple[Mapping[str, Any], ...] = ()
    """Questions to a person with their answers, in order."""

    faults: tuple[Mapping[str, Any], ...] = ()
    """Faults that were applied, in order: `seam`, `kind`, `fault` (place in the case), `name`, `call`."""

    @property
    def tools(self) -> tuple[Step, ...]:
        """The tool calls, in order."""
        return tuple(step for step in self.steps if step.kind == "tool")

    @property
    def models(self) -> tuple[Step, ...]:
        """The model calls, in order."""
        return tuple(step for step in self.steps if step.kind == "llm")


def _sum(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else left + right
