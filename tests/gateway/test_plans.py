from pathlib import Path

import pytest

from harness.errors import HarnessError, Problems
from harness.gateway import load_plans
from harness.gateway.keys import digest

KEY = digest("fgw-x")
GOOD = f"""
budgets:
  research: {{usd: 50, tokens: 2000000, period: month}}
plans:
  - entity: desk
    type: department
    tenant: acme
    models: ["claude-*", offline]
    keys: ["{KEY}"]
    budget: research
    limits: {{rpm: 10, input_tpm: 5000, output_tpm: null}}
    model_limits: {{offline: {{rpm: 2}}}}
    total: {{rpm: 20}}
  - {{entity: closed, active: false}}
"""


def loaded(tmp_path: Path, text: str, name: str = "plans.yaml", **environ: str):
    file = tmp_path / name
    file.write_text(text)
    return load_plans(file, environ)


def complaints(tmp_path: Path, text: str, name: str = "plans.yaml") -> str:
    with pytest.raises(HarnessError) as caught:
        loaded(tmp_path, text, name)
    return str(caught.value)


def test_a_plan_file_says_everything_about_an_entity(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)

    desk, closed = found.plans
    assert (desk.entity, desk.type, desk.tenant, desk.budget) == ("desk", "department", "acme", "research")
    assert desk.allows("claude-sonnet-5")
    assert not desk.allows("gpt-4.1")
    assert (desk.limits_of("claude-x").rpm, desk.limits_of("offline").rpm, desk.limits.output_tpm) == (10, 2, None)
    assert (closed.active, closed.tenant, closed.models) == (False, "SYSTEM", ())
    assert found.budgets["research"].usd == 50


def test_what_is_not_written_has_the_defaults(tmp_path: Path) -> None:
    found = loaded(tmp_path, f'plans: [{{entity: desk, models: ["*"], keys: ["{KEY}"], limits: {{rpm: 5}}}}]')

    assert (found.plans[0].limits.rpm, found.plans[0].limits.input_tpm, found.plans[0].limits.output_tpm) == (
        5,
        40_000,
        10_000,
    )


def test_toml_says_the_same(tmp_path: Path) -> None:
    text = f'[[plans]]\nentity = "desk"\nmodels = ["*"]\nkeys = ["{KEY}"]\nlimits = {{rpm = 3}}\n'

    assert loaded(tmp_path, text, "plans.toml").plans[0].limits.rpm == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("limits: {rpm: -1}", "-1", id="negative"),
        pytest.param("limits: {input_tpm: 0}", "0", id="zero"),
        pytest.param("limits: {rpm: 1.5}", "whole number", id="fraction"),
        pytest.param('limits: {rpm: "60"}', "whole number", id="text"),
        pytest.param("limits:", "the limits are missing", id="missing"),
        pytest.param("model_limits: {offline: }", "the limits are missing", id="missing-for-a-model"),
        pytest.param("limits: {rmp: 60}", "did you mean 'rpm'", id="misspelt"),
        pytest.param(
            "total: {rpm: 5}\n    limits: {rpm: 50}", "more than all models together", id="more-than-the-total"
        ),
        pytest.param("model_limits: {gpt-5: {rpm: 2}}", "may not be asked", id="limits-of-a-forbidden-model"),
        pytest.param("budget: research", "there is no budget 'research'", id="unknown-budget"),
        pytest.param("key_env: [NOT_SET_ANYWHERE]", "NOT_SET_ANYWHERE is not set", id="no-such-variable"),
        pytest.param("type: robot", "'robot' is not one of", id="unknown-type"),
        pytest.param("active: maybe", "true or false", id="no-truth-value"),
    ],
)
def test_a_mistake_is_said_with_its_line(line: str, said: str, tmp_path: Path) -> None:
    text = f'plans:\n  - entity: desk\n    models: [offline]\n    keys: ["{KEY}"]\n    {line}\n'

    told = complaints(tmp_path, text)

    assert said in told
    assert "plans.yaml:" in told
    assert "fix:" in told


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = """
budgets: {empty: {}}
plans:
  - {entity: a, models: ["*"], keys: ["plain-text-key"], budget: nope}
  - {entity: a, models: [], key_env: []}
  - {entity: b, models: ["*"]}
  - {entity: c, models: ["*"], limits: {rpm: -5}}
"""
    with pytest.raises(Problems) as caught:
        loaded(tmp_path, text)

    told = str(caught.value)
    assert len(caught.value.errors) == 8
    for said in (
        "is no SHA-256",
        "no budget 'nope'",
        "has a plan already",
        "may ask no model",
        "limits nothing",
        "-5 must be",
    ):
        assert said in told
    assert told.count("has no key") == 2
    assert "plain-text-key" not in told


def test_a_key_belongs_to_one_entity(tmp_path: Path) -> None:
    text = "plans:\n" + "".join(f'  - {{entity: {name}, models: ["*"], keys: ["{KEY}"]}}\n' for name in "ab")

    assert "is a key of 'a', too" in complaints(tmp_path, text)


@pytest.mark.parametrize("text", ["", "[]", "plans: []", "plans: 5", "- a", "[" * 30_000, "{{{"])
def test_what_is_no_plan_file_is_said_to_be_none(text: str, tmp_path: Path) -> None:
    assert "plans.yaml" in complaints(tmp_path, text)


def test_bad_toml_is_said_with_its_place(tmp_path: Path) -> None:
    assert "is not valid TOML" in complaints(tmp_path, "[[plans", "plans.toml")
    assert "plans.toml: plans[0].limits.rpm" in complaints(
        tmp_path, '[[plans]]\nentity = "a"\nlimits = {rpm = -3}\n', "plans.toml"
    )


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"cannot be read"):
        load_plans(tmp_path / "none.yaml", {})
