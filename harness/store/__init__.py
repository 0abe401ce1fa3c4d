"""The record of every run: one SQLite file per workspace."""

from .runs import RunRow, RunStatus
from .store import Store

__all__ = ["RunRow", "RunStatus", "Store"]
