"""What a run amounts to: counts, rates, repeats, faults, money and time, and the exit code that follows."""

from .ending import FailOn, exit_code
from .gather import summarise
from .values import (
    CaseRow,
    CheckRow,
    Counts,
    Faults,
    Latency,
    Rate,
    Repeat,
    Slice,
    Spend,
    Summary,
)

__all__ = [
    "CaseRow",
    "CheckRow",
    "Counts",
    "FailOn",
    "Faults",
    "Latency",
    "Rate",
    "Repeat",
    "Slice",
    "Spend",
    "Summary",
    "exit_code",
    "summarise",
]
