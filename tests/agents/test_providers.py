"""The agents run unchanged on every provider: the same policy, served over the provider's own protocol."""

from pathlib import Path

import pytest

from harness.testing import ModelServer
from harness.workspace import load_target

ROOT = Path(__file__).parents[2]
PROVIDERS = ["anthropic", "bedrock", "litellm"]
BATCH = {
    "instruments": [
        {"symbol": "VTI", "name": "Vanguard Total Stock Market ETF"},
        {"symbol": "QZVX", "name": "Quillmark Harbor Trust"},
    ]
}


@pytest.fixture
def over_the_wire(ask):
    """Run an agent whose model is its own offline policy behind a provider's protocol."""

    def run(provider, name, given, **world):
        policy = load_target(ROOT, f"agents/alex/policies/{name}.py:policy")
        with ModelServer(lambda request: policy(request, seed=1, noise=0.0)) as server:
            models = {"served": server.settings(provider)}
            trace = ask(name, given, model="served", models=models, environ=dict(server.environ), **world)
            return trace, server.requests

    return run


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_tagger_answers_as_offline(provider, ask, over_the_wire):
    trace, requests = over_the_wire(provider, "tagger", BATCH)

    assert trace.structured == ask("tagger", BATCH).structured
    assert [request.provider for request in requests] == [provider] * 2
    assert requests[0].request.output_schema is not None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_charter_answers_as_offline(provider, ask, over_the_wire):
    trace, requests = over_the_wire(provider, "charter", "Chart it.", portfolio="P01")

    assert trace.structured == ask("charter", "Chart it.", portfolio="P01").structured
    assert len(requests) == 2
    assert len(trace.tools) == 6


@pytest.fixture
def policy_of():
    """What an agent's own settings name as its policy."""
    return {"reporter": "reporter", "retirement": "retirement", "planner": "team"}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("name", "requests_made", "tools"), [("reporter", 3, 5), ("planner", 11, 4)])
def test_reports_and_plans_come_out_as_offline(provider, name, requests_made, tools, ask, policy_of):
    policy = load_target(ROOT, f"agents/alex/policies/{policy_of[name]}.py:policy")
    with ModelServer(lambda request: policy(request, seed=1, noise=0.0)) as server:
        models = {"served": server.settings(provider)}
        trace = ask(name, "Go.", portfolio="P01", model="served", models=models, environ=dict(server.environ))

        assert trace.structured == ask(name, "Go.", portfolio="P01").structured
        assert len(server.requests) == requests_made
        assert len([call for call in trace.tools if call.agent == name]) == tools


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_projection_comes_out_as_offline(provider, ask, over_the_wire):
    trace, _ = over_the_wire(provider, "retirement", "Go.", portfolio="P10")

    assert trace.structured == ask("retirement", "Go.", portfolio="P10").structured
