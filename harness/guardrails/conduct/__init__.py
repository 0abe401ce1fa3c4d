"""The conduct guardrail: no promises, no guarantees, no denial of risk, no pressure.

check_conduct(text, jurisdictions=("US",), rules=None) -> ConductRuling
read_rules(data) -> tuple[Rule, ...]        rules of one's own; `rules.json` beside this module has the shape
shipped() -> tuple[Rule, ...]               the rules that are shipped
"""

from __future__ import annotations

from .check import ConductRuling, check_conduct
from .disclosures import Disclosure, check_disclosures, disclosures, read_disclosures
from .rules import JURISDICTIONS, Rule, read_rules, shipped

__all__ = [
    "JURISDICTIONS",
    "ConductRuling",
    "Disclosure",
    "Rule",
    "check_conduct",
    "check_disclosures",
    "disclosures",
    "read_disclosures",
    "read_rules",
    "shipped",
]
