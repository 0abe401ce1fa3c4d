"""The record of every run: one SQLite file per workspace."""

from .figures import CaseTotal, CheckTotal, NumbersRow, StepsRow
from .runs import RunRow, RunStatus
from .store import Store

__all__ = ["CaseTotal", "CheckTotal", "NumbersRow", "RunRow", "RunStatus", "StepsRow", "Store"]
