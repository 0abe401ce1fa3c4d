"""The ledger guardrail: positions times prices and cash are the total, and nothing moves without a reason.

check_ledger(ledger, prices=..., opening=..., movements=...) -> LedgerRuling
read_ledger(data, prices) -> (Ledger | None, breaches)          the documented shape, read into exact decimals
read_movements(rows, ledger) -> (movements, breaches)           fills, deposits, dividends, fees, transfers
state(ledger), after(state, movements), differences(expected, actual)
"""

from __future__ import annotations

from .books import Account, Holding, Ledger, read_ledger
from .movements import Movement, State, after, read_movements, state
from .reconcile import LedgerRuling, check_ledger, differences

__all__ = [
    "Account",
    "Holding",
    "Ledger",
    "LedgerRuling",
    "Movement",
    "State",
    "after",
    "check_ledger",
    "differences",
    "read_ledger",
    "read_movements",
    "state",
]
