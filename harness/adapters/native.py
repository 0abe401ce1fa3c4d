"""What adapters of agent frameworks share: getting the framework's object for a trial, and writing down what it does."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from harness.errors import AgentError
from harness.model import Usage
from harness.recorder import Recorder
from harness.shape import value
from harness.text import one_line
from harness.workspace import AdapterSettings, load_target

from .context import Context
from .shapes import arity
from .target import TargetError

_YES: Final = frozenset({"yes", "y", "ok", "true", "approve", "approved", "accept", "confirm", "confirmed", "execute"})
_UNREACHED: Final = frozenset({
    "APIConnectionError", "APITimeoutError", "RateLimitError", "InternalServerError", "AuthenticationError",
    "PermissionDeniedError", "NotFoundError", "ServiceUnavailableError", "OverloadedError",
})  # fmt: skip


@value
class NativeSettings(AdapterSettings):
    """A framework's object in the workspace, named by `target`."""

    needs: ClassVar[tuple[str, ...]] = ("target",)


class Native:
    """An object of a framework, or a function that makes one for each trial.

    The function may take our context, may be asynchronous, and may be an asynchronous context manager, for clients that have to
    be closed.
    """

    def __init__(self, root: Path, target: str, kind: tuple[type, ...], *, word: str) -> None:
        """Import it.

        Raises:
            AgentError: when it is neither.
        """
        self._found = load_target(root, target)
        self._kind = kind
        self._word = word
        self._target = target
        self._takes = 0
        if isinstance(self._found, kind):
            return
        if inspect.isclass(self._found) or not callable(self._found):
            raise self._refused(self._found)
        name = target.rpartition(":")[2]
        if inspect.signature(self._found).parameters:
            self._takes = arity(self._found, name=name, most=1, where=target)

    @asynccontextmanager
    async def opened(self, context: Context) -> AsyncIterator[Any]:
        """The object of one trial."""
        found = self._found
        if not isinstance(found, self._kind):
            found = found(*(context,)[: self._takes])
            found = await found if inspect.isawaitable(found) else found
        if not isinstance(found, self._kind) and hasattr(found, "__aenter__"):
            async with found as inner:
                yield self._checked(inner)
        else:
            yield self._checked(found)

    def _checked(self, found: Any) -> Any:
        if not isinstance(found, self._kind):
            raise self._refused(found)
        return found

    def _refused(self, found: Any) -> AgentError:
        what = f"the class {found.__name__}" if inspect.isclass(found) else f"a value of type {type(found).__name__}"
        return AgentError(
            f"{what} is no {self._word}",
            remedy=f"name a {self._word}, or a function `make(context)` that returns one",
            where=self._target,
        )


async def value_of(root: Path, target: str | None, context: Context) -> Any:
    """What a function of the workspace makes of our context; None where none is named."""
    if target is None:
        return None
    found = load_target(root, target)
    if not callable(found):
        return found
    takes = bool(inspect.signature(found).parameters)
    made = found(context) if takes else found()
    return await made if inspect.isawaitable(made) else made


def approves(answer: Any) -> bool:
    """Whether a person's scripted answer is a yes, in any of the usual forms."""
    if isinstance(answer, Mapping):
        for key in ("approved", "approve", "decision", "action", "answer", "type"):
            if key in answer:
                return approves(answer[key])
        return False
    return answer is True or (isinstance(answer, str) and answer.strip().lower().rstrip(".!") in _YES)


def reason_of(answer: Any) -> str:
    """What a person said with a no."""
    if isinstance(answer, Mapping):
        return str(answer.get("reason") or answer.get("message") or "it was not approved")
    return str(answer) if isinstance(answer, str) and answer else "it was not approved"


def plain_of(found: Any) -> Any:
    """A framework's output as JSON-plain data, as far as it says how."""
    dump = getattr(found, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return dataclasses.asdict(found)
    if isinstance(found, Mapping):
        return {str(key): plain_of(item) for key, item in found.items()}
    return [plain_of(item) for item in found] if isinstance(found, list | tuple) else found


def called(recorder: Recorder, model: str, usage: Usage, *, provider: str = "", **more: Any) -> None:
    """Write down a model call that the framework has made, with its list price where that is known."""
    from harness.llm.prices import cost

    recorder.llm_call(
        model=model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cost_usd=cost(usage, model, "litellm"),
        **({"provider": provider} if provider else {}),
        **{name: item for name, item in more.items() if item not in (None, "")},
    )


def unreached(error: BaseException, where: str) -> TargetError | None:
    """The provider's fault behind a framework's exception, which says nothing about the agent; None for any other."""
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return None
        name, status = type(seen).__name__, getattr(seen, "status_code", None)
        ours = isinstance(status, int) and (status in {401, 403, 404, 408, 429} or status >= 500)
        if name in _UNREACHED or (ours and name.endswith(("HTTPError", "StatusError"))):
            return TargetError(
                "provider",
                f"the model's provider failed: {name}: {one_line(str(seen), 500)}",
                remedy="look at the model's key, address and limits",
                where=where,
            )
        seen = seen.__cause__ or seen.__context__
    return None
