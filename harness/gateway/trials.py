"""The trials that paths name, each with its own record."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from harness.recorder import Recorder

from .refusal import Refusal
from .trajectory import Trajectory

if TYPE_CHECKING:
    from harness.faults.plan import FaultPlan

    from .directory import Reached, Target
    from .taped import Tape

MOST_TRIALS: Final = 1000
"""Trials whose events are kept; the one that was longest silent is forgotten first."""


@dataclass(slots=True)
class Trial:
    """One trial."""

    name: str
    """Its name in paths."""

    recorder: Recorder
    """Its record."""

    target: Target | None = None
    """The model that answers whatever it asks for; None where that is looked up by name."""

    reach: Reached | None = None
    """How its model is reached, where that is another way than for all."""

    faults: FaultPlan | None = None
    """What is to go wrong between it and its model."""

    tape: Tape | None = None
    """Where its traffic is recorded, or played from."""

    trajectory: Trajectory = field(init=False)
    """Its tool steps."""

    is_ours: bool = False
    """Whether a run of the harness keeps the record, and not the gateway."""

    def __post_init__(self) -> None:
        self.trajectory = Trajectory(self.recorder)


class Trials:
    """All trials that are known."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, known_only: bool = False) -> None:
        """Keep trials.

        Args:
            clock: Seconds on a clock that never goes back.
            known_only: Whether a name that nobody registered is refused; else it begins a trial.
        """
        self._clock = clock
        self._known_only = known_only
        self._trials: OrderedDict[tuple[str, str], Trial] = OrderedDict()
        self._registered: dict[str, Trial] = {}

    def register(self, trial: Trial) -> None:
        """Serve a trial of a run."""
        trial.is_ours = True
        self._registered[trial.name] = trial

    def forget(self, name: str) -> None:
        """The trial has ended; what still asks in its name is refused."""
        self._registered.pop(name, None)

    def of(self, entity: str, name: str) -> Trial | None:
        """The trial of that name; an entity sees its own ones only. None where the path names none.

        Raises:
            Refusal: for a name that is not known, where it must be.
        """
        found = self._registered.get(name)
        if found is not None:
            return found
        if self._known_only:
            raise Refusal("not_found", "there is no such trial, or it has ended")
        if not name:
            return None
        key = (entity, name)
        if key not in self._trials:
            self._trials[key] = Trial(name, Recorder(self._clock))
            if len(self._trials) > MOST_TRIALS:
                self._trials.popitem(last=False)
        self._trials.move_to_end(key)
        return self._trials[key]

    def events(self, entity: str, name: str) -> list[Any]:
        """What is recorded of a trial.

        Raises:
            Refusal: when there is none of that name.
        """
        found = self._registered.get(name) or self._trials.get((entity, name))
        if found is None or found.is_ours:
            raise Refusal("not_found", f"nothing was asked in the name of the trial {name!r}")
        return list(found.recorder.wire)
