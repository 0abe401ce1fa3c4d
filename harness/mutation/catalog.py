"""Register an agent with a planted defect: one decorator, whose arguments say what should notice it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypedDict, Unpack

from harness.errors import AgentError, nearest
from harness.frozen import frozen

from .places import DEFAULT, check_place

SEAMS: Final[Mapping[str, str]] = {
    "T": "model turn",
    "R": "tool result",
    "C": "configuration, prompt or tools",
    "S": "store, queue or world",
}
"""Letter of each seam to what it is."""

_ORIGINS: Final = {"S": "seen in a public original", "D": "designed"}
_SEVERITIES: Final = (1, 2, 3)
BENIGN_SEEDS: Final = 20


@frozen
class Plant:
    """One function and the place it is planted in."""

    place: str
    """A name of `PLACES`."""

    function: Callable[..., Any]
    """What it does there."""

    replaces: str = ""
    """The function of the agent's code that it stands in for: `agents/x.py:name` or `agents/x.py:Class.name`."""


@frozen
class Mutant:
    """An agent with a planted defect."""

    id: str
    """What people call it: `CH-M07`."""

    agent: str
    """Agent that it is planted in, by its name in harness.toml."""

    seam: str
    """`T` model turn, `R` tool result, `C` configuration, `S` store or world."""

    severity: int
    """1 low, 2 middle, 3 money or compliance; 0 for a benign change."""

    origin: str
    """`S` seen in a public original, `D` designed."""

    expects: tuple[str, ...] = ()
    """Checks that should notice it."""

    cases: tuple[str, ...] = ()
    """Patterns of the ids of the cases it is run on; all cases of the agent without one."""

    description: str = ""
    """What is wrong, in one sentence."""

    where: str = ""
    """File and line."""

    module: str = ""
    """Module that registered it."""

    plants: tuple[Plant, ...] = ()
    """Everything that is changed."""

    model: str | None = None
    """Model instead of the agent's own, by its name under [models]."""

    seeds: int = 1
    """Trials of each case, each with a seed of its own."""

    equivalent: str = ""
    """Why it cannot be told from the unchanged agent, where a person has decided so."""

    @property
    def is_benign(self) -> bool:
        """Whether no check may notice it."""
        return self.severity == 0

    @property
    def variant(self) -> str:
        """Agent variant under which it is run: `charter+CH-M07`."""
        return f"{self.agent}{f'@{self.model}' if self.model else ''}+{self.id}"

    def also(self, place: str = "", *, replaces: str = "") -> Callable[[Callable[..., Any]], Mutant]:
        """Plant one more function for the same defect, such as a guard that is switched off.

        Raises:
            AgentError: for a place that does not exist.
        """

        def plant(function: Callable[..., Any]) -> Mutant:
            known = _registered[self.module][self.id]
            added = _plant(place or ("code" if replaces else DEFAULT[self.seam]), function, replaces, self.where)
            return _keep(replace(known, plants=(*known.plants, added)))

        return plant


_registered: dict[str, dict[str, Mutant]] = {}


class Planting(TypedDict, total=False):
    """Where a change is planted, and how it is tried: what `mutant` and `benign` may both be told."""

    on: str
    """A name of `PLACES`; by default the seam's own."""

    replaces: str
    """For `on="code"`: the function that it stands in for, `agents/x.py:name`."""

    cases: Sequence[str]
    """Patterns of case ids to run it on; by default all cases of the agent."""

    model: str | None
    """Run it on another model of harness.toml."""

    seeds: int
    """Trials of each case: 1, and 20 of a benign change."""


def mutant(
    id: str,  # noqa: A002 - it is what everybody calls it
    *,
    agent: str,
    seam: str,
    severity: int,
    expects: Sequence[str],
    origin: str = "D",
    equivalent: str = "",
    **planting: Unpack[Planting],
) -> Callable[[Callable[..., Any]], Mutant]:
    """Register a defect; the decorated function is planted where `on` says.

    Args:
        id: Unique in the workspace.
        agent: Agent of harness.toml to plant it in.
        seam: `T`, `R`, `C` or `S`.
        severity: 1 low, 2 middle, 3 money or compliance.
        expects: Checks that should notice it: a kind (`finance:chart-spec`), a `python` check's function (`figures`), `budget`, or
            a group of harness.toml; patterns with * are fine, and any one of them will do.
        origin: `S` seen in a public original, `D` designed.
        equivalent: Why it can never be noticed, where a person has decided so; it is listed, but not counted.
        planting: Where it is planted and how it is tried: `on`, `replaces`, `cases`, `model`, `seeds`; see `Planting`.

    Raises:
        AgentError: for an unknown seam or place, an id that is taken, or nothing that is expected to notice it.
    """
    where, module = _caller()
    _check(id, seam, severity, origin, where=where)
    if not expects:
        raise AgentError(
            f"mutant {id!r} names no check that should notice it", remedy='add `expects=["..."]`', where=where
        )
    bare = Mutant(id, agent, seam, severity, origin, tuple(expects), where=where, module=module, equivalent=equivalent)
    return _planter(bare, planting)


def benign(
    id: str,  # noqa: A002 - as above
    *,
    agent: str,
    seam: str,
    **planting: Unpack[Planting],
) -> Callable[[Callable[..., Any]], Mutant]:
    """Register a harmless change that no check may notice: another wording, another order, one more look. Arguments as of `mutant`."""
    where, module = _caller()
    _check(id, seam, 1, "D", where=where)
    return _planter(Mutant(id, agent, seam, 0, "D", where=where, module=module, seeds=BENIGN_SEEDS), planting)


def _planter(bare: Mutant, planting: Planting) -> Callable[[Callable[..., Any]], Mutant]:
    """What takes the function that is planted."""
    for name in planting.keys() - Planting.__annotations__.keys():
        remedy = nearest(name, Planting.__annotations__)
        raise AgentError(f"there is no argument {name!r}", remedy=remedy, where=bare.where)
    replaces = planting.get("replaces", "")
    place = planting.get("on") or ("code" if replaces else DEFAULT[bare.seam])

    def register(function: Callable[..., Any]) -> Mutant:
        return _new(
            replace(
                bare,
                description=_said(function, bare.id),
                plants=(_plant(place, function, replaces, bare.where),),
                cases=tuple(planting.get("cases", ())),
                model=planting.get("model"),
                seeds=max(1, planting.get("seeds", bare.seeds)),
            )
        )

    return register


def of_module(module: str) -> tuple[Mutant, ...]:
    """What a module registered, in its order."""
    return tuple(_registered.get(module, {}).values())


def forget(module: str) -> None:
    """Drop what a module registered, before it is read again."""
    _registered.pop(module, None)


def _new(made: Mutant) -> Mutant:
    taken = _registered.get(made.module, {}).get(made.id)
    if taken is not None:
        raise AgentError(f"the id {made.id!r} is taken by {taken.where}", remedy="choose another one", where=made.where)
    return _keep(made)


def _keep(made: Mutant) -> Mutant:
    _registered.setdefault(made.module, {})[made.id] = made
    return made


def _plant(place: str, function: Callable[..., Any], replaces: str, where: str) -> Plant:
    check_place(place, function, where=where)
    if (place == "code") != bool(replaces):
        remedy = 'add `replaces="agents/x.py:name"`' if place == "code" else 'leave `replaces` out, or say `on="code"`'
        raise AgentError(f"`on={place!r}` and `replaces={replaces!r}` do not fit", remedy=remedy, where=where)
    return Plant(place, function, replaces)


def _check(name: str, seam: str, severity: int, origin: str, *, where: str) -> None:
    if not name or any(letter in name for letter in "+@:/* \n\t"):
        raise AgentError(f"{name!r} is no id", remedy="use letters, digits, dots and dashes: CH-M07", where=where)
    if seam not in SEAMS:
        raise AgentError(
            f"there is no seam {seam!r}", remedy=f"use one of: {', '.join(f'{k} ({v})' for k, v in SEAMS.items())}",
            where=where,
        )  # fmt: skip
    if severity not in _SEVERITIES:
        raise AgentError(f"there is no severity {severity!r}", remedy="use 1, 2 or 3", where=where)
    if origin not in _ORIGINS:
        raise AgentError(f"there is no origin {origin!r}", remedy=nearest(origin, _ORIGINS), where=where)


def _said(function: Callable[..., Any], name: str) -> str:
    """The first line of the function's docstring, or its name in words."""
    text = (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
    return text or str(getattr(function, "__name__", name)).strip("_").replace("_", " ")


def _caller() -> tuple[str, str]:
    """Place and module of whoever registers."""
    frame = sys._getframe(2)  # noqa: SLF001 - a lambda or partial does not know its own line
    return f"{frame.f_code.co_filename}:{frame.f_lineno}", str(frame.f_globals.get("__name__", "?"))
