"""The order guardrail: what may be placed, and that its owner approved exactly that, once.

    validate_order(order, account, market, policy) -> OrderRuling     a pure function; the terms are values or mappings
    order_hash(order) -> str                                          what a confirmation is bound to
    consent(answer) -> "yes" | "no" | "changed" | "unclear"           a closed list of words; everything else is unclear
    Confirmations(ttl_s=120)  .propose(order) .answer(id, said) .submit(token, order, place)

Nothing here imports anything heavy, needs a workspace, or asks a model.
"""

from __future__ import annotations

from .confirmation import Confirmations, Denied, Proposal
from .consent import NO, YES, Consent, consent
from .sessions import Sessions
from .terms import order_hash, terms
from .validate import OrderRuling, validate_order
from .values import Account, Instrument, Market, Order, Past, Policy, Quote

__all__ = [
    "NO",
    "YES",
    "Account",
    "Confirmations",
    "Consent",
    "Denied",
    "Instrument",
    "Market",
    "Order",
    "OrderRuling",
    "Past",
    "Policy",
    "Proposal",
    "Quote",
    "Sessions",
    "consent",
    "order_hash",
    "terms",
    "validate_order",
]
