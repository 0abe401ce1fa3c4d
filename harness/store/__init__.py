"""The record of every run: one SQLite file per workspace."""

from .runs import RunRow, RunStatus, new_run_id
from .store import Store

__all__ = ["RunRow", "RunStatus", "Store", "new_run_id"]
