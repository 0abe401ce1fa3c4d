"""The alarms of a run as CI meets them, and files for the cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import a_case, a_job, a_manifest, a_result, a_verdict

from harness.alarms.emf import emf_problems
from harness.alarms.pages import alarm_rows, budget_rows, metric_rows, success_rows
from harness.cli import main
from harness.store import Store
from harness.workspace import AlarmSettings, Workspace

TOML = """
[agents.planner]
target = "agents/planner.py:planner"

[agents.tagger]
target = "agents/tagger.py:tagger"
"""


def trials(
    agent: str, *, passed: int, failed: int = 0, errored: int = 0, check: str = "contains", cost: float | None = 0.0
):
    """Results of one agent, a second apart."""
    statuses = ["passed"] * passed + ["failed"] * failed + ["errored"] * errored
    return [
        a_result(
            status,
            job=a_job(a_case(f"{agent}-{index}", agent=agent)),
            verdicts=() if status == "errored" else (a_verdict(status == "passed", check=check),),
            started_at=f"2026-11-21T10:{index // 60:02}:{index % 60:02}Z",
            judge_cost_usd=cost,
        )
        for index, status in enumerate(statuses)
    ]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Store results as a run of a workspace."""
    monkeypatch.chdir(tmp_path)

    def stored(results, more: str = "") -> None:
        (tmp_path / "harness.toml").write_text(TOML + more)
        with Store.open(tmp_path / ".harness" / "results.db") as store:
            store.begin(a_manifest(), [result.job for result in results])
            store.add(a_manifest().id, results)
            store.end(a_manifest().id, "complete")

    return stored


def checked(capsys, *words: str, code: int) -> dict[str, str]:
    """State by alarm and agent."""
    assert main(["alarms", "check", "--json", *words]) == code
    return {f"{row['alarm']}/{row['agent']}": row["state"] for row in json.loads(capsys.readouterr().out)["alarms"]}


@pytest.mark.parametrize(
    ("passed", "failed", "code", "state"), [(18, 2, 0, "OK"), (17, 3, 1, "ALARM"), (16, 3, 0, "INSUFFICIENT_DATA")]
)
def test_success_below_90_percent_ends_with_1_exactly_90_is_quiet(run, capsys, passed, failed, code, state):
    run(trials("planner", passed=passed, failed=failed))

    assert checked(capsys, code=code)["agent-success/planner"] == state


@pytest.mark.parametrize(("right", "state"), [(17, "OK"), (16, "ALARM")])
def test_routing_below_85_percent_is_an_alarm(run, capsys, right, state):
    results = trials("planner", passed=right, failed=20 - right, check="trajectory:routing")
    run(results, '[alarms]\noff = ["agent-success"]\n')

    assert checked(capsys, code=int(state == "ALARM"))["routing-accuracy/planner"] == state


@pytest.mark.parametrize(("errored", "state"), [(4, "OK"), (5, "ALARM")])
def test_five_errors_in_five_minutes_are_an_alarm(run, capsys, errored, state):
    run(trials("planner", passed=1, errored=errored))

    assert checked(capsys, code=int(state == "ALARM"))["errors/planner"] == state


def test_each_agent_is_judged_alone(run, capsys):
    run([*trials("planner", passed=20), *trials("tagger", passed=10, failed=10)])

    found = checked(capsys, code=1)

    assert (found["agent-success/planner"], found["agent-success/tagger"]) == ("OK", "ALARM")


@pytest.mark.parametrize(
    ("cost", "reached"),
    [
        (0.049, []),
        (0.05, ["50"]),
        (0.08, ["50", "80"]),
        (0.0999, ["50", "80"]),
        (0.1, ["50", "80", "100"]),
        (0.2, ["50", "80", "100"]),
    ],
)
def test_parts_of_the_budget_are_told_as_they_are_reached(run, capsys, cost, reached):
    run(trials("planner", passed=10, cost=cost), "[alarms]\nbudget_usd = 1.0\n")

    found = checked(capsys, code=int(bool(reached)))

    assert [name for name in ("50", "80", "100") if found[f"budget-{name}/"] == "ALARM"] == reached


def test_without_a_budget_nothing_is_said_of_it(run, capsys):
    run(trials("planner", passed=1, cost=99.0))

    assert not [name for name in checked(capsys, code=0) if name.startswith("budget")]


def test_an_empty_run_and_a_single_trial_raise_nothing(run, capsys):
    run(trials("planner", passed=0, failed=1))

    found = checked(capsys, code=0)
    assert found["agent-success/planner"] == found["routing-accuracy/"] == "INSUFFICIENT_DATA"
    assert main(["alarms", "check", "--fail-on", "no-data"]) == 3
    assert "no data" in capsys.readouterr().out


def test_people_are_told_what_to_do(run, capsys):
    run(trials("planner", passed=10, failed=10))

    assert main(["alarms", "check"]) == 1

    said = capsys.readouterr().out
    assert "ALARM   agent-success [agent=planner]: AgentSuccess is 0.5 over 20 samples, < 0.9" in said
    assert "see `finharness report`" in said


def test_rules_are_listed_with_what_they_mean(run, capsys):
    run([])

    assert main(["alarms", "list"]) == 0
    assert "agent-success     average of AgentSuccess < 0.9 for each agent" in capsys.readouterr().out
    assert main(["alarms", "list", "--json"]) == 0
    assert {rule["name"] for rule in json.loads(capsys.readouterr().out)["rules"]} >= {"errors", "budget-80"}


def test_a_mistake_in_a_rule_names_its_place(run, capsys):
    run([], '[[alarms.rules]]\nname = "x"\nmetric = "Eror"\nthreshold = 1\n')

    assert main(["alarms", "list"]) == 2
    assert "alarms.rules[0].metric: nobody measures 'Eror'" in capsys.readouterr().err


def test_files_for_the_cloud_are_written(run, tmp_path, capsys):
    run([])

    assert main(["alarms", "render", "-o", "cloud", "--region", "eu-west-1"]) == 0

    assert sorted(path.name for path in (tmp_path / "cloud").iterdir()) == [
        "alarms.json", "dashboard-finharness-agent-performance.json", "dashboard-finharness-api-activity.json",
        "dashboard-finharness-evaluation.json",
    ]  # fmt: skip
    assert main(["alarms", "render"]) == 0
    assert main(["alarms", "render", "--agent", "planer"]) == 2
    assert "did you mean 'planner'?" in capsys.readouterr().err


def test_metric_lines_of_a_run(run, tmp_path, capsys):
    run(trials("planner", passed=3))

    assert main(["alarms", "emf"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [problem for line in lines for problem in emf_problems(line)] == []
    assert len(lines) == 3
    assert main(["alarms", "emf", "-o", "run.emf"]) == 0
    assert (tmp_path / "run.emf").read_text().splitlines() == lines


def test_functions_a_month(capsys):
    assert main(["alarms", "cost", "--load", "planner=100x300sx2048MB", "--load", "reporter=400x120sx1024MB"]) == 0
    assert "planner                     60,000 GB-s  $1.00" in capsys.readouterr().out
    assert main(["alarms", "cost", "--load", "planner=100x300sx2048MB", "--json", "--free-tier"]) == 0
    assert json.loads(capsys.readouterr().out)["total_usd"] == 0
    assert main(["alarms", "cost"]) == 2
    assert main(["alarms", "cost", "--load", "planner=100"]) == 2


def test_tables_for_a_page(tmp_path):
    workspace = Workspace.at(tmp_path, alarms=AlarmSettings(budget_usd=1.0))
    results = [*trials("planner", passed=18, failed=2, cost=0.03), *trials("tagger", passed=0, errored=5)]

    alarms, (planner, tagger) = alarm_rows(workspace, results), success_rows(results)

    assert [(row["alarm"], row["agent"]) for row in alarms if row["state"] == "ALARM"] == [
        ("errors", "tagger"),
        ("budget-50", ""),
    ]
    assert (planner["agent"], planner["requests"], planner["success"]) == ("planner", 20, 0.9)
    assert (tagger["success"], tagger["errors"]) == (None, 5)
    assert [(row["share"], row["reached"]) for row in budget_rows(workspace, results)] == [
        (0.5, True),
        (0.8, False),
        (1.0, False),
    ]
    assert budget_rows(Workspace.at(tmp_path), results) == []
    assert {row["metric"] for row in metric_rows()} >= {"AgentSuccess", "Errors"}


def test_a_report_names_the_alarms_of_the_run(run, capsys):
    run(trials("planner", passed=10, failed=10))

    main(["report"])

    assert "ALARM  agent-success [agent=planner]" in capsys.readouterr().out


def test_a_gate_fails_on_floors_whatever_the_baseline_says(run, tmp_path, capsys):
    run(trials("planner", passed=10, failed=10))
    assert main(["bless", "--trials", "1"]) == 0
    capsys.readouterr()

    assert main(["gate", "-o", "gate.json", "-o", "gate.md"]) == 1
    assert "ALARM        agent-success [agent=planner]" in capsys.readouterr().out
    assert json.loads((tmp_path / "gate.json").read_text())["alarms"][0]["alarm"] == "agent-success"
    assert "### Alarms" in (tmp_path / "gate.md").read_text()
    capsys.readouterr()
    assert main(["gate", "comment", "gate.json"]) == 0
    assert "agent-success [agent=planner]" in capsys.readouterr().out
    assert main(["gate", "--no-alarms"]) == 0


def test_a_change_cannot_lower_its_own_floor(run, tmp_path):
    run(trials("planner", passed=10, failed=10), '[alarms]\noff = ["agent-success"]\n')
    assert main(["bless", "--trials", "1"]) == 0
    base = tmp_path / "base"
    (base / "reports").mkdir(parents=True)
    (base / "harness.toml").write_text(TOML)
    (tmp_path / "reports" / "baselines").rename(base / "reports" / "baselines")

    assert main(["gate", "--baseline", str(base / "reports" / "baselines")]) == 0
    assert main(["gate", "--base", str(base)]) == 1


@pytest.mark.parametrize(
    "alarms",
    ["many", [1], [{}], [{"alarm": "x"}], [{"alarm": 7}], [{}] * 1001, [{"alarm": "@everyone", "state": "OK"}]],
)
def test_alarms_of_a_decision_from_elsewhere_are_read_strictly(run, tmp_path, alarms):
    run(trials("planner", passed=10, failed=10))
    main(["bless", "--trials", "1"])
    main(["gate", "-o", "gate.json"])
    document = json.loads((tmp_path / "gate.json").read_text())
    (tmp_path / "gate.json").write_text(json.dumps({**document, "alarms": alarms}))

    assert main(["gate", "comment", "gate.json"]) == 2


def test_an_alarm_from_elsewhere_cannot_mention_or_format(run, tmp_path, capsys):
    run(trials("planner", passed=10, failed=10))
    main(["bless", "--trials", "1"])
    main(["gate", "-o", "gate.json"])
    document = json.loads((tmp_path / "gate.json").read_text())
    document["alarms"][0]["reason"] = "`@everyone` | **bold** <img src=x>"
    (tmp_path / "gate.json").write_text(json.dumps(document))
    capsys.readouterr()

    main(["gate", "comment", "gate.json"])

    assert "`` `@everyone` ¦ **bold** <img src=x> ``" in capsys.readouterr().out
