"""Get a framework's object for a trial, and what it puts out as plain data."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from harness.errors import AgentError, MissingExtra
from harness.shape import value
from harness.workspace import AdapterSettings, AgentSettings, load_target

from .context import Context
from .shapes import arity


@value
class NativeSettings(AdapterSettings):
    """A framework's object in the workspace, named by `target`."""

    needs: ClassVar[tuple[str, ...]] = ("target",)


@contextmanager
def required(agent: AgentSettings) -> Iterator[None]:
    """Import a framework, whose extra has the adapter's name.

    Raises:
        MissingExtra: when it is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtra(f"agents.{agent.name}: the adapter {agent.adapter}", extra=agent.adapter) from error


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
        self.target = target
        """Where it is."""
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
            where=self.target,
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
