"""Guardrails: rules that block or flag what an agent says or does, usable at run time and in checks.

    check_numbers(answer, sources, question=...) -> NumberReport     every figure has a source
    check_charts(payload, reference=...) -> ChartReport              charts are well formed, true and consistent
    guard_charts(payload, reference=..., breakdowns=...) -> Guarded  charts that may be shown, whatever the model gave
    validate_order(order, account, market, policy) -> OrderRuling    an order may be placed
    Confirmations(ttl_s=120)                                         an order is placed once, and only as its owner approved it
    check_ledger(ledger, prices=..., opening=...) -> LedgerRuling    accounts add up, and nothing moves without a reason
    check_conduct(text), check_disclosures(text) -> Ruling           no promises and no pressure; what must be said is said
    check_suitability(proposal, profile) -> Ruling                   what is recommended fits the client
    check_pii(text, own=...) -> Ruling                               no personal data but the client's own
    limit_response(response, max_chars=...) -> Limited               text ends at a sentence, JSON is never cut
    check_as_of(evidence, as_of, text=...) -> Ruling                 no evidence of the future, old prices are called old
    check_simulation(text, runs) -> Ruling                           a simulation that is claimed was run
    scan_text(text) -> TextReport                                    no text gives the agent orders; nothing is replaced
    check_behaviour(calls, policy, task=...) -> BehaviourReport      the agent kept to its task, whatever it read
    guard_call(name, args, policy, task=..., done=...)               the same, before a call is made

Each fails closed: an exception inside blocks, and the report says so. They need no workspace, and importing this costs nothing:
each is imported when it is first asked for. docs/guardrails.md wraps an agent with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .as_of import check_as_of
    from .charts import Change, ChartReference, ChartReport, ChartRules, Finding, Guarded, check_charts, guard_charts
    from .conduct import ConductRuling, check_conduct, check_disclosures
    from .injection import BehaviourReport, Flag, TaskPolicy, TextReport, check_behaviour, guard_call, scan, scan_text
    from .ledger import LedgerRuling, check_ledger
    from .numbers import NumberReport, check_numbers
    from .orders import Confirmations, Denied, Order, OrderRuling, Policy, consent, order_hash, validate_order
    from .pii import check_pii
    from .ruling import Breach, Ruling
    from .simulated import Run, check_simulation
    from .size import Limited, limit_response
    from .suitability import check_suitability

__getattr__, __dir__ = exports(
    __name__,
    {
        "as_of": ("check_as_of",),
        "charts": (
            "Change",
            "ChartReference",
            "ChartReport",
            "ChartRules",
            "Finding",
            "Guarded",
            "check_charts",
            "guard_charts",
        ),
        "conduct": (
            "ConductRuling",
            "check_conduct",
            "check_disclosures",
        ),
        "injection": (
            "BehaviourReport",
            "Flag",
            "TaskPolicy",
            "TextReport",
            "check_behaviour",
            "guard_call",
            "scan",
            "scan_text",
        ),
        "ledger": (
            "LedgerRuling",
            "check_ledger",
        ),
        "numbers": (
            "NumberReport",
            "check_numbers",
        ),
        "orders": (
            "Confirmations",
            "Denied",
            "Order",
            "OrderRuling",
            "Policy",
            "consent",
            "order_hash",
            "validate_order",
        ),
        "pii": ("check_pii",),
        "ruling": (
            "Breach",
            "Ruling",
        ),
        "simulated": (
            "Run",
            "check_simulation",
        ),
        "size": (
            "Limited",
            "limit_response",
        ),
        "suitability": ("check_suitability",),
    },
)

__all__ = [
    "BehaviourReport",
    "Breach",
    "Change",
    "ChartReference",
    "ChartReport",
    "ChartRules",
    "ConductRuling",
    "Confirmations",
    "Denied",
    "Finding",
    "Flag",
    "Guarded",
    "LedgerRuling",
    "Limited",
    "NumberReport",
    "Order",
    "OrderRuling",
    "Policy",
    "Ruling",
    "Run",
    "TaskPolicy",
    "TextReport",
    "check_as_of",
    "check_behaviour",
    "check_charts",
    "check_conduct",
    "check_disclosures",
    "check_ledger",
    "check_numbers",
    "check_pii",
    "check_simulation",
    "check_suitability",
    "consent",
    "guard_call",
    "guard_charts",
    "limit_response",
    "order_hash",
    "scan",
    "scan_text",
    "validate_order",
]
