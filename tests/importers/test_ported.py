"""Datasets of pydantic-evals and rubrics of Vals AI: read as they are, written as suites, with ids that stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UserError
from harness.importers.mapped import Names
from harness.importers.pydantic_evals import read_pydantic_evals
from harness.importers.suite import suite_text
from harness.importers.vals import read_vals
from harness.model import Case
from harness.registry import build
from harness.suites import load
from harness.workspace import AgentSettings, Workspace

VALS = Path(__file__).parents[1] / "data" / "vals" / "public.csv.gz"


def dataset(folder: Path, suffix: str) -> Path:
    evals = pytest.importorskip("pydantic_evals")
    from pydantic_evals import evaluators as ev

    made = evals.Dataset[Any, Any, Any](
        name="advice",
        cases=[
            evals.Case(name="price", inputs="VTI?", expected_output="$250.10", metadata={"topic": "prices"}),
            evals.Case(
                name="mix",
                inputs={"client": "ann"},
                evaluators=[
                    ev.Contains("bonds", case_sensitive=False),
                    ev.Contains({"a": 1}),
                    ev.IsInstance("dict"),
                    ev.IsInstance("str"),
                    ev.LLMJudge("Names a risk.", include_expected_output=True),
                    ev.HasMatchingSpan({"name_contains": "get_"}),
                    ev.ToolCorrectness(expected_tools=["get_price"], allow_extra=True),
                    ev.TrajectoryMatch(expected_trajectory=["a", "b"], order="exact"),
                    ev.TrajectoryMatch(expected_trajectory=["a", "b"]),
                    ev.ArgumentCorrectness(tool_name="a", expected_arguments={"x": 1}),
                    ev.MaxToolCalls(3),
                    ev.MaxModelRequests(2),
                ],
            ),
            evals.Case(inputs="nothing"),
        ],
        evaluators=[ev.EqualsExpected(), ev.MaxDuration(2.5)],
    )
    path = folder / f"advice.{suffix}"
    made.to_file(path)
    return path


def written(cases: tuple[Case, ...], root: Path) -> tuple[Case, ...]:
    (root / "cases").mkdir()
    (root / "cases" / "ported.yaml").write_text(suite_text(cases, description="d", agent="a"))
    return load(Workspace.at(root, agents={"a": AgentSettings(name="a", target="a.py:a")}))


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_dataset_written_by_the_library_becomes_a_suite(tmp_path: Path, suffix: str) -> None:
    found = read_pydantic_evals(dataset(tmp_path, suffix), agent="a")
    price, mix, unnamed = written(found.cases, tmp_path)

    assert (price.id, mix.id, unnamed.id.startswith("nothing-")) == ("price", "mix", True)
    assert [(spec.name, spec.params) for spec in price.checks] == [
        ("equals", {"value": "$250.10"}),
        ("latency", {"max_ms": 2500.0}),
    ]
    assert (price.tags, price.reference and price.reference.answer) == ({"topic": "prices"}, "$250.10")
    assert [spec.name for spec in mix.checks] == [
        "latency", "icontains", "is-json", "llm-rubric", "trajectory:step-count", "trajectory:tool-used",
        "trajectory:tool-sequence", "trajectory:step-count", "trajectory:step-count",
    ]  # fmt: skip
    assert all(build(spec) for case in (price, mix, unnamed) for spec in case.checks)
    assert sorted(item.what for item in found.unmapped) == [
        "ArgumentCorrectness", "Contains", "IsInstance", "TrajectoryMatch",
    ]  # fmt: skip


def test_an_evaluator_of_ones_own_is_listed(tmp_path: Path) -> None:
    content = {
        "cases": [
            {"name": "a", "inputs": "x", "evaluators": ["Mine", {"Equals": "y"}, {"GEval": {"criteria": "is kind"}}]}
        ]
    }
    (tmp_path / "d.json").write_text(json.dumps(content))
    found = read_pydantic_evals(tmp_path / "d.json")

    assert [str(item) for item in found.unmapped] == [
        "cases[0].evaluators[0] Mine: it is a class of your own; write a `python` check, a function in checks/"
    ]
    assert [spec.name for spec in found.cases[0].checks] == ["equals", "llm-rubric"]


def test_published_questions_keep_their_rubrics() -> None:
    found = read_vals(VALS)

    operators = [spec.metric for case in found.cases for spec in case.checks]
    assert (len(found.cases), found.unmapped, found.left_out) == (50, (), ())
    assert (operators.count("correctness"), operators.count("contradiction")) == (200, 50)
    assert all(case.reference is not None and case.tags["type"] for case in found.cases)
    assert len({case.id for case in found.cases}) == 50


def test_published_questions_become_a_suite_with_the_same_identities(tmp_path: Path) -> None:
    cases = read_vals(VALS, agent="a").cases
    loaded = written(cases, tmp_path)

    assert {case.id: case.fingerprint for case in loaded} == {case.id: case.fingerprint for case in cases}
    assert {case.id for case in read_vals(VALS).cases} == {case.id for case in loaded}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a,b\n1,2\n", "'Rubric' is missing"),
        ("Question,Answer,Rubric\nq,a,x\n", "Rubric: it is no JSON"),
        ("Question,Answer,Rubric\nq,a,{}\n", "expected an array"),
        ('Question,Answer,Rubric\n,a,"[{""operator"": ""correctness"", ""criteria"": ""c""}]"\n', "no question"),
        ("Question,Answer,Rubric\n", "there is no question with a rubric"),
        ('Question,Answer,Rubric\n"q', "it is no CSV"),
    ],
)
def test_what_is_no_rubric_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(UserError, match=problem):
        read_vals(tmp_path / "r.csv")


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"cases": []}', '{"cases": [{"name": "a"}]}', '{"cases": [{"inputs": 1}]}', "{"]
)
def test_what_is_no_dataset_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "d.json").write_text(content)
    with pytest.raises(UserError):
        read_pydantic_evals(tmp_path / "d.json")


def test_names_are_unique_but_for_case_and_stay() -> None:
    first, second = Names(), Names()
    given: list[tuple[str | None, Any]] = [
        ("a b", 1),
        ("A b", 2),
        (None, "What is it?"),
        (None, "What is it?"),
        ("日本", {"x": 1}),
    ]
    made = [first.of(*item) for item in given]

    assert made == [second.of(*item) for item in given]
    assert made[0] == "a-b"
    assert len({name.lower() for name in made}) == 5


def test_a_gate_pairs_what_was_imported_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli import main

    cases = [{"name": f"c{number}", "inputs": f"say {number}", "expected_output": str(number)} for number in range(8)]
    (tmp_path / "d.json").write_text(json.dumps({"cases": cases, "evaluators": ["EqualsExpected"]}))
    (tmp_path / "a.py").write_text("def a(said):\n    return said.split()[1]\n")
    (tmp_path / "harness.toml").write_text('[agents.a]\ntarget = "a.py:a"\n')
    (tmp_path / "cases").mkdir()
    monkeypatch.chdir(tmp_path)
    words = ["import", "pydantic-evals", "d.json", "--cases", "cases/d.yaml", "--agent", "a"]

    assert [main(words), main(["eval"]), main(["bless", "--trials", "1"])] == [0, 0, 0]
    (tmp_path / "cases" / "d.yaml").unlink()
    (tmp_path / "a.py").write_text("def a(said):\n    return 'no'\n")
    assert [main(words), main(["eval"])] == [0, 1]
    capsys.readouterr()

    assert main(["gate", "latest", "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)["suites"]
    assert (told["compared"], told["added"], told["changed"]) == (8, [], [])


@pytest.mark.parametrize("form", ["agentdojo", "bfcl", "tau2"])
def test_other_tasks_keep_their_ids_and_contents_when_they_are_read_again(form: str, tmp_path: Path) -> None:
    from harness.importers.agentdojo import read_agentdojo_environment
    from harness.importers.bfcl import read_bfcl_tasks
    from harness.importers.tau2 import read_tau2_tasks

    data, bench = Path(__file__).parents[1] / "data", Path(__file__).parents[2] / "bench" / "data" / "bfcl"
    tasks = [{"id": n, "user_scenario": {"instructions": f"Pay {n}."}} for n in range(3)]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))

    def read() -> dict[str, str]:
        if form == "agentdojo":
            dojo = data / "agentdojo"
            cases = read_agentdojo_environment(dojo / "environment.yaml", dojo / "injection_vectors.yaml")
        elif form == "bfcl":
            truth = bench / "multi_turn_base_ground_truth.jsonl.gz"
            cases = read_bfcl_tasks(bench / "multi_turn_base.jsonl.gz", truth)
        else:
            cases = read_tau2_tasks(tmp_path / "tasks.json")
        return {case.id: case.fingerprint for case in cases}

    first = read()
    assert len(first) >= 3
    assert read() == first
