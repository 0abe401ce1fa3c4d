"""What agents meet where a fault was injected: the errors that the real thing would raise, known for what they are."""

from __future__ import annotations

from harness.llm.errors import ErrorKind, ModelError


class InjectedError(ModelError):
    """A model call that failed because the case wants it to; an agent that lets it through has failed itself."""

    def __init__(
        self, kind: ErrorKind, problem: str, *, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(kind, problem, status=status, retry_after_s=retry_after_s, fault="provider")


class InjectedToolError(Exception):
    """A tool's failure that the case wants."""


class InjectedTimeout(InjectedToolError, TimeoutError):
    """A tool that does not answer in time, as the case wants."""


class InjectedReset(InjectedToolError, ConnectionResetError):
    """A tool whose connection breaks, as the case wants."""
