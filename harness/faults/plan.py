"""Decide, call by call, which fault strikes: the same for the same faults, seed and calls, whatever else goes on."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from fnmatch import fnmatchcase
from typing import Any, Final, Protocol

from harness.frozen import frozen
from harness.model.fault import KINDS_OF, Fault, FaultKind, Seam
from harness.model.value import fingerprint
from harness.shape import read

__all__ = ["KINDS_OF", "NOTHING", "Fault", "FaultKind", "FaultPlan", "Seam", "Strike", "begin", "here"]


@frozen
class Strike:
    """One application of a fault."""

    place: int
    """Which of the case's faults, counted from 0."""

    fault: Fault
    """The fault."""

    name: str
    """The tool, model, service or route that it struck."""

    call: int
    """Number of the call among those the fault fits, from 1."""

    def event(self) -> dict[str, Any]:
        """The data of its `fault` event."""
        told = {"seam": self.fault.seam, "kind": self.fault.kind, "name": self.name, "call": self.call}
        return told | {"fault": self.place}


Told = Callable[[Strike], None]


class FaultPlan:
    """The faults of one trial. `next` counts calls and says which fault strikes; whoever asks applies it."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0, on_strike: Told | None = None) -> None:
        self.faults = tuple(faults)
        """What can strike."""
        self.on_strike = on_strike
        """Told of each application: in a trial, it is written into the trace."""
        self.waits: list[float] = []
        """Seconds that somebody waited before another attempt, on the trial's virtual clock."""
        self.on_wait: Callable[[list[float]], None] | None = None
        """Told of all waits whenever there is another one."""
        self.on_pass: list[Callable[[float], object]] = []
        """Clocks that go on when time is said to pass."""
        self._seed = seed
        self._fits = [0] * len(self.faults)
        self._struck = [0] * len(self.faults)
        self._lock = threading.Lock()

    @classmethod
    def of(
        cls, specs: Iterable[Fault | Mapping[str, Any]], seed: int = 0, *, on_strike: Told | None = None
    ) -> FaultPlan:
        """Make a plan of faults, or of plain data as a case's `faults:` has them.

        Raises:
            MisfitsError: for data that is no fault.
        """
        faults = [item if isinstance(item, Fault) else read(Fault, item) for item in specs]
        return cls(faults, seed=seed, on_strike=on_strike)

    def __bool__(self) -> bool:
        return bool(self.faults)

    def tell(self, recorder: Records) -> None:
        """Have waits written into a trial's trace."""
        if self:
            self.on_wait = lambda waits: recorder.artifact("waits", waits)

    def minds(self, *seams: str) -> bool:
        """Whether anything can go wrong at one of these seams."""
        return any(fault.seam in seams for fault in self.faults)

    def next(self, seam: str, name: str = "", *, kinds: tuple[str, ...] | None = None) -> Fault | None:
        """Count a call and say what goes wrong with it.

        A fault that is returned is on record as applied, so the caller must apply it.

        Args:
            seam: Where the call is made.
            name: The tool, model, service or route.
            kinds: Kinds that can be applied to this call; others do not count it.
        """
        if not self.faults:
            return None
        with self._lock:
            strike = self._drawn(seam, name, kinds)
        if strike is None:
            return None
        if self.on_strike is not None:
            self.on_strike(strike)
        return strike.fault

    def pass_(self, seconds: float) -> None:
        """Let time pass on the trial's virtual clock: nobody waits, and every clock that listens goes on."""
        for go_on in self.on_pass:
            go_on(seconds)

    async def wait(self, seconds: float) -> None:
        """Wait before another attempt: on the virtual clock."""
        self.pass_(seconds)
        self.waits.append(round(seconds, 6))
        if self.on_wait is not None:
            self.on_wait(list(self.waits))

    def struck(self) -> tuple[int, ...]:
        """How often each fault was applied."""
        with self._lock:
            return tuple(self._struck)

    def missed(self) -> tuple[Fault, ...]:
        """Faults that have to strike and never did."""
        pairs = zip(self.faults, self.struck(), strict=True)
        return tuple(fault for fault, count in pairs if not count and not fault.optional)

    def _drawn(self, seam: str, name: str, kinds: tuple[str, ...] | None) -> Strike | None:
        """Count the call for every fault that it fits; the first that is due strikes."""
        found: Strike | None = None
        for place, fault in enumerate(self.faults):
            if fault.seam != seam or not fnmatchcase(name, fault.name) or (kinds and fault.kind not in kinds):
                continue
            self._fits[place] += 1
            if found is None and self._is_due(place, fault):
                self._struck[place] += 1
                found = Strike(place, fault, name, self._fits[place])
        return found

    def _is_due(self, place: int, fault: Fault) -> bool:
        if fault.times is not None and self._struck[place] >= fault.times:
            return False
        if fault.calls is not None:
            return self._fits[place] in fault.calls
        if fault.probability is None:
            return True
        drawn = fingerprint([self._seed, fault.seed, place, self._fits[place]])
        return random.Random(drawn).random() < fault.probability  # noqa: S311 - reproducible on purpose


NOTHING: Final = FaultPlan()
"""The plan by which all goes well."""

HERE: Final[ContextVar[FaultPlan]] = ContextVar("faults")


def here() -> FaultPlan:
    """The plan of the trial that the running code belongs to; worlds and tools ask it what goes wrong."""
    return HERE.get(NOTHING)


class Records(Protocol):
    """What is needed of a trial's recorder."""

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write an event."""
        ...

    def artifact(self, name: str, value: Any) -> None:
        """Write an end state."""
        ...


def begin(faults: Iterable[Fault | Mapping[str, Any]], seed: int, recorder: Records) -> FaultPlan:
    """Make the running trial's plan: whatever strikes, and every wait for it, is an event of its trace."""
    specs = tuple(faults)
    plan = (
        FaultPlan.of(specs, seed, on_strike=lambda strike: recorder.record("fault", strike.event()))
        if specs
        else NOTHING
    )
    plan.tell(recorder)
    HERE.set(plan)
    return plan
