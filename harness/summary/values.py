"""The figures of a run, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from harness.frozen import frozen
from harness.store import RunRow
from harness.store.replaced import NOTHING, Replaced


@frozen
class Counts:
    """Trials by how they ended."""

    passed: int = 0
    """Every required check held."""

    failed: int = 0
    """A required check failed, or the agent did."""

    errored: int = 0
    """The harness, a provider or the machine failed; outside pass rates."""

    undecided: int = 0
    """Nothing failed, but a required check could not be decided; outside pass rates."""

    missing: int = 0
    """Planned, and without a result."""

    @property
    def decided(self) -> int:
        """Trials that passed or failed: what a pass rate is over."""
        return self.passed + self.failed

    @property
    def planned(self) -> int:
        """All trials that were selected."""
        return self.decided + self.errored + self.undecided + self.missing


@frozen
class Rate:
    """A pass rate over decided trials."""

    passed: int
    """Trials that passed."""

    decided: int
    """Trials that passed or failed."""

    cases: int
    """Cases they belong to."""

    value: float | None
    """The rate; None when nothing was decided."""

    se: float | None
    """Standard error, clustered by case; None for fewer than two cases."""

    low: float | None
    """Lower end of the 95 % Wilson interval at the effective number of trials."""

    high: float | None
    """Upper end of it."""


@frozen
class Repeat:
    """What k trials of the same case say, averaged over cases."""

    k: int
    """Trials drawn."""

    every: float
    """pass^k: chance that all of them pass."""

    some: float
    """pass@k: chance that at least one passes."""

    every_se: float | None
    """Standard error of pass^k over cases."""


@frozen
class CaseRow:
    """One case under one agent variant."""

    suite: str
    """Suite of the case."""

    case: str
    """Id of the case."""

    variant: str
    """Agent variant."""

    counts: Counts
    """Its trials."""

    score: float | None
    """Mean score of its decided trials."""

    @property
    def flaky(self) -> bool:
        """Whether it both passed and failed."""
        return self.counts.passed > 0 and self.counts.failed > 0

    @property
    def rank(self) -> int:
        """Where a report shows it: failed 0, errored 1, undecided 2, missing 3, passed 4."""
        counts = self.counts
        order = (counts.failed, counts.errored, counts.undecided, counts.missing)
        return next((position for position, count in enumerate(order) if count), len(order))


@frozen
class CheckRow:
    """One kind of check over the whole run."""

    name: str
    """As suites write it."""

    passed: int
    """Verdicts that held."""

    failed: int
    """Verdicts that did not."""

    undecided: int
    """Verdicts that could not be reached."""

    broken: int
    """Verdicts that could not be reached because the check itself failed."""


@frozen
class Faults:
    """Who failed, how often; each by kind."""

    agent: Mapping[str, int]
    """The agent's: `checks` for a failed check, else the outcome's status."""

    provider: Mapping[str, int]
    """A model provider's: the kind of its error."""

    harness: Mapping[str, int]
    """Ours or the machine's: the kind of the error, `checks` for trials with a check that broke."""


@frozen
class Spend:
    """Tokens and money of the whole run, replaced executions included; an unknown figure is counted, never taken as zero."""

    input_tokens: int
    """Read by models, over trials where it is known."""

    output_tokens: int
    """Written by models, over trials where it is known."""

    tokens_unknown: int
    """Trials whose tokens are unknown."""

    cost_usd: float
    """Spent by agents, over trials where it is known."""

    cost_unknown: int
    """Trials whose cost is unknown."""

    judge_usd: float
    """Spent by judges, over trials where it is known."""

    judge_unknown: int
    """Trials whose judges' cost is unknown."""

    replaced: Replaced = NOTHING
    """The part of it that was spent by executions which another took the place of: no trial's figure has it."""


@frozen
class Latency:
    """Wall times of completed trials, in seconds; None when there is none."""

    p50_s: float | None
    """Half of the trials were faster."""

    p95_s: float | None
    """19 of 20 were faster."""

    ttft_p50_s: float | None
    """Time to the first visible text, of trials that streamed: the median."""

    ttft_p95_s: float | None
    """The same, 95th percentile."""


@frozen
class Slice:
    """A part of the run."""

    by: str
    """`agent`, `suite` or `tag`."""

    name: str
    """Variant, suite, or `key=value`."""

    counts: Counts
    """Its trials."""

    rate: Rate
    """Its pass rate."""


@frozen
class Summary:
    """What a run amounts to."""

    run: RunRow
    """Which run."""

    counts: Counts
    """All trials."""

    rate: Rate
    """Pass rate."""

    score: float | None
    """Mean score of decided trials."""

    metrics: Mapping[str, float]
    """Mean score by metric name, where suites give names."""

    repeats: tuple[Repeat, ...]
    """For k from 1 to the number of decided trials that every case has, at most 10."""

    cases: tuple[CaseRow, ...]
    """Worst first, otherwise as planned."""

    checks: tuple[CheckRow, ...]
    """Most failures first."""

    faults: Faults
    """Who failed."""

    spend: Spend
    """Tokens and money."""

    latency: Latency
    """Time."""

    not_judged: int
    """Claims that a judge should decide and nobody did."""

    slices: tuple[Slice, ...]
    """By agent, suite and tag."""

    heuristic: int = 0
    """Of these, those that the offline heuristic had a guess at, which decides nothing."""

    routes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Requests by the agent they are for and, of these, by the one they reached first (`none` for nobody), over cases that name one."""
