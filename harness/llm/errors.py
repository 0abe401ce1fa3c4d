"""Everything that can go wrong with one model call, classified the same way for every provider."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from harness.errors import ExitCode, HarnessError
from harness.text import one_line

ErrorKind: TypeAlias = Literal[
    "rate_limit",
    "overloaded",
    "timeout",
    "connection",
    "refusal",
    "bad_request",
    "authentication",
    "not_found",
    "invalid_reply",
    "truncated",
    "context_length",
]
"""`truncated` is a stream that ended without its terminal event; `invalid_reply` a reply that is not what the wire says."""

Fault: TypeAlias = Literal["provider", "agent"]

RETRY_AFTER_CAP_S: Final = 300.0
"""Longest wait that a provider's `Retry-After` can ask for; one header must never hold a run for a day."""

AGENT_KINDS: Final[frozenset[ErrorKind]] = frozenset({"refusal", "bad_request", "context_length"})
"""Kinds that what was sent brings about; the others happen to whoever calls."""

TRANSIENT_KINDS: Final[frozenset[ErrorKind]] = frozenset(
    {"rate_limit", "overloaded", "timeout", "connection", "invalid_reply", "truncated"}
)
"""Kinds that may not happen again when the same request is sent later."""

_REMEDIES: Final[Mapping[ErrorKind, str]] = {
    "rate_limit": "lower the concurrency, or try again later",
    "overloaded": "try again later; the provider is overloaded or broken",
    "timeout": "raise the timeout, or ask for fewer tokens",
    "connection": "check the network, the proxy and base_url",
    "refusal": "look at what was sent: the provider's content policy refused it",
    "bad_request": "look at what was sent: the provider does not accept it",
    "authentication": "check the key and the permissions of the account (finharness doctor)",
    "not_found": "check the model's id in harness.toml and whether the account may use it",
    "invalid_reply": "try again; if it stays, check that base_url speaks this provider's protocol",
    "truncated": "try again; the connection ended before the reply did",
    "context_length": "send less: the conversation is longer than the model reads",
}
_CONTEXT_PHRASES: Final = (
    "context length", "context window", "context_length", "prompt is too long", "input is too long", "too many tokens",
    "maximum context",
)  # fmt: skip
_REFUSAL_PHRASES: Final = ("content_filter", "content management policy", "content policy", "content_policy")


class ModelError(HarnessError):
    """A model call that gave no usable reply.

    Attributes:
        kind: What happened.
        status: HTTP status, where there was one.
        retry_after_s: Seconds the provider asks to wait, at most `RETRY_AFTER_CAP_S`; None when it did not say.
        fault: `agent` when what was sent brought it about, else `provider`.
    """

    exit_code = ExitCode.INCOMPLETE

    def __init__(
        self,
        kind: ErrorKind,
        problem: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        fault: Fault | None = None,
        where: str | None = None,
    ) -> None:
        super().__init__(one_line(problem, 400), remedy=_REMEDIES[kind], where=where)
        self.kind: ErrorKind = kind
        self.status = status
        self.retry_after_s = retry_after_s
        self.fault: Fault = fault or ("agent" if kind in AGENT_KINDS else "provider")

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in TRANSIENT_KINDS and self.fault == "provider"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.kind, self.problem, self.status, self.retry_after_s, self.fault, self.where))


def _rebuild(
    kind: ErrorKind, problem: str, status: int | None, retry_after_s: float | None, *rest: object
) -> ModelError:
    fault, where = rest
    return ModelError(
        kind,
        problem,
        status=status,
        retry_after_s=retry_after_s,
        fault="agent" if fault == "agent" else "provider",
        where=None if where is None else str(where),
    )


def retry_after(header: str | None, *, now: datetime | None = None) -> float | None:
    """Read a `Retry-After` header: seconds or an HTTP date; None for anything else.

    Args:
        header: The header's value.
        now: Time to count a date from; by default the present.
    """
    text = (header or "").strip()
    seconds = _seconds(text)
    if seconds is None:
        seconds = _until(text, now or datetime.now(UTC))
    if seconds is None or seconds < 0 or not math.isfinite(seconds):
        return None
    return min(seconds, RETRY_AFTER_CAP_S)


def _seconds(text: str) -> float | None:
    if len(text) > 40 or not text.isascii() or not text.replace(".", "", 1).isdigit():
        return None
    return float(text)


def _until(text: str, now: datetime) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def from_status(status: int, message: str, *, code: str = "", headers: Mapping[str, str] | None = None) -> ModelError:
    """Classify an HTTP error, or an error event inside a stream that began with 200.

    Args:
        status: HTTP status.
        message: The provider's words.
        code: The provider's error type, which decides before the status does.
        headers: Response headers, for `Retry-After`.
    """
    wait = retry_after((headers or {}).get("retry-after"))
    return ModelError(_kind(status, code.lower(), message.lower()), message, status=status, retry_after_s=wait)


def _kind(status: int, code: str, message: str) -> ErrorKind:
    by_code = next((kind for part, kind in _CODES if part in code), None)
    if status == 400 or by_code == "bad_request":
        if any(phrase in message or phrase in code for phrase in _CONTEXT_PHRASES):
            return "context_length"
        if any(phrase in message or phrase in code for phrase in _REFUSAL_PHRASES):
            return "refusal"
    if by_code is not None:
        return by_code
    if status in _STATUSES:
        return _STATUSES[status]
    return "overloaded" if status >= 500 else "bad_request" if status >= 400 else "invalid_reply"


_CODES: Final[tuple[tuple[str, ErrorKind], ...]] = (
    ("overloaded", "overloaded"),
    ("throttling", "rate_limit"),
    ("rate_limit", "rate_limit"),
    ("toomanyrequests", "rate_limit"),
    ("modelnotready", "overloaded"),
    ("serviceunavailable", "overloaded"),
    ("internalserver", "overloaded"),
    ("modelstreamerror", "overloaded"),
    ("modelerror", "overloaded"),
    ("modeltimeout", "timeout"),
    ("api_error", "overloaded"),
    ("timeout_error", "timeout"),
    ("accessdenied", "authentication"),
    ("unrecognizedclient", "authentication"),
    ("expiredtoken", "authentication"),
    ("authentication", "authentication"),
    ("permission", "authentication"),
    ("resourcenotfound", "not_found"),
    ("not_found", "not_found"),
    ("validationexception", "bad_request"),
    ("invalid_request", "bad_request"),
    ("request_too_large", "context_length"),
)
_STATUSES: Final[Mapping[int, ErrorKind]] = {
    401: "authentication",
    402: "authentication",
    403: "authentication",
    404: "not_found",
    407: "connection",
    408: "timeout",
    409: "overloaded",
    413: "context_length",
    425: "rate_limit",
    429: "rate_limit",
    504: "timeout",
}
