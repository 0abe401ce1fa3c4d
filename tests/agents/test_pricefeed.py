"""The quota of the price feed: so many in any minute, wherever the minute begins."""

import pytest

from harness.errors import UserError


def test_a_sixth_price_within_a_minute_has_to_wait(world):
    one = world(portfolio="P01", price_quota=5)
    waits = []
    for _ in range(6):
        waits.append(one.prices.wait_s())
        one.clock.advance(10)

    assert waits == [0, 0, 0, 0, 0, 10]
    assert one.prices.wait_s() == 0


def test_the_minute_moves_with_the_clock(world):
    one = world(portfolio="P01", price_quota=2)
    one.clock.advance(59)
    assert (one.prices.wait_s(), one.prices.wait_s()) == (0, 0)
    one.clock.advance(2)  # another minute of the wall clock, but not a minute later

    assert one.prices.wait_s() == 58


def test_without_a_quota_nobody_waits(world):
    one = world(portfolio="P01")

    assert [one.prices.wait_s() for _ in range(50)] == [0] * 50


def test_a_quota_of_none_is_never_free(world):
    assert world(portfolio="P01", price_quota=0).prices.wait_s() == 60


def test_the_planner_says_which_prices_it_could_not_look_up(ask_planner):
    found, call = ask_planner(price_quota=2)

    assert (call.result["over_quota"], call.result["retry_after_s"]) == (["VEA", "GLD"], 60)
    assert call.result["missing"] == []
    assert sum("quota" in warning for warning in found["warnings"]) == 2


def test_an_agent_that_breaks_is_one_that_failed(ask_planner, going_wrong):
    going_wrong({"seam": "store", "kind": "down", "calls": [2]})
    found, _ = ask_planner()

    assert found["status"] == "partial"
    assert "the job store does not answer" in " ".join(found["warnings"])


def test_an_unknown_service_is_named(world):
    with pytest.raises(UserError, match="did you mean 'store'"):
        world(portfolio="P01", down_after={"stor": 1})


@pytest.fixture
def ask_planner(load, world, context):
    """Run the Planner over stale prices: its answer and its price call."""
    import asyncio

    from harness.adapters import Request
    from harness.model import Event, fold
    from harness.testing import QueuedModel

    team = load("agents/alex/policies/team.py:policy")

    def run(**spec):
        made = context(
            QueuedModel(lambda request: team(request, seed=1, noise=0.0)), world=world(portfolio="P17", **spec)
        )
        reply = asyncio.run(load("agents/alex/planner.py:planner")(Request("Analyse.", seed=1), made))
        trace = fold(Event(*event) for event in made.recorder.wire)
        return reply.structured, next(call for call in trace.tools if call.name == "refresh_prices")

    return run
