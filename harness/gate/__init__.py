"""Did it get worse? Baselines that people bless, and decisions that compare a run with them."""

from .baseline import FORMAT, Baseline, BaselineCase, baseline_path, find_baseline, read_baseline, write_baseline
from .blessing import Blessing, bless
from .counting import CaseTally, tally
from .decision import CaseChange, Decision, DecisionValue, exit_code, worst
from .rules import Limits, decide
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
    "Limits",
    "baseline_path",
    "bless",
    "decide",
    "document",
    "exit_code",
    "find_baseline",
    "lines",
    "markdown",
    "read_baseline",
    "tally",
    "worst",
    "write_baseline",
]
