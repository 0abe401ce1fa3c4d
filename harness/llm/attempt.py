"""One attempt at a model call: an outer deadline, and every failure classified."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from .errors import ModelError
from .request import DeltaKind, OnDelta

_SHORTEST_KEY: Final = 6
"""Below, a made-up key of a local server would blot out letters of the message."""


class CallbackError(Exception):
    """The caller's own `on_delta` failed, which is no fault of the model."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@asynccontextmanager
async def attempt(
    timeout_s: float, classify: Callable[[Exception], ModelError], *, hidden: str = ""
) -> AsyncIterator[None]:
    """Run the body within `timeout_s` seconds and let nothing out but `ModelError`.

    The deadline is ours because the libraries' own timeouts begin anew with every byte.

    Args:
        timeout_s: Longest wait for the whole reply.
        classify: Turns a library's exception into ours.
        hidden: A key that no message may show.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except CallbackError as stopped:
        raise stopped.error from None
    except ModelError as error:
        raise _without(error, hidden) from error.__cause__
    except TimeoutError as error:
        raise ModelError("timeout", f"no complete reply within {timeout_s:g} s") from error
    except Warning:
        raise  # somebody turned warnings into errors, and should see this one as it is
    except Exception as error:  # the libraries throw anything when a body is not what they expect
        raise _without(classify(error), hidden) from error


def unreadable(error: Exception) -> ModelError:
    """Classify what a library threw over a reply that it could not read."""
    return ModelError("invalid_reply", f"the reply cannot be read: {type(error).__name__}: {error}")


def told(on_delta: OnDelta | None) -> OnDelta:
    """Guard the caller's callback, so that its failures are told from the provider's."""

    async def tell(kind: DeltaKind, piece: str) -> None:
        if on_delta is None or not piece:
            return
        try:
            await on_delta(kind, piece)
        except Exception as error:
            raise CallbackError(error) from error

    return tell


def _without(error: ModelError, hidden: str) -> ModelError:
    if len(hidden) < _SHORTEST_KEY or hidden not in error.problem:
        return error
    return ModelError(
        error.kind,
        error.problem.replace(hidden, "***"),
        status=error.status,
        retry_after_s=error.retry_after_s,
        fault=error.fault,
    )
