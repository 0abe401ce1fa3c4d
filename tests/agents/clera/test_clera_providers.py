"""Clera's team runs unchanged on every provider: the same policy, served over the provider's own protocol."""

from pathlib import Path

import pytest

from harness.testing import ModelServer
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
POLICY = load_target(ROOT, "agents/clera/policies/clera.py:policy")


@pytest.mark.parametrize("provider", ["anthropic", "bedrock", "litellm"])
def test_all_four_answer_as_offline(provider, ask):
    """A conversation that needs the supervisor, the Analyst, Portfolio and the Trader, whom nobody gives a yes."""
    talk = ("Should I buy more QQQ?", "Buy $500 of VTI")
    with ModelServer(lambda request: POLICY(request, seed=1, noise=0.0)) as server:
        models = {"served": server.settings(provider)}
        trace = ask("clera", *talk, model="served", models=models, environ=dict(server.environ), portfolio="P01")
        providers = {request.provider for request in server.requests}
    offline = ask("clera", *talk, portfolio="P01")

    assert [turn.answer for turn in trace.turns] == [turn.answer for turn in offline.turns]
    assert trace.structured == offline.structured
    assert [step.name for step in trace.tools] == [step.name for step in offline.tools]
    assert providers == {provider}
