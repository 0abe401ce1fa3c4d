"""One production trace as an evaluation sees it: what was asked, what was done, what came of it, and how much it used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, field
from operator import add
from typing import Any

from harness.frozen import frozen
from harness.model import Trace


@frozen
class Counts:
    """How much was read. What one span repeats of those inside it is counted once."""

    spans: int = 0
    """Spans in the file."""

    traces: int = 0
    """Traces that they belong to."""

    roots: int = 0
    """Spans that belong to none in the file."""

    orphans: int = 0
    """Roots whose parent is elsewhere."""

    agents: int = 0
    """Spans of an agent's turn."""

    model_calls: int = 0
    """Spans of a model call."""

    tool_calls: int = 0
    """Spans of a tool call."""

    told_tools: int = 0
    """Tool calls without a span, which messages tell of with their results."""

    retrievals: int = 0
    """Spans that looked something up."""

    handoffs: int = 0
    """Spans in which another agent took over."""

    input_tokens: int = 0
    """Tokens read, as the model calls say."""

    output_tokens: int = 0
    """Tokens written, likewise."""

    tokens: int = 0
    """Both; where a call says only a total, that."""

    agent_tokens: int = 0
    """Tokens that only an agent's span tells of, because none of its model calls has a span."""

    repeated_tokens: int = 0
    """Tokens that spans say again of what happens inside them; not counted above."""

    silent_calls: int = 0
    """Model calls that say nothing of tokens."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(add, astuple(self), astuple(other)))


@frozen
class Opinion:
    """What somebody or something thought of a trace: a score that came with it."""

    name: str
    """Name of the score."""

    value: Any
    """Number, truth value or word."""

    comment: str = ""
    """Why."""

    source: str = ""
    """`API`, `EVAL`, `ANNOTATION` or what the export says."""

    kind: str = ""
    """Its data type; `CORRECTION` is the answer that a person would have given."""


@frozen
class Episode:
    """One trace."""

    id: str
    """Id of the trace, as its backend knows it."""

    root: str
    """Id of the span that scores about the whole belong to."""

    name: str
    """Name of the trace or of its root."""

    framework: str
    """What wrote the spans, such as `smolagents`; `unknown` where that is not known."""

    asked: str
    """What the user wanted; empty where no span says."""

    trace: Trace
    """Steps, answer, tokens and times."""

    counts: Counts
    """How much was read."""

    started_s: float | None = None
    """Unix time of its start."""

    session: str = ""
    """Conversation that it belongs to."""

    user: str = ""
    """Who asked, as the trace names them."""

    failed: str = ""
    """Why the whole failed, where its root says so."""

    about: Mapping[str, str] = field(default_factory=dict)
    """Release, environment, prompt version and the like."""

    opinions: tuple[Opinion, ...] = ()
    """Scores that came with it."""

    notes: tuple[str, ...] = ()
    """What was not understood or did not fit."""

    spans: Mapping[str, str] = field(default_factory=dict)
    """Step id to the id of the span that it was made of."""
