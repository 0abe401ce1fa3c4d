"""The ladder from a model's charts to charts that may be shown."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest

from harness.guardrails import ChartReference, ChartRules, check_charts, guard_charts
from harness.guardrails.charts import guard as module

CLASSES = {"Equities": 60000.0, "Bonds": 25000.5, "Cash": 14999.5}
ACCOUNTS = {"401(k)": 70000.0, "Taxable": 30000.0}
REFERENCE = ChartReference(total=100_000, asset_classes=("equity", "bonds", "cash"), accounts=("401(k)", "Taxable"))
RULES = ChartRules(count=(1, 6))
BREAKDOWNS = {"By asset class": CLASSES, "By account": ACCOUNTS}


def chart(key, title, amounts, kind="pie"):
    points = [{"name": name, "value": value} for name, value in amounts.items()]
    return {"key": key, "title": title, "type": kind, "description": "Shares", "data": points}


GOOD = {"charts": [chart("classes", "By asset class", CLASSES), chart("accounts", "By account", ACCOUNTS)]}


def wrong():
    data = copy.deepcopy(GOOD)
    data["charts"][0]["data"][0]["value"] = 6000.0
    return data


@pytest.mark.parametrize(
    ("payload", "source", "shown"),
    [
        pytest.param(GOOD, "model", 2, id="right"),
        pytest.param(json.dumps(GOOD), "model", 2, id="right-as-text"),
        pytest.param(f"```json\n{json.dumps(GOOD)}\n```", "repaired", 2, id="fence"),
        pytest.param(json.dumps(GOOD)[:-2], "repaired", 2, id="cut"),
        pytest.param(wrong(), "trimmed", 1, id="one-wrong"),
        pytest.param("I could not.", "fallback", 2, id="no-charts"),
        pytest.param({"charts": [wrong()["charts"][0]]}, "fallback", 2, id="all-wrong"),
        pytest.param(None, "fallback", 2, id="nothing"),
    ],
)
def test_each_rung(payload, source, shown):
    guarded = guard_charts(payload, reference=REFERENCE, rules=RULES, breakdowns=BREAKDOWNS)

    assert (guarded.source, len(guarded.charts)) == (source, shown)
    assert guarded.report.ok
    assert check_charts(guarded.payload(), reference=REFERENCE, rules=RULES).ok


def test_without_the_portfolio_an_honest_error_is_left():
    guarded = guard_charts("nothing", reference=REFERENCE)

    assert guarded.source == "error"
    assert guarded.payload() == {"charts": [], "error": guarded.error}
    assert guarded.steps


def test_a_crash_inside_blocks_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "_climb", lambda *_: 1 / 0)

    guarded = guard_charts(GOOD)

    assert guarded.source == "error"
    assert "ZeroDivisionError" in guarded.error


def test_many_small_parts_become_other_and_nothing_is_lost():
    holdings = {f"H{n}": 100.0 + n for n in range(30)}

    (made,) = guard_charts(None, breakdowns={"Holdings": holdings}).charts

    assert len(made["data"]) == 8
    assert made["data"][-1]["name"] == "Other"
    assert sum(point["value"] for point in made["data"]) == pytest.approx(sum(holdings.values()))


def test_importing_the_guardrails_imports_nothing_heavy():
    heavy = "{'pydantic', 'numpy', 'pandas', 'yaml', 'rich', 'regex', 'harness.grounding'} & set(sys.modules)"
    code = f"import sys, harness.guardrails; print(sorted({heavy}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
