"""Parameters with which every kind of check can be made; tests change them."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "equals": {"value": "yes"},
    "contains": {"value": "yes"},
    "icontains": {"value": "yes"},
    "contains-any": {"value": ["yes"]},
    "contains-all": {"value": ["yes"]},
    "icontains-any": {"value": ["yes"]},
    "icontains-all": {"value": ["yes"]},
    "starts-with": {"value": "yes"},
    "regex": {"value": "yes"},
    "number": {"value": 5},
    "is-json": {},
    "diff": {"expected": {"a": 1}},
    "artifact": {"name": "ledger"},
    "trajectory:tool-used": {"name": "get_price"},
    "trajectory:tool-args-match": {"name": "get_price", "args": {"symbol": "VTI"}},
    "trajectory:tool-sequence": {"steps": ["get_price"]},
    "trajectory:step-count": {"min": 1},
    "trajectory:no-repeated-calls": {},
    "trajectory:error-free": {},
    "latency": {"max_ms": 1000},
    "ttft": {"max_ms": 1000},
    "cost": {"max_usd": 1},
    "tokens": {"max": 1000},
    "python": {"value": "mine.py:check"},
    "assert-set": {"assert": [{"type": "contains", "value": "yes"}]},
    "trajectory:efficiency": {"min": 0.5},
    "trajectory:plan": {},
    "finance:chart-spec": {},
    "finance:grounded-numbers": {},
    "finance:allocation": {},
    "llm-rubric": {"value": "The answer is polite."},
}
