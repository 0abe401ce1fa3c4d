import math
import random

import pytest
from gateway_kit import OFFLINE, limits, plan

from harness.gateway.counters import Counters
from harness.gateway.directory import Target, target_of
from harness.gateway.refusal import Refusal
from harness.limits.values import Ask, Used
from harness.workspace import ModelSettings

MODEL = target_of(OFFLINE)
OTHER = target_of(ModelSettings(provider="offline", id="other", name="other"))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(model: Target = MODEL, *, given: int = 10, most: int = 10) -> Ask:
    return Ask(model.name, given, most)


def refused(counters: Counters, *, target: Target = MODEL, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        counters.admit(plan(**more), target, ask(target))
    return caught.value


def test_the_request_after_the_last_is_told_when_to_come() -> None:
    clock = Clock()
    counters = Counters(clock=clock)
    for _ in range(2):
        leave = counters.admit(plan(limits=limits(rpm=2)), MODEL, ask())
        leave.sent()
        leave.arrived()
        leave.settle(Used("ok", 5, 5, 0))
        clock.now += 10

    refusal = refused(counters, limits=limits(rpm=2))

    assert refusal.kind == "rate_limit"
    assert math.isclose(refusal.retry_after_s or 0, 40.0)
    assert refusal.headers() == {"retry-after": "40"}
    clock.now += 40.0
    counters.admit(plan(limits=limits(rpm=2)), MODEL, ask())


def test_what_was_not_needed_is_given_back() -> None:
    counters = Counters(clock=Clock())
    entity = plan(limits=limits(input_tpm=100))
    leave = counters.admit(entity, MODEL, ask(given=90))
    with pytest.raises(Refusal, match="input tokens"):
        counters.admit(entity, MODEL, ask(given=20))

    leave.settle(Used("ok", 30, 5, 0))

    counters.admit(entity, MODEL, ask(given=70))


def test_what_nobody_knows_counts_as_it_was_asked_for() -> None:
    counters = Counters(clock=Clock())
    entity = plan(limits=limits(output_tpm=100))
    counters.admit(entity, MODEL, ask(most=60)).settle(Used("lost"))

    with pytest.raises(Refusal, match="output tokens"):
        counters.admit(entity, MODEL, ask(most=50))


def test_a_reply_larger_than_the_limit_is_refused_for_good() -> None:
    with pytest.raises(Refusal) as caught:
        Counters(clock=Clock()).admit(plan(limits=limits(output_tpm=100)), MODEL, ask(most=101))

    assert (caught.value.kind, caught.value.final) == ("bad_request", True)
    assert "max_tokens" in caught.value.message


def test_a_request_that_may_be_too_large_goes_alone() -> None:
    counters = Counters(clock=Clock())
    entity = plan(limits=limits(input_tpm=100))
    leave = counters.admit(entity, MODEL, ask(given=5000))

    with pytest.raises(Refusal):
        counters.admit(entity, MODEL, ask(given=1))
    leave.settle(Used("ok", 60, 1, 0))
    counters.admit(entity, MODEL, ask(given=40))


def test_models_and_entities_have_windows_of_their_own() -> None:
    counters = Counters(clock=Clock())
    tight = {"limits": limits(rpm=1)}
    counters.admit(plan(**tight), MODEL, ask())

    assert "1 requests" in refused(counters, **tight).message
    counters.admit(plan(**tight), OTHER, ask(OTHER))
    counters.admit(plan(entity="another", **tight), MODEL, ask())
    assert "1 requests" in refused(counters, target=OTHER, **tight).message


def test_a_model_may_have_limits_of_its_own_and_all_together_others() -> None:
    counters = Counters(clock=Clock())
    own = {"limits": limits(rpm=5), "model_limits": {"other": limits(rpm=1)}, "total": limits(rpm=3)}
    counters.admit(plan(**own), OTHER, ask(OTHER))
    assert "1 requests of other" in refused(counters, target=OTHER, **own).message
    for _ in range(2):
        counters.admit(plan(**own), MODEL, ask())

    assert "3 requests" in refused(counters, **own).message


@pytest.mark.parametrize("seed", range(6))
def test_no_window_ever_sees_more_than_its_limits(seed: int) -> None:
    """Requests at random moments, a burst at the turn of a minute among them; whatever 60 seconds one looks at."""
    chance, clock = random.Random(seed), Clock()
    counters = Counters(clock=clock)
    entity = plan(limits=limits(rpm=10, input_tpm=500, output_tpm=300))
    passed: list[tuple[float, int, int]] = []
    told: list[float] = []
    for step in range(900):
        clock.now += chance.choice([0.0, 0.01, 0.4, 2.0]) if step % 100 else 60 - clock.now % 60
        most, given = chance.randint(1, 120), chance.randint(1, 120)
        try:
            leave = counters.admit(entity, MODEL, ask(given=given, most=most))
        except Refusal as refusal:
            told.append(refusal.retry_after_s or 0.0)
            continue
        leave.sent()
        arrived = clock.now
        used = (chance.randint(1, given), chance.randint(1, most))
        leave.arrived()
        leave.settle(Used("ok", *used, 0))
        passed.append((arrived, *used))

    for start, _, _ in passed:
        window = [one for one in passed if start <= one[0] < start + 60]
        assert len(window) <= 10
        assert sum(one[1] for one in window) <= 500
        assert sum(one[2] for one in window) <= 300
    assert len(passed) > 60
    assert all(0 < seconds <= 62 for seconds in told)
