"""What registering a mutant accepts, refuses and finds again."""

from __future__ import annotations

import pytest
from mutation_arena import ARENA

from harness.errors import AgentError, Problems, UserError
from harness.mutation import benign, edit_json, edit_text, mutant
from harness.mutation.catalog import forget, of_module
from harness.mutation.files import files, load_mutant, reference, registered
from harness.workspace import Workspace

CONFIG = '[agents.mine]\ntarget = "mine.py:mine"\n'
GOOD = """
from harness.mutation import mutant

@mutant("M-1", agent="mine", seam="T", severity=2, expects=["contains"])
def wrong(reply):
    '''It is wrong.'''
"""


@pytest.fixture(autouse=True)
def nothing_registered():
    forget(__name__)
    yield
    forget(__name__)


def workspace_with(root, **contents):
    (root / "harness.toml").write_text(CONFIG, encoding="utf-8")
    (root / "agents" / "mutants").mkdir(parents=True)
    for name, text in contents.items():
        (root / "agents" / "mutants" / f"{name}.py").write_text(text, encoding="utf-8")
    return Workspace.find(root)


def defect(reply):
    return reply


GIVEN = {"agent": "mine", "seam": "T", "severity": 1, "expects": ["contains"]}


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        pytest.param({"seam": "X"}, "no seam 'X'", "T (model turn)", id="seam"),
        pytest.param({"severity": 4}, "no severity 4", "1, 2 or 3", id="severity"),
        pytest.param({"origin": "Q"}, "no origin 'Q'", "D, S", id="origin"),
        pytest.param({"expects": []}, "names no check", "expects=", id="no-expectation"),
        pytest.param({"on": "replay"}, "no place 'replay'", "did you mean 'reply'?", id="place"),
        pytest.param({"on": "code"}, "do not fit", 'replaces="agents/x.py:name"', id="code-without-target"),
        pytest.param(
            {"on": "reply", "replaces": "a.py:b"}, "do not fit", "leave `replaces` out", id="target-without-code"
        ),
        pytest.param({"cases_": []}, "no argument 'cases_'", "did you mean 'cases'?", id="argument"),
        pytest.param({"id": "has space"}, "'has space' is no id", "letters, digits", id="id"),
    ],
)
def test_registering_refuses_what_makes_no_sense_with_the_line(changes, problem, remedy):
    given = {"id": "M-1", **GIVEN, **changes}
    name = given.pop("id")

    with pytest.raises(AgentError) as caught:
        mutant(name, **given)(defect)

    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert "test_catalog.py:" in caught.value.where


def test_place_that_cannot_wait_refuses_an_asynchronous_function():
    async def later(answer):
        return answer

    with pytest.raises(AgentError, match="cannot be awaited"):
        mutant("M-1", **GIVEN, on="answer")(later)


def test_function_that_takes_nothing_is_refused():
    with pytest.raises(AgentError, match="takes nothing"):
        mutant("M-1", **GIVEN)(lambda: None)


def test_same_id_twice_is_refused_with_the_first_place():
    mutant("M-1", **GIVEN)(defect)

    with pytest.raises(AgentError, match="is taken by .*test_catalog.py"):
        mutant("M-1", **GIVEN)(defect)


def test_registered_mutant_knows_its_words_variant_and_defaults():
    made = mutant("M-1", **GIVEN, model="claude")(defect)
    calm = benign("B-1", agent="mine", seam="R")(defect)

    assert (made.description, made.variant, made.seeds, made.plants[0].place) == (
        "defect",
        "mine@claude+M-1",
        1,
        "reply",
    )
    assert (calm.is_benign, calm.seeds, calm.plants[0].place) == (True, 20, "result")
    assert of_module(__name__) == (made, calm)


def test_files_are_found_by_pattern_and_those_with_an_underscore_are_not(tmp_path):
    workspace = workspace_with(tmp_path, good=GOOD, _help="x = 1")

    assert files(workspace) == ("agents/mutants/good.py",)
    (found,) = registered(workspace)
    assert (found.id, found.description, found.where) == ("M-1", "It is wrong.", "agents/mutants/good.py:4")
    assert reference(workspace, "M-1") == "agents/mutants/good.py:M-1"
    assert load_mutant(tmp_path, "agents/mutants/good.py:M-1").id == "M-1"


def test_unknown_mutant_names_the_nearest(tmp_path):
    workspace = workspace_with(tmp_path, good=GOOD)

    with pytest.raises(AgentError, match="did you mean 'M-1'"):
        reference(workspace, "M-2")


def test_every_mistake_of_every_file_is_told_at_once(tmp_path):
    agent = GOOD.replace('agent="mine"', 'agent="mien"').replace("M-1", "M-2")
    workspace = workspace_with(tmp_path, a=GOOD, b=GOOD, c=agent, d=GOOD.replace('seam="T"', 'seam="Z"'))

    with pytest.raises(Problems) as caught:
        registered(workspace)

    text = str(caught.value)
    assert "there is no seam 'Z'" in text
    assert "the id 'M-1' is taken by agents/mutants/a.py:4" in text
    assert "unknown agent 'mien'" in text
    assert "did you mean 'mine'?" in text


def test_file_that_does_not_import_is_named_with_its_line(tmp_path):
    with pytest.raises(AgentError, match="ZeroDivisionError") as caught:
        registered(workspace_with(tmp_path, bad="x = 1\ny = 1 / 0\n"))

    assert caught.value.where == "agents/mutants/bad.py:2"


def test_extra_file_must_exist_inside_the_workspace(tmp_path):
    with pytest.raises(UserError, match="no file 'elsewhere.py'"):
        files(workspace_with(tmp_path), ["elsewhere.py"])


def test_function_to_replace_that_does_not_exist_is_told_before_any_trial(tmp_path):
    from harness.mutation.patching import prepare

    for target, problem in (
        ("agents.py:adviser.nothing", "there is no 'nothing'"),
        ("agents.py:Ledger.LIMIT", "is no function but a int"),
        ("agents.py:Ledger", "is no function but a class"),
        ("no target", "names no function"),
        ("no.such.module:name", "cannot be imported"),
    ):
        with pytest.raises(AgentError, match=problem):
            prepare(ARENA, target, where="mutants.py:1")


def test_editing_keeps_text_and_json_in_step():
    from harness.adapters import AgentReply
    from harness.llm import ModelReply

    both = edit_json(AgentReply('{"a": 1}', {"a": 1}), lambda data: data.update(a=2))
    beside = edit_json(AgentReply("words", {"a": 1}), lambda data: {**data, "b": 1})

    assert (both.text, both.structured) == ('{"a": 2}', {"a": 2})
    assert (beside.text, beside.structured) == ("words", {"a": 1, "b": 1})
    assert edit_json(ModelReply('{"a": 1}'), lambda data: data.pop("a") and None).text == "{}"
    assert edit_json(ModelReply("words"), dict) is None
    assert edit_text(ModelReply("  "), str.upper) is None
