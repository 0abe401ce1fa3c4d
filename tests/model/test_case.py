from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Case, CheckSpec, PlanStep, Reference, Where, canonical, fingerprint, seed_of
from harness.shape import plain, read

CASE = Case(
    id="TG-01",
    suite="alex/tagger",
    agent="tagger",
    input="VTI",
    checks=(CheckSpec(type="equals", params={"value": 1}),),
)


def test_the_fingerprint_ignores_places_and_repeats() -> None:
    moved = replace(CASE, where=Where(file="x.yaml", line=9), repeat=7, suite="other")

    assert moved.fingerprint == CASE.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"input": "BND"},
        {"checks": (CheckSpec(type="equals", params={"value": 2}),)},
        {"world": {"portfolio": "P01"}},
        {"reference": Reference(steps=(PlanStep(name="x"),))},
        {"agent": "other"},
        {"must_pass": True},
    ],
)
def test_the_fingerprint_changes_with_all_that_decides_the_result(change: dict[str, object]) -> None:
    assert replace(CASE, **change).fingerprint != CASE.fingerprint  # type: ignore[arg-type]


def test_a_case_survives_plain_data() -> None:
    assert read(Case, plain(CASE)) == CASE


def test_a_trials_seed_depends_on_its_identity_alone() -> None:
    seeds = {seed_of(0, CASE, "tagger", index) for index in range(50)}

    assert len(seeds) == 50
    assert seed_of(0, CASE, "tagger", 3) == seed_of(0, replace(CASE, description="reworded"), "tagger", 3)
    assert all(0 <= seed < 2**32 for seed in seeds)


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4) | st.booleans(), max_size=6))
def test_the_canonical_form_does_not_depend_on_order(data: dict[str, object]) -> None:
    assert canonical(data) == canonical(dict(reversed(list(data.items()))))
    assert fingerprint(data) == fingerprint(dict(sorted(data.items())))


def test_not_a_number_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


def test_a_negated_check_shows_its_prefix() -> None:
    assert CheckSpec(type="contains", negate=True).name == "not-contains"
