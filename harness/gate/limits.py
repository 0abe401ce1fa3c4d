"""What a gate tolerates: reports/gate.yaml, which a pull request takes from the base branch.

alpha: 0.05
margin: 0.05
on_inconclusive: warn
metrics:
  pass_rate: {}
  cost: {margin: 0.10}
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from harness.bounds import Ge, Gt, Le, Lt
from harness.document import FileProblems, Mistake, read_file
from harness.errors import nearest
from harness.shape import MisfitsError, read, value

MetricName: TypeAlias = Literal["pass_rate", "cost", "latency", "tokens"]
METRICS: tuple[str, ...] = get_args(MetricName)
Share = Annotated[float, Gt(0), Lt(1)]


@value
class MetricLimits:
    """One gated metric; what is left out is as usual."""

    margin: Annotated[float, Gt(0)] | None = None
    """Loss that is tolerated: points of the pass rate (0.05), or a share of the cost, latency or tokens (0.10)."""

    min_effect: Annotated[float, Ge(0)] | None = None
    """Smallest loss that is called one, however sure it is: 0 for the pass rate, 0.05 for the others."""


@value
class Limits:
    """What the gate tolerates, and how it goes about it."""

    alpha: Share = 0.05
    """Chance of a false alarm when nothing changed, over all suites and gated metrics together."""

    margin: Share = 0.05
    """Drop of the pass rate that is tolerated when it is excluded that there was more."""

    errored: Annotated[float, Ge(0), Lt(1)] = 0.05
    """Share of errored trials above which a run says nothing."""

    allow_removed: bool = False
    """Whether a run may lack cases of the baseline."""

    confirm: Annotated[int, Ge(3), Le(50)] = 5
    """Fresh trials of each suspected case."""

    most_trials: Annotated[int, Ge(2), Le(50)] = 5
    """Trials per case up to which an inconclusive run is escalated."""

    on_inconclusive: Literal["warn", "fail", "escalate"] = "warn"
    """`warn` ends with 0, `fail` with 3; `escalate` runs every case more often, and then warns."""

    metrics: dict[MetricName, MetricLimits] = field(default_factory=lambda: {"pass_rate": MetricLimits()})
    """What is gated; all of it shares `alpha` (Holm)."""

    def margin_of(self, metric: str) -> float:
        """Tolerated loss of a metric."""
        given = self._given(metric).margin
        return given if given is not None else self.margin if metric == "pass_rate" else 0.10

    def min_effect_of(self, metric: str) -> float:
        """Smallest loss of a metric that is called one."""
        given = self._given(metric).min_effect
        return given if given is not None else 0.0 if metric == "pass_rate" else 0.05

    def shares(self) -> tuple[float, float, float]:
        """How screening, confirming and escalating divide the level: beforehand, or it would be exceeded."""
        return (0.2, 0.4, 0.4) if self.on_inconclusive == "escalate" else (0.4, 0.6, 0.0)

    def _given(self, metric: str) -> MetricLimits:
        return next((given for name, given in self.metrics.items() if name == metric), MetricLimits())


def read_limits(path: Path) -> Limits:
    """Read a gate's settings; a missing file means the usual ones.

    Raises:
        FileProblems: with every mistake in it.
    """
    if not path.exists():
        return Limits()
    document = read_file(path, path.name)
    try:
        found = read(Limits, {} if document.data is None else document.data)
    except MisfitsError as error:
        raise FileProblems(
            Mistake(document.place(item.path, at_key=item.at_key), item.problem, item.remedy) for item in error.misfits
        ) from error
    unknown = [name for name in found.metrics if name not in METRICS]
    if unknown:
        raise FileProblems(
            Mistake(document.place(("metrics", name), at_key=True), f"unknown metric {name!r}", nearest(name, METRICS))
            for name in unknown
        )
    return found
