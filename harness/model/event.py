"""What an agent does, as it happens: everything else is a fold of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, Literal, TypeAlias, get_args

from harness.frozen import frozen

EventKind: TypeAlias = Literal[
    "text_delta",
    "text_done",
    "thinking",
    "tool_call",
    "tool_result",
    "error",
    "done",
    "llm_call",
    "handoff",
    "interrupt",
    "resume",
    "guardrail",
    "state",
    "fault",
]
"""The seven streaming kinds, then ours.

Keys of `data`, all optional unless marked (*); `agent` names the acting agent in any of them, `parent` a step id:

    text_delta   text*                         a piece of the answer, visible to the user
    text_done    text*, structured             the whole answer of this turn; structured is its JSON form, if any
    thinking     text*
    tool_call    id*, name*, args              a tool starts
    tool_result  id*, result, error            the tool of that id ended; error is a message
    error        message*, type                something failed; the trial goes on unless the agent ends
    done         turn, unmetered               the end of a turn; unmetered: the agent is elsewhere and told no tokens
    llm_call     id, model, provider, input_tokens, output_tokens, cached_tokens, cost_usd, stop_reason, started_s,
                 text, error, offline,         one model request; missing numbers are unknown, not zero;
                 reply_id, cache_hit,          the provider's id of the reply, and whether a cache gave it instead of a model
                 first_chunk_s, chunk_s        of a streamed reply: seconds to its first piece, and between pieces on average
    handoff      to*, task                     another agent takes over
    interrupt    id, question*                 a person is asked
    resume       id, answer*                   the person's answer
    guardrail    name*, passed, reason         a guardrail inside the agent concluded
    state        name*, value                  an artifact (ledger, job row, charts) as it is now; the last one stands
    fault        seam*, kind*, fault, name,    something that the case wants to go wrong did: which of its faults (from 0),
                 call                          what it struck, and at the how manieth call
"""

KINDS: Final[frozenset[str]] = frozenset(get_args(EventKind))


@frozen
class Event:
    """One thing that happened in a trial."""

    offset_s: float
    """Seconds since the trial started."""

    kind: EventKind
    """What happened."""

    data: Mapping[str, Any] = field(default_factory=dict)
    """JSON-plain details; see `EventKind`."""
