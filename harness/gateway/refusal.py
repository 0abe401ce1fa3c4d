"""Why the gateway does not serve a request, before it is written as one provider or another would say it."""

from __future__ import annotations

import math
from typing import Final, Literal, TypeAlias

from harness.llm.errors import ErrorKind, ModelError
from harness.text import one_line

RefusalKind: TypeAlias = Literal[
    "authentication",
    "permission",
    "not_found",
    "bad_request",
    "too_large",
    "rate_limit",
    "budget",
    "overloaded",
    "upstream",
    "timeout",
    "internal",
]
"""`upstream`: the provider gave nothing that can be used. `overloaded`: it says that it is. `internal`: our own fault."""

STATUSES: Final[dict[RefusalKind, int]] = {
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "bad_request": 400,
    "too_large": 413,
    "rate_limit": 429,
    "budget": 402,
    "overloaded": 529,
    "upstream": 502,
    "timeout": 504,
    "internal": 500,
}
"""HTTP status of each kind, where the protocol has no other."""

MOST_WAIT_S: Final = 60.0
"""Longest wait that a provider's Retry-After may ask of a client."""

_FINAL: Final[frozenset[RefusalKind]] = frozenset(
    {"authentication", "permission", "not_found", "bad_request", "too_large", "budget"}
)
_BY_ERROR: Final[dict[ErrorKind, RefusalKind]] = {
    "rate_limit": "rate_limit",
    "overloaded": "overloaded",
    "timeout": "timeout",
    "connection": "upstream",
    "refusal": "bad_request",
    "bad_request": "bad_request",
    "authentication": "permission",
    "not_found": "not_found",
    "invalid_reply": "upstream",
    "truncated": "upstream",
    "context_length": "bad_request",
}


class Refusal(Exception):
    """A request that is not served.

    Attributes:
        kind: Why.
        message: What the client is told.
        retry_after_s: Seconds after which it may succeed; None when that is unknown.
        final: Whether it is pointless to try again.
        status: HTTP status, where the protocol has no other.
    """

    def __init__(
        self,
        kind: RefusalKind,
        message: str,
        *,
        retry_after_s: float | None = None,
        final: bool | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: RefusalKind = kind
        self.message = one_line(message, 600)
        self.retry_after_s = retry_after_s
        self.final = kind in _FINAL if final is None else final
        self.status = STATUSES[kind] if status is None else status

    def headers(self) -> dict[str, str]:
        """What every protocol's client understands about trying again."""
        if self.final:
            return {"x-should-retry": "false"}
        if self.retry_after_s is None:
            return {}
        return {"retry-after": str(max(1, math.ceil(self.retry_after_s)))}


def refused(error: ModelError) -> Refusal:
    """Say what a model call that failed means for whoever asked for it.

    A provider that asks for hours is not asked again: libraries that obey would sleep for as long.
    """
    said = f"the provider: {error.problem}" if error.fault == "provider" else error.problem
    too_long = error.retry_after_s is not None and error.retry_after_s > MOST_WAIT_S
    final = True if too_long or not error.transient else None
    broken = error.status if error.status is not None and 500 <= error.status < 600 else None
    return Refusal(_BY_ERROR[error.kind], said, retry_after_s=error.retry_after_s, final=final, status=broken)
