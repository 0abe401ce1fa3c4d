"""Faults that a served model can be told to have."""

from __future__ import annotations

from dataclasses import field
from typing import Final, Literal, TypeAlias, get_args

from harness.frozen import frozen
from harness.llm.request import ModelReply
from harness.model import Usage

FaultKind: TypeAlias = Literal[
    "status",
    "overloaded_in_stream",
    "hang",
    "slow",
    "reset",
    "reset_after_first_byte",
    "truncated",
    "truncated_done",
    "malformed_json",
    "html",
    "empty_body",
    "wrong_schema",
    "error_body",
    "empty_choices",
    "null_content",
    "missing_usage",
    "refusal",
    "content_filter",
    "context_length",
    "max_tokens",
]
"""What goes wrong.

    status                  an HTTP error: `status`, with `retry_after` as the header's text where given
    overloaded_in_stream    200, then an error event after the first piece (529 by status when nothing is streamed)
    hang                    the request is read and never answered
    slow                    `seconds` pass before each piece
    reset                   the connection is reset before the first byte
    reset_after_first_byte  ... and after it
    truncated               the stream, or the JSON body, stops early
    truncated_done          the stream has its last event, but nothing says how the reply ended
    malformed_json  html  empty_body  wrong_schema  error_body     a 200 whose body is not a reply
    empty_choices  null_content  missing_usage                     a reply without its content, or its tokens
    refusal  max_tokens     a reply that says so
    content_filter  context_length                                 a 400 that says so
"""

FAULTS: Final[tuple[str, ...]] = get_args(FaultKind)
HELLO: Final = ModelReply("Hello from a served model.", stop_reason="end", usage=Usage(12, 6, 0))
"""The reply that a fault spoils when none is given."""


@frozen
class Fault:
    """One fault, in place of a reply."""

    kind: FaultKind
    """What goes wrong."""

    status: int = 500
    """HTTP status, for `status`."""

    retry_after: str | None = None
    """Text of the Retry-After header, for `status`."""

    seconds: float = 0.01
    """Pause before each piece, for `slow`."""

    message: str = "something is wrong"
    """The provider's words."""

    reply: ModelReply = field(default=HELLO)
    """The reply that is spoiled."""


def rate_limit(retry_after: str | None = None) -> Fault:
    """429, with or without a Retry-After header."""
    return Fault("status", status=429, retry_after=retry_after, message="too many requests")
