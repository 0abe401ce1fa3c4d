"""What agents meet where a fault was injected: the errors that the real thing would raise, known for what they are."""

from __future__ import annotations

from typing import Any

from harness.llm.errors import TRANSIENT_KINDS, ErrorKind, ModelError


class InjectedError(ModelError):
    """A model call that failed because the case wants it to; an agent that lets it through has failed itself.

    Attributes:
        facts: What its `llm_call` event knows: no provider was asked, so nothing was spent.
    """

    def __init__(
        self, kind: ErrorKind, problem: str, *, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(kind, problem, status=status, retry_after_s=retry_after_s, fault="provider")
        self.facts: dict[str, Any] = {"input_tokens": 0, "output_tokens": 0, "cached_tokens": 0, "cost_usd": 0.0}

    @property
    def transient(self) -> bool:
        """Never: who waits for real providers has no reason to wait here; `may_pass` is what patience asks for."""
        return False

    @property
    def may_pass(self) -> bool:
        """Whether the real thing might not happen again."""
        return self.kind in TRANSIENT_KINDS

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.kind, self.problem, self.status, self.retry_after_s))


def _rebuild(kind: ErrorKind, problem: str, status: int | None, retry_after_s: float | None) -> InjectedError:
    return InjectedError(kind, problem, status=status, retry_after_s=retry_after_s)


class InjectedToolError(Exception):
    """A tool's failure that the case wants."""


class InjectedTimeout(InjectedToolError, TimeoutError):
    """A tool that does not answer in time, as the case wants."""


class InjectedReset(InjectedToolError, ConnectionResetError):
    """A tool whose connection breaks, as the case wants."""
