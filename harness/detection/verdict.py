"""Decide what became of a mutant, from its trials and those of the unchanged agent beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.model import Failure, Result
from harness.mutation import Mutant
from harness.text import one_line

from .behaviour import behaviour, first_change
from .controls import Control, case_key, printed
from .labels import expanded, fits, labelled
from .values import Detection, Fate, Kill

_CHANGES = 5


@dataclass(slots=True)
class Dossier:
    """One mutant's trials so far."""

    mutant: Mutant
    """What was planted."""

    groups: Mapping[str, Sequence[str]]
    """Names for several checks."""

    trials: int = 0
    noticed: int = 0
    changed: int = 0
    able: bool = False
    seconds: float = 0.0
    kills: dict[tuple[str, str], Kill] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    looked: dict[str, None] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)

    def take(self, result: Result, control: Control | None) -> None:
        """Compare one trial."""
        self.trials += 1
        self.seconds += result.outcome.trace.duration_s
        name = case_key(result.job.case)
        if control is None or control.ended != "completed":
            why = control.why if control else "it was not run"
            self.unsure.append(f"{name}: the unchanged agent does not complete ({why})")
            return
        self.able = self.able or any(passed for _, passed in control.verdicts)
        self._note_change(result, control, name)
        before = len(self.kills)
        noticed = self._conclude(result, control, name)
        self.noticed += noticed or len(self.kills) > before

    def _note_change(self, result: Result, control: Control, name: str) -> None:
        did = behaviour(result.outcome)
        if control.repeatable and printed(did) == control.print:
            return
        self.changed += 1
        if control.behaved is not None and name not in self.changes and len(self.changes) < _CHANGES:
            self.changes[name] = first_change(control.behaved, did) or "what it did, in another order"

    def _conclude(self, result: Result, control: Control, name: str) -> bool:
        status, error = result.outcome.status, result.outcome.error
        said = one_line(_said(error) if error else status, 300)
        if status == "agent_failed":
            if any(fits("agent", wanted) for wanted in self._expects):
                return self._kill("agent", name, said)
            self.broken.append(f"{name}: {said}")
            return False
        if status in {"over_budget", "timed_out"}:
            return self._kill("budget", name, said)
        if status != "completed":
            self.unsure.append(f"{name}: the trial could not be run ({said})")
            return False
        return self._compare(result, control, name)

    def _compare(self, result: Result, control: Control, name: str) -> bool:
        found = labelled(result)
        if len(found) != len(control.verdicts):
            self.unsure.append(f"{name}: its checks differ from the unchanged agent's")
            return False
        noticed = False
        for (label, verdict), (_, passed), steady in zip(found, control.verdicts, control.steady, strict=True):
            # A judged claim that nobody decides offline is noticed, too, where no judge is needed to see that it fails.
            if passed is False or (passed is None and verdict.passed is not False):
                continue
            if verdict.passed is True:
                self.looked[label] = None
            elif not steady:
                self.unsure.append(f"{name}: {label} is unsteady on the unchanged agent")
            elif verdict.passed is None:
                self.unsure.append(f"{name}: {label} could not decide ({one_line(verdict.reason, 160)})")
            else:
                noticed = self._kill(label, name, one_line(verdict.reason, 300))
        return noticed

    def _kill(self, label: str, name: str, reason: str) -> bool:
        expected = any(fits(label, wanted) for wanted in self._expects)
        self.kills.setdefault((name, label), Kill(label, name, reason, expected))
        return True

    @property
    def _expects(self) -> tuple[str, ...]:
        return expanded(self.mutant.expects, self.groups)

    def close(self) -> Detection:
        """Decide."""
        fate, reason = self._fate()
        return Detection(
            mutant=self.mutant,
            fate=fate,
            trials=self.trials,
            noticed=self.noticed,
            kills=tuple(sorted(self.kills.values(), key=lambda kill: not kill.expected)),
            reason=reason,
            changes=tuple(f"{name}: {change}" for name, change in self.changes.items()),
            looked=tuple(self.looked),
            seconds=round(self.seconds, 3),
        )

    def _fate(self) -> tuple[Fate, str]:
        kills = self.kills.values()
        if self.mutant.is_benign:
            return self._of_benign()
        if any(kill.expected for kill in kills):
            return "expected", ""
        if kills:
            return "other", ""
        if self.mutant.equivalent:
            return "equivalent", self.mutant.equivalent
        if self.broken:
            return "broken", self.broken[0]
        if self.unsure:
            return "undecided", self.unsure[0]
        if not self.able:
            return "undecided", "no check of its cases passes on the unchanged agent"
        if not self.changed:
            return "idle", "no trace differs: it cannot be told from the unchanged agent, or was never reached"
        return "survived", ""

    def _of_benign(self) -> tuple[Fate, str]:
        if self.kills:
            first = next(iter(self.kills.values()))
            return "alarm", f"{first.case}: {first.check}: {first.reason}"
        if self.broken:
            return "alarm", self.broken[0]
        if self.unsure:
            return "undecided", self.unsure[0]
        return ("quiet", "") if self.changed else ("idle", "no trace differs, so it measures nothing")


def _said(error: Failure) -> str:
    return error.message if error.message.startswith(f"{error.type}:") else f"{error.type}: {error.message}"
