"""What pull requests do to a small agent: a mutant is found and its cases named, a paraphrase is let through."""

from __future__ import annotations

import json

import pytest

from harness.cli import main

AGENT = """
PRICES = {{f"T{{n}}": 10 + n for n in range(30)}}
PRICES.update({changes})


def adviser(request, context):
    name = request.input
    return {words}
"""
GOOD = 'f"{name} costs ${PRICES[name]}.00 today."'
PARAPHRASED = '"As of today, " + name + f" trades at ${PRICES[name]}.00 a share."'
SUITE = """
agent: adviser
cases:
""" + "".join(
    f'  - {{id: P-{n:02}, input: "T{n}", assert: [{{type: contains, value: "${10 + n}.00"}}]}}\n' for n in range(30)
)


def write_agent(folder, words=GOOD, changes="{}"):
    (folder / "agents/adviser.py").write_text(AGENT.format(words=words, changes=changes))


@pytest.fixture(scope="module")
def blessed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    for name in ("agents", "cases"):
        (folder / name).mkdir()
    (folder / "harness.toml").write_text(
        '[agents.adviser]\ntarget = "agents/adviser.py:adviser"\n[agents.other]\ntarget = "agents/adviser.py:adviser"\n'
    )
    (folder / "cases/prices.yaml").write_text(SUITE)
    write_agent(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["eval"]) == 0
        assert main(["bless", "--by", "ann"]) == 0
    return folder


@pytest.fixture
def project(blessed, monkeypatch):
    monkeypatch.chdir(blessed)
    write_agent(blessed)
    (blessed / "cases/prices.yaml").write_text(SUITE)
    return blessed


def decided(project):
    return json.loads((project / "gate.json").read_text())["suites"][0]


def test_bless_ran_every_case_ten_times(project):
    baseline = json.loads((project / "reports/baselines/prices.json").read_text())

    assert {case["order"] for case in baseline["cases"]} == {"p" * 10}
    assert len(baseline["more"]) == 1


def test_a_paraphrased_answer_passes(project):
    write_agent(project, PARAPHRASED)
    main(["eval"])

    assert main(["gate", "--confirm", "-o", "gate.json"]) == 0
    assert decided(project)["value"] == "pass"


def test_a_mutant_regresses_and_its_cases_are_named(project, capsys, monkeypatch):
    write_agent(project, changes='{"T3": 1, "T7": 2}')
    main(["eval"])
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))

    assert main(["gate", "--confirm", "-o", "gate.json", "-o", "gate.xml", "-o", "gate.md"]) == 1

    assert [item["case"] for item in decided(project)["confirmed"]] == ["P-03", "P-07"]
    assert decided(project)["fresh_trials"] == 10
    assert "::error file=cases/prices.yaml,line=7," in capsys.readouterr().err
    assert "| **confirmed** | `P-03` | 10/10 | 0/5 |" in (project / "summary.md").read_text()
    assert '<testcase classname="prices" name="P-07"><failure' in (project / "gate.xml").read_text()


def test_deleting_a_failing_case_does_not_help(project):
    write_agent(project, changes='{"T3": 1}')
    (project / "cases/prices.yaml").write_text("\n".join(line for line in SUITE.splitlines() if "P-03" not in line))
    main(["eval"])

    assert main(["gate", "--confirm", "-o", "gate.json"]) == 1
    assert decided(project)["reasons"] == ["1 case of the baseline not run: P-03"]


def test_a_loosened_case_is_not_compared_and_listed_as_weakened(project):
    (project / "cases/prices.yaml").write_text(SUITE.replace('value: "$13.00"', 'value: "$"'))
    main(["eval"])
    main(["gate", "--confirm", "-o", "gate.json"])

    assert decided(project)["weakened"] == ["P-03: check contains major changed or gone"]
    assert decided(project)["compared"] == 29


def test_settings_and_baselines_come_from_the_base_branch(project, tmp_path):
    main(["eval"])
    (tmp_path / "reports/baselines").mkdir(parents=True)
    (tmp_path / "reports/baselines/prices.json").write_bytes((project / "reports/baselines/prices.json").read_bytes())
    (tmp_path / "reports/gate.yaml").write_text("margin: 0.01\non_inconclusive: fail\n")
    (project / "reports/gate.yaml").write_text("margin: 0.9\n")

    assert main(["gate", "--confirm", "--base", str(tmp_path)]) == 3
    assert main(["gate", "--confirm"]) == 0
    (project / "reports/gate.yaml").unlink()


def test_a_run_cannot_confirm_itself(project, capsys):
    main(["eval"])

    assert main(["gate", "--confirm-run", "latest"]) == 2
    assert "cannot confirm itself" in capsys.readouterr().err


def test_the_plan_says_what_could_be_seen(project, capsys):
    assert main(["gate", "plan"]) == 0

    assert "prices: 30 cases, 10 baseline trials each" in capsys.readouterr().out


def test_arms_are_compared_on_the_same_cases(project, capsys):
    assert main(["compare", "--arm", "old=adviser", "--arm", "new=other", "--repeat", "1"]) == 0

    out = capsys.readouterr().out
    assert "new (other): 30 of 30 trials passed (100.0%)" in out
    assert "no difference is shown: 0.0 points over 30 cases" in out


@pytest.mark.parametrize(
    "words", [["--arm", "one=adviser"], ["--arm", "a=adviser", "--arm", "a=other"], ["--arm", "a=", "--arm", "b=x"]]
)
def test_arms_that_cannot_be_compared_are_refused(project, words):
    assert main(["compare", *words]) == 2
