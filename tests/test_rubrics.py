"""Reading rubrics."""

from textwrap import dedent

import pytest

from harness import rubrics
from harness.document import FileProblems
from harness.workspace import Workspace

WHOLE = """\
    id: advice_quality
    version: 3
    description: Is the advice sound?
    inputs: [question, answer, tool_facts]
    criteria:
      - id: risk_named
        ask: Does the answer name at least one material risk?
        type: binary
        evidence: required
        weight: 2
        applies_if: recommendation
      - {id: accurate, ask: Are the figures those of the tools?}
    scale:
      map: {5: ">=0.95", 4: ">=0.8", 1: "<0.4"}
      veto: {accurate: 1}
    panel: {judges: [a, b, c], rule: majority, min_votes: 2}
    abstain: {max_share: 0.2}
    calibration: {labels: labels/advice.jsonl, min_kappa: 0.6, min_n: 50}
    signals: {risk_named: [risk, volatile]}
"""


@pytest.fixture
def place(tmp_path):
    """Write rubrics and read them."""

    def load(**texts: str):
        for name, text in texts.items():
            (tmp_path / "judges/labels").mkdir(parents=True, exist_ok=True)
            (tmp_path / "judges/labels/advice.jsonl").touch()
            (tmp_path / f"judges/{name}.yaml").write_text(dedent(text))
        return rubrics.load(Workspace.at(tmp_path))

    return load


def test_a_rubric_has_everything_that_was_written(place) -> None:
    rubric = place(advice=WHOLE)["advice_quality"]

    assert (rubric.version, rubric.inputs) == (3, ("question", "answer", "tool_facts"))
    assert [(item.id, item.evidence, item.weight, item.applies_if) for item in rubric.criteria] == [
        ("risk_named", "required", 2, "recommendation"),
        ("accurate", "optional", 1.0, None),
    ]
    assert rubric.scale.map == {"5": ">=0.95", "4": ">=0.8", "1": "<0.4"}
    assert (rubric.panel.rule, rubric.panel.min_votes, rubric.abstain.max_share) == ("majority", 2, 0.2)
    assert str(rubric.where) == "judges/advice.yaml:1:1"


def test_no_folder_is_no_rubric(tmp_path) -> None:
    assert rubrics.load(Workspace.at(tmp_path)) == {}


def test_the_hash_is_of_what_decides(place) -> None:
    first = place(advice=WHOLE)["advice_quality"].hash

    assert place(advice=WHOLE.replace("Is the advice sound?", "Other words."))["advice_quality"].hash == first
    assert place(advice=WHOLE.replace("weight: 2", "weight: 3"))["advice_quality"].hash != first
    assert place(advice=WHOLE.replace("material", "real"))["advice_quality"].hash != first


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: advice_quality", "id: advice quality", "1:5: id: 'advice quality' is no id"),
        ("version: 3", "version: 0", "version: 0 must be at least 1"),
        ("type: binary", "type: scale", "'scale' is not one of binary"),
        ("weight: 2", "weight: 0", "weight: 0 must be greater than 0"),
        ("evidence: required", "evidense: required", "9:5: unknown key 'evidense'\n  fix: did you mean 'evidence'?"),
        ("id: accurate", "id: risk_named", "a second criterion 'risk_named'"),
        ('map: {5: ">=0.95", 4: ">=0.8", 1: "<0.4"}', "map: {}", "the scale has no grades"),
        ("veto: {accurate: 1}", "veto: {accurate: 7}", "7 is no grade"),
        ("applies_if: recommendation", "applies_if: recomendation", "'recomendation' is no condition"),
        ("applies_if: recommendation", "applies_if: tools and numbers or reference", "cannot be mixed"),
        ("id: accurate", "id: ''", "'' is no id"),
        ("ask: Are the figures those of the tools?", "ask: ' '", "12:25: ask: asks nothing"),
        ("veto: {accurate: 1}", "veto: {acurate: 1}", "15:10: there is no criterion 'acurate'"),
        ("5: \">=0.95\"", "6: \">=0.95\"", "'6' is no grade"),
        (">=0.8", "0.8", "14:25: 4: '0.8' is no bound"),
        ("min_votes: 2", "min_votes: 4", "4 votes of 3 judges"),
        ("judges: [a, b, c]", "judges: []", "judges: 0 given, must have at least 1 item(s)"),
        ("labels/advice.jsonl", "labels/none.jsonl", "18:23: "),
        ("labels/advice.jsonl", "../../x.jsonl", "leads out of the workspace"),
        ("signals: {risk_named", "signals: {risk_name", "there is no criterion 'risk_name'"),
        ("max_share: 0.2", "max_share: 1.2", "max_share: 1.2 must be at most 1"),
    ],
)  # fmt: skip
def test_names_what_is_wrong(place, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(FileProblems) as caught:
        place(advice=WHOLE.replace(old, new, 1))

    assert f"judges/advice.yaml:{said}" in str(caught.value) or said in str(caught.value)


def test_the_same_id_in_two_files_names_both(place) -> None:
    with pytest.raises(FileProblems, match=r"judges/b\.yaml:1:1: .*'advice_quality' is also in judges/a\.yaml:1:1"):
        place(a=WHOLE, b=WHOLE)


def test_all_mistakes_of_all_files_come_at_once(place) -> None:
    with pytest.raises(FileProblems) as caught:
        place(a="id: a\n", b="", c="[x]\n", d="id: d\nid: d\n")

    assert [str(mistake.where) for mistake in caught.value.mistakes] == [
        "judges/a.yaml:1:1",
        "judges/b.yaml:1:1",
        "judges/c.yaml:1:1",
        "judges/d.yaml:2:1",
    ]
