"""Run an agent with a defect planted in it: the same agent, with functions of the mutant standing at its seams."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.adapters import Context, LoadedAgent, Request
from harness.adapters.connector import Connects
from harness.adapters.passing import DOOR
from harness.adapters.python import Drive, drive_of
from harness.errors import AgentError
from harness.faults.plan import here
from harness.recorder import Recorder
from harness.workspace import load_target
from harness.workspace.adapters import PYTHON

from .catalog import Mutant, Plant
from .moment import Moment
from .patching import activate, prepare
from .places import arity


class PlantError(BaseException):
    """A planted function raised, or gave back what cannot stand in its place: the mutant is at fault, not the agent.

    No `Exception`, because agents catch those.
    """


def plant(agent: LoadedAgent, mutant: Mutant, root: Path) -> PlantedAgent:
    """Make the mutant of a loaded agent.

    Raises:
        AgentError: when a function that it replaces does not exist, or the agent it makes is none.
    """
    made = agent
    for item in mutant.plants:
        if item.place == "agent":
            if agent.settings.adapter != PYTHON:
                raise AgentError(
                    f"{mutant.id} replaces the agent, and {agent.settings.name!r} is not in Python",
                    remedy="plant it elsewhere: at its input, its events or its answer",
                    where=mutant.where,
                )
            target = item.function(load_target(root, agent.settings.target))
            made = replace(made, drive=drive_of(target, name=mutant.id, where=mutant.where))
    standins: dict[str, Callable[..., Any]] = {}
    for item in mutant.plants:
        if item.replaces:
            standins[prepare(root, item.replaces, where=mutant.where)] = item.function
    return PlantedAgent(made, mutant, standins)


class PlantedAgent:
    """An agent with a defect; runs trials as the agent itself does."""

    def __init__(self, agent: LoadedAgent, mutant: Mutant, standins: Mapping[str, Callable[..., Any]]) -> None:
        self.settings = agent.settings
        self._agent = agent
        self._standins = standins
        self._plants: dict[str, list[Plant]] = {}
        for item in mutant.plants:
            self._plants.setdefault(item.place, []).append(item)

    async def run(
        self, inputs: list[Any], recorder: Recorder, *, request: Request, limit_s: float | None = None
    ) -> None:
        """Run one trial."""
        scene = Scene(self._plants, Moment(request))
        activate(self._standins)
        DOOR.set(scene.result if "result" in self._plants else None)
        request = replace(request, world=await scene.change("spec", _copied(dict(request.world))))
        inputs, request = await self._turns(scene, inputs, request)
        agent = replace(
            self._agent,
            settings=await self._settings(scene),
            drive=_Scened(self._agent.drive, scene),
            connect=self._connect(scene),
        )
        heard = scene.recorder(recorder, inputs, request)
        here().tell(heard)
        await agent.run(inputs, heard, request=request, limit_s=limit_s)

    async def _turns(self, scene: Scene, inputs: Sequence[Any], first: Request) -> tuple[list[Any], Request]:
        """What is said in each turn, as the agent hears it."""
        if "input" not in self._plants:
            return list(inputs), first
        said = [
            await scene.change("input", replace(first, input=one, turn=number)) for number, one in enumerate(inputs)
        ]
        return [one.input for one in said], said[0]

    async def _settings(self, scene: Scene) -> Any:
        settings = self._agent.settings
        if "settings" not in self._plants:
            return settings
        return replace(settings, settings=await scene.change("settings", _copied(dict(settings.settings))))

    def _connect(self, scene: Scene) -> Connects | None:
        connect = self._agent.connect
        if connect is None or not scene.minds("reply", "request", "model"):
            return connect
        from .listening import PlantedModel

        def connected(recorder: Recorder, seed: int, *, within: Callable[[Any], Any] | None = None) -> Any:  # noqa: ARG001 - see `Connects`
            return connect(recorder, seed, within=lambda model: PlantedModel(model, scene))

        return connected


class Scene:
    """One trial's planted functions, called in the order they were registered."""

    def __init__(self, plants: Mapping[str, Sequence[Plant]], moment: Moment) -> None:
        self._plants = plants
        self.moment = moment

    def minds(self, *places: str) -> bool:
        """Whether anything is planted at one of these places."""
        return any(place in self._plants for place in places)

    async def change(self, place: str, given: Any, **facts: Any) -> Any:
        """What stands there after all functions planted there, awaited where they are asynchronous."""
        for item in self._plants.get(place, ()):
            found = self._called(item, given, facts)
            try:
                found = await found if inspect.isawaitable(found) else found
            except Exception as error:
                raise _broken(item, error) from error
            given = self._taken(item, given, found)
        return given

    def change_now(self, place: str, given: Any, **facts: Any) -> Any:
        """The same for places that cannot wait."""
        for item in self._plants.get(place, ()):
            given = self._taken(item, given, self._called(item, given, facts))
        return given

    def result(self, name: str, args: Mapping[str, Any], result: Any) -> Any:
        """A tool's result on its way to the agent."""
        self._count(name)
        facts = {"name": name, "args": args}
        mine = _copied(result)
        if any(inspect.iscoroutinefunction(item.function) for item in self._plants["result"]):
            return self.change("result", mine, **facts)
        return self.change_now("result", mine, **facts)

    def events(self, kind: str, data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        """What is written instead of one event."""
        events = [(kind, data)]
        for item in self._plants.get("event", ()):
            written: list[tuple[str, Mapping[str, Any]]] = []
            for event in events:
                found = self._called(item, event, {"name": event[0]})
                written += self._taken(item, [event], found)
            events = written
        return events

    def recorder(self, recorder: Recorder, inputs: Sequence[Any], first: Request) -> Recorder:
        """The recorder that the agent writes into."""
        from .listening import PlantedRecorder

        return PlantedRecorder(recorder, self, inputs, first)

    def _count(self, name: str) -> None:
        self.moment.calls[name] = self.moment.calls.get(name, 0) + 1

    def _called(self, item: Plant, given: Any, facts: Mapping[str, Any]) -> Any:
        self._count(item.place)
        moment = copy.copy(self.moment)  # agents of a team run side by side: each sees its own request
        for name, fact in facts.items():
            setattr(moment, name, fact)
        try:
            return item.function(given, moment) if arity(item.function) > 1 else item.function(given)
        except Exception as error:
            raise _broken(item, error) from error

    @staticmethod
    def _taken(item: Plant, given: Any, found: Any) -> Any:
        """What the function gave back; nothing means that all stays as it is."""
        if found is None:
            return given
        wanted = _SHAPES.get(item.place)
        if wanted is not None and not isinstance(found, wanted) and not isinstance(found, type(given)):
            raise PlantError(f"what is planted at {item.place!r} gave back a {type(found).__name__}")
        return found


_SHAPES: Mapping[str, Any] = {"spec": Mapping, "settings": Mapping, "input": Request, "event": list}


class _Scened:
    """The agent's own drive, begun with the scene set."""

    def __init__(self, drive: Drive, scene: Scene) -> None:
        self._drive = drive
        self._scene = scene

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        self._scene.moment.context = context
        if self._scene.minds("world") and context.world is not None:
            context.world = await self._scene.change("world", context.world)
        await self._drive(inputs, first, context)


def _broken(item: Plant, error: Exception) -> PlantError:
    if isinstance(error, PlantError):
        return error
    name = getattr(item.function, "__name__", "?")
    return PlantError(f"the planted function {name!r} broke: {type(error).__name__}: {error}")


def _copied(item: Any) -> Any:
    """A copy to change; what cannot be copied is given as it is."""
    try:
        return copy.deepcopy(item)
    except Exception:  # noqa: BLE001 - a tool may return anything
        return item
