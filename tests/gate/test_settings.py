from __future__ import annotations

import pytest

from harness.errors import Problems
from harness.gate import Limits, read_limits, read_quarantine
from harness.gate.arms import Arm, read_arms


def test_a_missing_file_means_the_usual_settings(tmp_path):
    assert read_limits(tmp_path / "gate.yaml") == Limits()
    assert read_quarantine(tmp_path / "quarantine.yaml") == ()


def test_settings_are_read_with_those_of_each_metric(tmp_path):
    path = tmp_path / "gate.yaml"
    path.write_text("margin: 0.1\non_inconclusive: escalate\nmetrics:\n  pass_rate: {}\n  cost: {margin: 0.3}\n")

    found = read_limits(path)

    assert (found.margin_of("pass_rate"), found.margin_of("cost"), found.min_effect_of("cost")) == (0.1, 0.3, 0.05)
    assert sum(found.shares()) == pytest.approx(1.0)
    assert sum(Limits().shares()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "text",
    ["alpha: 2", "margins: 0.1", "metrics: {speed: {}}", "confirm: 1", "- a", "alpha: .nan", "on_inconclusive: no"],
)
def test_settings_that_do_not_fit_say_where(tmp_path, text):
    path = tmp_path / "gate.yaml"
    path.write_text(text)

    with pytest.raises(Problems, match=r"gate\.yaml:1"):
        read_limits(path)


GOOD = 'case: A, suite: s, owner: ann, expires: "2026-12-31", reason: flaky'


def test_a_quarantine_names_owner_and_end(tmp_path):
    path = tmp_path / "quarantine.yaml"
    path.write_text(f"- {{{GOOD}}}\n")

    (item,) = read_quarantine(path)

    assert (item.case, item.owner, item.expires) == ("A", "ann", "2026-12-31")


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("2026-12-31", "someday"),
        GOOD.replace("owner: ann, ", ""),
        GOOD.replace("ann", '""'),
        GOOD + ", x: 1",
    ],
)
def test_a_quarantine_without_owner_or_end_is_refused(tmp_path, text):
    path = tmp_path / "quarantine.yaml"
    path.write_text(f"- {{{text}}}\n")

    with pytest.raises(Problems, match=r"quarantine\.yaml:1"):
        read_quarantine(path)


def test_arms_are_read_from_a_list(tmp_path):
    path = tmp_path / "arms.yaml"
    path.write_text("- {name: old, agent: adviser}\n- {name: new, agent: adviser@claude}\n")

    assert read_arms(path) == (Arm(name="old", agent="adviser"), Arm(name="new", agent="adviser@claude"))
