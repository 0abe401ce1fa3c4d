"""Which fault strikes at which call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults import NOTHING, FaultPlan, Strike, here
from harness.model.fault import KINDS_OF, Fault
from harness.shape import MisfitsError, plain, read

pairs = [(seam, kind) for seam, kinds in KINDS_OF.items() for kind in kinds]


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    seam, kind = draw(st.sampled_from(pairs))
    when = draw(
        st.sampled_from([{}, {"calls": (1, 3)}, {"times": 2}, {"probability": 0.5}, {"probability": 0.3, "times": 1}])
    )
    return Fault(seam=seam, kind=kind, name=draw(st.sampled_from(["*", "get_*", "quote"])), **when)


calls = st.lists(
    st.tuples(st.sampled_from([*KINDS_OF]), st.sampled_from(["quote", "get_price", "submit"])), max_size=30
)


def played(plan: FaultPlan, made: list[tuple[str, str]]) -> list[Fault | None]:
    return [plan.next(seam, name) for seam, name in made]


@given(st.lists(faults(), max_size=6), st.integers(0, 2**32 - 1), calls)
def test_the_same_faults_seed_and_calls_give_the_same_strikes(
    specs: list[Fault], seed: int, made: list[tuple[str, str]]
) -> None:
    assert played(FaultPlan.of(specs, seed), made) == played(FaultPlan.of(specs, seed), made)


@given(st.lists(faults(), max_size=6), st.integers(0, 2**32 - 1), calls)
def test_calls_at_other_seams_change_nothing(specs: list[Fault], seed: int, made: list[tuple[str, str]]) -> None:
    mixed, alone = FaultPlan.of(specs, seed), FaultPlan.of(specs, seed)
    found = [fault for (seam, _), fault in zip(made, played(mixed, made), strict=True) if seam == "tool"]

    assert found == played(alone, [call for call in made if call[0] == "tool"])


@given(st.lists(faults(), max_size=6), st.integers(0, 99), calls)
def test_every_strike_is_told_and_counted(specs: list[Fault], seed: int, made: list[tuple[str, str]]) -> None:
    told: list[Strike] = []
    plan = FaultPlan.of(specs, seed, on_strike=told.append)

    found = [fault for fault in played(plan, made) if fault is not None]

    assert [strike.fault for strike in told] == found
    assert plan.struck() == tuple(sum(strike.place == place for strike in told) for place in range(len(specs)))


@given(faults())
def test_a_fault_survives_being_written_as_plain_data(fault: Fault) -> None:
    assert read(Fault, plain(fault)) == fault


def test_calls_are_counted_from_one_for_each_fault() -> None:
    plan = FaultPlan.of([{"seam": "tool", "kind": "error", "name": "quote", "calls": [2]}])

    assert [plan.next("tool", name) is not None for name in ("quote", "other", "quote", "quote")] == [
        False, False, True, False,
    ]  # fmt: skip


def test_without_a_when_every_call_is_struck() -> None:
    plan = FaultPlan.of([{"seam": "store", "kind": "down"}])

    assert all(plan.next("store", "jobs") for _ in range(5))


def test_times_ends_it() -> None:
    plan = FaultPlan.of([{"seam": "model", "kind": "rate_limit", "times": 2}])

    assert [bool(plan.next("model", "m")) for _ in range(4)] == [True, True, False, False]


def test_a_chance_is_kept_to_about_its_probability_and_changes_with_the_seed() -> None:
    spec = {"seam": "model", "kind": "reset", "probability": 0.2}

    hits = [played(FaultPlan.of([spec], seed), [("model", "m")] * 500) for seed in (1, 2)]

    assert hits[0] != hits[1]
    assert 70 < sum(map(bool, hits[0])) < 130


def test_only_kinds_that_can_be_applied_are_asked_for() -> None:
    plan = FaultPlan.of([{"seam": "tool", "kind": "stale"}, {"seam": "tool", "kind": "timeout"}])

    assert plan.next("tool", "quote", kinds=("timeout",)) == plan.faults[1]
    assert plan.missed() == (plan.faults[0],)


def test_an_optional_fault_need_not_strike() -> None:
    assert FaultPlan.of([{"seam": "model", "kind": "reset", "optional": True}]).missed() == ()


def test_outside_of_trials_nothing_goes_wrong() -> None:
    assert here() is NOTHING
    assert not here()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param({"seam": "queue", "kind": "rate_limit"}, "cannot happen at the seam 'queue'", id="other-seam"),
        pytest.param({"seam": "model", "kind": "reset", "days": 2}, "says nothing about 'reset'", id="other-argument"),
        pytest.param({"seam": "model", "kind": "429"}, "'429' is not one of rate_limit", id="unknown-kind"),
        pytest.param({"seam": "model", "kind": "reset", "calls": []}, "at least 1", id="no-calls"),
        pytest.param({"seam": "model", "kind": "reset", "calls": [0]}, "at least 1", id="call-zero"),
        pytest.param({"seam": "model", "kind": "reset", "calls": [1], "probability": 0.5}, "both", id="both"),
        pytest.param({"seam": "model", "kind": "reset", "probability": 2}, "at most 1", id="certain-twice"),
        pytest.param({"kind": "reset"}, "'seam' is missing", id="nowhere"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(data: dict[str, object], said: str) -> None:
    with pytest.raises(MisfitsError, match=said):
        read(Fault, data)
