"""Which model answers to which name, and how it is reached."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Protocol

from harness.errors import HarnessError
from harness.frozen import frozen
from harness.llm import Model, connect
from harness.llm.connection import key_of, price_of
from harness.llm.prices import Price
from harness.text import one_line
from harness.workspace import ModelSettings

from .refusal import Refusal
from .wire import Wire

if TYPE_CHECKING:
    from harness.llm.offline import Policy

    from .relay import Courier
    from .upstream import Upstream

_PASSED: Final[Mapping[str, frozenset[str]]] = {
    "anthropic": frozenset({"anthropic"}),
    "openai": frozenset({"litellm"}),
    "bedrock": frozenset({"bedrock"}),
    "invoke": frozenset({"bedrock"}),
}


class Reached(Protocol):
    """How a target is reached in a protocol."""

    async def __call__(self, wire: Wire, target: Target) -> Upstream:
        """The way to it."""
        ...


@frozen
class Target:
    """A model that answers."""

    settings: ModelSettings
    """Its table in harness.toml."""

    model: str
    """Id that its provider knows."""

    price: Price | None
    """What it costs; None when nobody knows."""

    @property
    def names(self) -> tuple[str, ...]:
        """What plans may call it: its name in harness.toml, and its provider's id."""
        return tuple(dict.fromkeys(name for name in (self.settings.name, self.model) if name and "*" not in name))

    @property
    def name(self) -> str:
        """What its use is counted under."""
        return self.names[0]


def target_of(settings: ModelSettings, asked: str = "") -> Target:
    """The model of a table; one whose id is a pattern is whatever was asked for."""
    model = asked if "*" in settings.id else settings.id or settings.name
    return Target(settings, model, price_of(replace(settings, id=model)))


@dataclass(slots=True)
class Directory:
    """The models of a workspace."""

    models: Mapping[str, ModelSettings]
    """Tables by name."""

    default: str | None = None
    """Name of the model that answers to names that no table has."""

    policy: Policy | None = None
    """What answers for the offline model."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """Where keys are."""

    seed: int = 0
    """Seed of offline models."""

    _connected: dict[str, Model] = field(default_factory=dict)
    _connecting: dict[str, asyncio.Future[Model]] = field(default_factory=dict)

    def find(self, asked: str) -> Target:
        """The model of a name: a table's name, an id, an id's pattern, or the default.

        Raises:
            Refusal: when there is none.
        """
        settings = self._settings(asked)
        if settings is None:
            raise Refusal("not_found", f"there is no model {one_line(asked, 100)!r} here; GET /v1/models lists them")
        return target_of(settings, asked)

    def names(self) -> Iterable[str]:
        """What can be asked for."""
        return [name for name, settings in self.models.items() if settings.provider != "offline" or self.policy]

    async def model(self, target: Target) -> Model:
        """A connection to a model through its provider's library, for protocols that it does not speak itself.

        Some libraries take seconds to be imported, while which all others are still to be served.

        Raises:
            HarnessError: for a key or library that is missing.
        """
        key = f"{target.settings.name}/{target.model}"
        if key not in self._connected:
            task = self._connecting.get(key)
            if task is None:
                task = self._connecting[key] = asyncio.ensure_future(asyncio.to_thread(self._connect, target))
            try:
                self._connected[key] = await asyncio.shield(
                    task
                )  # an import that was begun goes on for whoever is next
            finally:
                if task.done():
                    self._connecting.pop(key, None)
        return self._connected[key]

    def _connect(self, target: Target) -> Model:
        settings = replace(target.settings, id=target.model)
        return connect(settings, policy=self.policy, seed=self.seed, environ=self.environ)

    async def close(self) -> None:
        """Close all connections."""
        for task in self._connecting.values():
            with suppress(HarnessError):
                await task
        held, self._connected = self._connected, {}
        for model in held.values():
            await model.close()

    def _settings(self, asked: str) -> ModelSettings | None:
        found = self.models.get(asked)
        if found is None:
            found = next((one for one in self.models.values() if asked and one.id == asked), None)
        if found is None:
            found = next((one for one in self.models.values() if "*" in one.id and fnmatchcase(asked, one.id)), None)
        if found is None and self.default is not None:
            found = self.models[self.default]
        usable = found is not None and (found.provider != "offline" or self.policy is not None)
        return found if usable else None


def is_passed(wire: Wire, target: Target) -> bool:
    """Whether a model's own provider speaks the protocol that the client speaks, so that nothing need be translated."""
    settings = target.settings
    if settings.provider not in _PASSED[wire.name]:
        return False
    return settings.provider != "litellm" or settings.id.startswith("openai/") or settings.base_url is not None


def opened(directory: Directory, courier: Callable[[], Courier]) -> Reached:
    """Pass a request on where that is possible, else have it answered through the provider's library."""

    async def reach(wire: Wire, target: Target) -> Upstream:
        if is_passed(wire, target):
            from .relay import Relay

            return Relay(courier(), target, key_of(target.settings, directory.environ), directory.environ)
        from .answers import Answers

        return Answers(await directory.model(target))

    return reach
