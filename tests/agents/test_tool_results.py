"""Whatever a tool of a reference agent returns says when it holds, where it comes from and in which currency."""

import pytest

RUNS = [
    ("planner", "Analyse my portfolio.", {"portfolio": "P06"}),
    ("planner_guide", "Analyse my portfolio.", {"portfolio": "P01"}),
    ("reporter", "Report.", {"portfolio": "P02"}),
    ("charter", "Chart.", {"portfolio": "P02"}),
    ("retirement", "Will it last?", {"portfolio": "P01"}),
    ("clera", "Should I buy AAPL?", {"portfolio": "P01"}),
    ("clera", "My goal is a boat", {"portfolio": "P01"}),
    ("portfolio", "How should I rebalance?", {"portfolio": "P01"}),
    ("portfolio", "What did I do lately?", {"portfolio": "P01"}),
    ("analyst", "How did AAPL perform over the past year?", {"portfolio": "P01"}),
    ("trader", "Buy $500 of VTI", {"portfolio": "P01"}),
]


@pytest.mark.parametrize(("agent", "message", "world"), RUNS, ids=[f"{run[0]}-{n}" for n, run in enumerate(RUNS)])
def test_results_have_a_day_a_source_and_a_currency(ask, agent, message, world):
    results = [call.result for call in ask(agent, message, **world).tools if call.status == "ok"]

    assert results
    for result in results:
        assert result["as_of"].startswith("2026-")
        assert result["source"]
        assert result["currency"] == "USD"
