"""The record of every run: one SQLite file per workspace."""

from .figures import CaseTotal, CheckTotal, StepsRow
from .runs import RunRow, RunStatus
from .store import Store

__all__ = ["CaseTotal", "CheckTotal", "RunRow", "RunStatus", "StepsRow", "Store"]
