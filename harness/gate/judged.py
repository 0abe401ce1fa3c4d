"""Which judged verdicts a gate may listen to: those of judges with a passing check on file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field, replace

from harness.frozen import frozen
from harness.model import Result, Verdict
from harness.score import status_of
from harness.workspace import Workspace

_NOBODY = frozenset({"none", "not asked"})


@frozen
class Admission:
    """Admits verdicts to a gate, and remembers which it refused."""

    workspace: Workspace
    """Where checks of judges are kept."""

    refused: dict[str, Counter[str]] = field(default_factory=dict)
    """By suite: why, and how often."""

    known: dict[tuple[str, str], str] = field(default_factory=dict)
    """What is known of a judge and a rubric."""

    def admitted(self, result: Result) -> tuple[Result, tuple[str, ...]]:
        """The result as a gate may see it, decided by the verdicts that are left; and who was refused."""
        reasons = {place: why for place, verdict in enumerate(result.verdicts) if (why := self._why(verdict))}
        if not reasons:
            return result, ()
        counts = self.refused.setdefault(result.job.case.suite, Counter())
        counts.update(reasons.values())
        left = tuple(verdict for place, verdict in enumerate(result.verdicts) if place not in reasons)
        status = result.status if result.status == "errored" else status_of(result.outcome, left)
        names = sorted({who(result.verdicts[place].labels) for place in reasons})
        return replace(result, verdicts=left, status=status), tuple(names)

    def notes(self, suite: str) -> tuple[str, ...]:
        """What a reader of the decision must know."""
        return tuple(
            f"{count} judged {'verdict' if count == 1 else 'verdicts'} left out: {why} (finharness judge check)"
            for why, count in self.refused.get(suite, Counter()).items()
        )

    def _why(self, verdict: Verdict) -> str:
        """Why a verdict may not decide; empty when it may. One without a decision decides nothing anyway."""
        judges, rubric = verdict.labels.get("judge", "none"), verdict.labels.get("rubric", "")
        if judges in _NOBODY or verdict.passed is None:
            return ""
        if verdict.heuristic:
            return "the offline heuristic decides nothing"
        if (judges, rubric) not in self.known:
            self.known[judges, rubric] = self._lacking(judges, rubric)
        return self.known[judges, rubric]

    def _lacking(self, judges: str, rubric: str) -> str:
        """Of a set of checks, every judge needs a check on every rubric that the set names."""
        from harness.calibration.record import lacking
        from harness.judge.judge import CLAIM

        for panel in judges.split("; "):
            for one in rubric.split("; ") if panel not in _NOBODY else ():
                name, _, rest = one.partition(" ")
                why = lacking(self.workspace, name or CLAIM, panel.split(", "), hash_start=rest.rpartition(" ")[2])
                if why:
                    return why
        return ""


def who(labels: Mapping[str, str]) -> str:
    """A judge with its rubric, as baselines name them."""
    return " ".join(filter(None, (labels["judge"], labels.get("rubric"))))
