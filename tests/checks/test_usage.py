"""What the checks on time, tokens and money compare, and when they cannot."""

from __future__ import annotations

import pytest
from builders import a_check, a_model_call, a_subject, conclude

from harness.model import TurnTrace
from harness.registry import build
from harness.shape import MisfitsError

MODELS = [
    a_model_call(tokens=(100, 20), cost_usd=0.002, turn=0),
    a_model_call(tokens=(300, 80), cost_usd=0.003, turn=1),
]
TURNS = (TurnTrace("a", ttft_s=0.5, t0=0.0, t1=2.0), TurnTrace("b", ttft_s=None, t0=2.0, t1=9.0))


@pytest.mark.parametrize(
    ("kind", "params", "turn", "passed"),
    [
        pytest.param("latency", {"threshold": 9000}, None, True, id="latency-at-the-limit"),
        pytest.param("latency", {"max_ms": 8999}, None, False, id="latency-over"),
        pytest.param("latency", {"max_ms": 2000}, 0, True, id="latency-of-a-turn"),
        pytest.param("latency", {"max_ms": 2000}, 1, False, id="latency-of-another-turn"),
        pytest.param("ttft", {"max_ms": 500}, None, True, id="ttft"),
        pytest.param("ttft", {"max_ms": 499}, 0, False, id="ttft-over"),
        pytest.param("ttft", {"max_ms": 500}, 1, None, id="ttft-of-a-turn-without-streaming"),
        pytest.param("cost", {"threshold": 0.005}, None, True, id="cost"),
        pytest.param("cost", {"max_usd": 0.004}, None, False, id="cost-over"),
        pytest.param("cost", {"max_usd": 0.002}, 0, True, id="cost-of-a-turn"),
        pytest.param("tokens", {"max": 500}, None, True, id="tokens"),
        pytest.param("tokens", {"max": 499}, None, False, id="tokens-over"),
        pytest.param("tokens", {"max": 379}, 1, False, id="tokens-of-a-turn"),
    ],
)
def test_use(kind, params, turn, passed):
    subject = a_subject(steps=MODELS, turns=TURNS, duration_s=9.0, ttft_s=0.5, turn=turn)

    finding = conclude(a_check(kind, **params), subject)

    assert finding.passed is passed
    assert finding.reason


@pytest.mark.parametrize(
    ("kind", "params", "steps"),
    [
        pytest.param("cost", {"max_usd": 1}, [a_model_call(cost_usd=None)], id="unknown-price"),
        pytest.param("cost", {"max_usd": 1}, [a_model_call(), a_model_call(cost_usd=None)], id="one-unknown-price"),
        pytest.param("cost", {"max_usd": 1}, [], id="no-model-call-reported"),
        pytest.param("tokens", {"max": 1000}, [a_model_call(tokens=None)], id="unknown-tokens"),
        pytest.param("tokens", {"max": 1000}, [], id="no-tokens-reported"),
        pytest.param("ttft", {"max_ms": 1000}, [], id="nothing-streamed"),
    ],
)
def test_what_is_unknown_is_undecided_never_zero(kind, params, steps):
    assert conclude(a_check(kind, **params), a_subject("hi", steps=steps)).passed is None


def test_what_the_offline_model_used_is_labelled():
    finding = conclude(
        a_check("cost", max_usd=1), a_subject(steps=[a_model_call(args={"offline": True}, cost_usd=0.0)])
    )

    assert finding.labels == {"model": "offline"}


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("latency", {}),
        ("latency", {"threshold": 1, "max_ms": 1}),
        ("latency", {"max_ms": 0}),
        ("ttft", {}),
        ("cost", {"max_usd": -1}),
        ("cost", {"max_usd": "1"}),
        ("tokens", {"max": 0}),
        ("tokens", {"max": 1.5}),
    ],
)
def test_limits_that_can_never_work_are_refused(kind, params):
    with pytest.raises(MisfitsError):
        build(a_check(kind, **params))
