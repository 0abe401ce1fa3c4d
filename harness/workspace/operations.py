"""What harness.toml can say about running agents as a service: the audit log, and when to raise an alarm."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from harness.bounds import Ge, Gt, Le, Len
from harness.shape import Misfit, MisfitsError, value

Comparison: TypeAlias = Literal["<", "<=", ">", ">="]
Statistic: TypeAlias = Literal["average", "sum", "minimum", "maximum", "count"]
Missing: TypeAlias = Literal["missing", "ignore", "breaching", "notBreaching"]


@value
class AuditSettings:
    """The audit log that every run adds to."""

    enabled: bool = False
    """Whether runs write it; it grows with every run."""

    file: Annotated[str, Len(1)] = ".harness/audit.jsonl"
    """Where it is, relative to the root."""

    key_env: str = "FINHARNESS_AUDIT_KEY"
    """Environment variable that holds the key entries are signed with; without one they are linked, not signed."""

    pseudonym_key_env: str = "FINHARNESS_PSEUDONYM_KEY"
    """Environment variable that holds the key of users' pseudonyms."""

    keep_days: Annotated[int, Ge(1)] | None = None
    """How long entries are kept: `finharness audit prune` removes older ones."""

    sync: bool = False
    """Whether entries are on the disk before a trial counts as done, even if the machine loses power."""


@value
class AlarmRule:
    """When one metric raises an alarm."""

    name: Annotated[str, Len(1)]
    """Name of the alarm."""

    metric: Annotated[str, Len(1)]
    """A metric of `finharness alarms list`."""

    threshold: float
    """What it is compared with."""

    comparison: Comparison = "<"
    """When the threshold is breached: `<` leaves a value that is exactly the threshold quiet."""

    statistic: Statistic = "average"
    """How the samples of one period become one value."""

    by: tuple[str, ...] = ()
    """Dimensions with an alarm for each value, such as `agent`."""

    period_s: Annotated[int, Ge(10), Le(86_400)] = 300
    """Length of a period, in seconds: 10, 20, 30 or a multiple of 60."""

    periods: Annotated[int, Ge(1), Le(100)] = 1
    """N: how many of the last periods are looked at."""

    datapoints: Annotated[int, Ge(1), Le(100)] | None = None
    """M: how many of them must breach; by default all."""

    min_samples: Annotated[int, Ge(1)] = 1
    """Samples that a period needs to say anything; with fewer it counts as missing."""

    missing: Missing = "missing"
    """What a period without data means, in CloudWatch's words."""

    description: str = ""
    """What it means and what to do, for whoever is woken by it."""

    gate: bool = False
    """Whether `finharness gate` holds a run against it, too."""

    def __post_init__(self) -> None:
        if self.datapoints is not None and self.datapoints > self.periods:
            problem = f"{self.datapoints} of {self.periods} periods cannot breach"
            raise MisfitsError([Misfit(("datapoints",), problem, "write at most as many as `periods`")])
        if self.period_s not in {10, 20, 30} and self.period_s % 60:
            problem = f"{self.period_s} seconds are no period that CloudWatch knows"
            raise MisfitsError([Misfit(("period_s",), problem, "write 10, 20, 30 or a multiple of 60")])
        if self.period_s * self.periods > 86_400:
            problem = "the periods are longer than a day together"
            raise MisfitsError([Misfit(("periods",), problem, "look at fewer or shorter ones")])

    @property
    def needed(self) -> int:
        """How many periods must breach."""
        return self.datapoints or self.periods


@value
class AlarmSettings:
    """Alarms, and where they live in the cloud."""

    rules: tuple[AlarmRule, ...] = ()
    """Rules besides ours; one with the name of ours takes its place."""

    off: tuple[str, ...] = ()
    """Rules of ours that are not wanted."""

    budget_usd: Annotated[float, Gt(0)] | None = None
    """Money that a run may spend before alarms say so; by default [run]'s `budget_usd`."""

    budget_shares: tuple[Annotated[float, Gt(0)], ...] = (0.5, 0.8, 1.0)
    """Parts of the budget at which an alarm is raised."""

    namespace: Annotated[str, Len(1)] = "finharness"
    """CloudWatch's namespace of the metrics."""

    region: str = ""
    """Region of dashboards and alarms; by default AWS_REGION."""

    prefix: str = "finharness"
    """What names of dashboards and alarms begin with."""

    topics: tuple[str, ...] = ()
    """ARNs that are told, such as an SNS topic's."""

    log_groups: dict[str, str] = field(default_factory=dict)
    """Log group by what it holds: `api` and `planner`; used by the dashboards' log widgets."""

    functions: dict[str, str] = field(default_factory=dict)
    """Lambda function by agent, and `api`: for dashboards and the alarm on errors."""
