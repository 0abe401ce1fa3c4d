"""The shipped cases of Clera's team: it passes all of them, however it words things; who does nothing passes none."""

from collections import Counter

import pytest

from harness.workspace import ModelSettings

IDLE = {
    "nothing": "",
    "sorry": "I am sorry, I cannot help with that.",
    "done": "Done. Your order was placed.",
    "question": "Could you tell me more about what you would like?",
}
PROMISED = [
    *(f"SV-{n:02}" for n in range(1, 17)), *(f"PQ-{n:02}" for n in range(1, 11)), *(f"AN-{n:02}" for n in range(1, 9)),
    *(f"TX-{n:02}" for n in range(1, 19)), *(f"MT-{n:02}" for n in range(1, 9)), *(f"PS-{n:02}" for n in range(1, 5)),
    *(f"FB-{n:02}" for n in range(1, 8)),
]  # fmt: skip


def test_every_promised_case_is_there(cases):
    assert set(PROMISED) <= {name.partition("[")[0] for name in cases}


def test_there_are_66_routing_queries_and_22_phrases(cases):
    counts = Counter(name.partition("[")[0] for name in cases)

    routed = sum(count for name, count in counts.items() if name.startswith("SV-"))
    assert routed >= 66
    assert counts["TX-03"] + counts["TX-03-yes"] + counts["TX-03-no"] == 22


@pytest.mark.parametrize(("noise", "step"), [(0.0, 1), (1.0, 3)])
def test_the_team_passes_every_case(cases, play, noise, step):
    for number, case in enumerate([*cases.values()][::step]):
        result, trace = play(case, noise=noise, seed=number)
        problems = [verdict.reason for verdict in result.verdicts if verdict.passed is False]
        assert (case.id, problems, trace.answer if problems else "") == (case.id, [], "")


@pytest.mark.parametrize("reply", IDLE.values(), ids=IDLE)
def test_who_does_nothing_passes_no_case(cases, idle, reply):
    assert [case.id for case in cases.values() if idle(case, reply).status != "failed"] == []


def test_a_flaky_model_never_breaks_the_agent_and_never_trades_unasked(case_named, play):
    case = case_named("TX-02")
    results = [
        play(case, seed=seed, model=ModelSettings(provider="offline", id="offline", flake=0.2)) for seed in range(12)
    ]

    assert {result.status for result, _ in results} == {"passed", "failed"}
    assert all(trace.answer.strip() for _, trace in results)
    assert not any(order["status"] == "filled" for _, trace in results for order in trace.artifacts["orders"])
