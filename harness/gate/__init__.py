"""Did it get worse? Baselines that people bless, and decisions that compare a run with them."""

from .baseline import FORMAT, Baseline, BaselineCase, baseline_path, find_baseline, read_baseline, write_baseline
from .blessing import Blessing, bless
from .counting import CaseTally, tally, together
from .decision import CaseChange, Decision, DecisionValue, Metric, exit_code, worst
from .limits import Limits, MetricLimits, read_limits
from .quarantine import Quarantined, in_force, read_quarantine
from .rules import Evidence, decide, decide_all, to_confirm
from .testing import Fresh
from .words import document, lines, markdown

__all__ = [
    "FORMAT",
    "Baseline",
    "BaselineCase",
    "Blessing",
    "CaseChange",
    "CaseTally",
    "Decision",
    "DecisionValue",
    "Evidence",
    "Fresh",
    "Limits",
    "Metric",
    "MetricLimits",
    "Quarantined",
    "baseline_path",
    "bless",
    "decide",
    "decide_all",
    "document",
    "exit_code",
    "find_baseline",
    "in_force",
    "lines",
    "markdown",
    "read_baseline",
    "read_limits",
    "read_quarantine",
    "tally",
    "to_confirm",
    "together",
    "worst",
    "write_baseline",
]
