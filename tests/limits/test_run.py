"""Limits, budgets and retries in whole runs: real worker processes, a real SDK, a server that counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import ExitCode, Incomplete
from harness.gate.again import run_jobs_as_run
from harness.llm import ModelReply
from harness.model import Result, Usage
from harness.plan import Selection, plan
from harness.store import Store
from harness.suites import load
from harness.testing import Fault, ModelServer, rate_limit
from harness.workspace import Workspace

pytest.importorskip("anthropic")

ROOT = Path(__file__).parents[2]
AGENT = """
from harness.llm import Message, ModelRequest


async def asks(request, context):
    reply = await context.model.complete(ModelRequest((Message("user", request.input),), max_tokens=100))
    return reply.text


async def twice(request, context):
    return await asks(request, context) + await asks(request, context)
"""
REPLY = ModelReply("It is worth $5.", stop_reason="end", usage=Usage(1000, 50, 0))
COSTS = 1000 * 3 + 50 * 15
"""Micro-dollars of one reply at the prices below."""


def workspace(root: Path, server: ModelServer, *, cases: int = 1, agent: str = "asks", **settings: object) -> None:
    given = {"input_usd_per_mtok": 3.0, "output_usd_per_mtok": 15.0} | settings
    lines = "\n".join(f"{name} = {json.dumps(item)}" for name, item in given.items())
    ids = "\n".join(f"  - {{id: c{number}, input: What is it worth?}}" for number in range(cases))
    suite = f"agent: advisor\ndefaults: {{assert: [{{type: contains, value: $5}}]}}\ncases:\n{ids}\n"
    table = f'[models.claude]\nprovider = "anthropic"\nid = "test-model"\nbase_url = "{server.url}"\n{lines}\n'
    named = f'[agents.advisor]\ntarget = "agents/mine.py:{agent}"\nmodel = "claude"\n'
    for name, text in {"agents/mine.py": AGENT, "cases/demo.yaml": suite, "harness.toml": table + named}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)


def results(root: Path) -> list[Result]:
    with Store.open(root / ".harness" / "results.db", readonly=True) as store:
        return list(store.results(store.run().id, traces=True))


def calls(result: Result) -> list[tuple[str, str]]:
    return [(step.name, step.status) for step in result.outcome.trace.steps if step.kind == "llm"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in ModelServer.environ.items():
        monkeypatch.setenv(name, text)
    return tmp_path


def test_what_may_succeed_later_is_tried_again_and_each_attempt_recorded(place: Path) -> None:
    with ModelServer([rate_limit("0"), Fault("status", status=529), REPLY]) as server:
        workspace(place, server, retry_cap_s=0.01)
        code = main(["eval"])
        seen = len(server.requests)

    [result] = results(place)
    assert code == ExitCode.PASSED
    assert len(calls(result)) == seen == 3


def test_a_refused_key_stops_every_call_that_would_follow(place: Path) -> None:
    with ModelServer(lambda _request: Fault("status", status=401)) as server:
        workspace(place, server, cases=30, concurrency=1)
        code = main(["eval"])
        seen = len(server.requests)

    assert code == ExitCode.INCOMPLETE
    assert seen == 1
    assert {item.status for item in results(place)} == {"errored"}


def test_money_is_not_overspent_by_trials_that_run_together(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    budget = 0.03
    with ModelServer(lambda _request: REPLY) as server:
        workspace(place, server, cases=40)
        code = main(["eval", "--budget-usd", str(budget), "-j", "4"])
        seen = len(server.requests)

    found = results(place)
    said = capsys.readouterr().err
    passed = [item for item in found if item.status == "passed"]
    assert code == ExitCode.INCOMPLETE
    assert seen * COSTS <= budget * 1_000_000
    assert sum(round((item.outcome.trace.cost_usd or 0) * 1_000_000) for item in passed) == len(passed) * COSTS
    assert (len(passed), {item.status for item in found} - {"passed"}) == (seen, {"errored"})
    assert "the run's budget of $0.03 is spent" in said
    assert "finharness eval --resume" in said


def test_a_run_that_is_taken_up_again_has_the_same_budget(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer(lambda _request: REPLY) as server:
        workspace(place, server, cases=4)
        codes = [main(["eval", "--budget-usd", "0.008", "-j", "1"])]
        for budget in ("0.008", "0.012", "1"):
            codes.append(main(["eval", "--resume", "--retry-errors", "--budget-usd", budget, "-j", "1"]))
            assert len(server.requests) * COSTS <= float(budget) * 1_000_000
        seen = len(server.requests)

    assert codes == [ExitCode.INCOMPLETE] * 3 + [ExitCode.PASSED]
    assert seen == 4  # nothing was asked twice
    assert "$0.0075 are used" in capsys.readouterr().err


def test_judges_spend_from_the_same_budget(place: Path) -> None:
    """A judge that cannot be understood is asked again, and that is paid for, too."""
    with ModelServer(lambda _request: REPLY) as server:
        workspace(place, server, cases=10)
        text = (place / "harness.toml").read_text()
        (place / "harness.toml").write_text(text + '[judge]\nmodel = "claude"\n')
        suite = (place / "cases/demo.yaml").read_text()
        (place / "cases/demo.yaml").write_text(suite.replace("value: $5}", "value: $5}, It is polite."))
        code = main(["eval", "--budget-usd", "0.06", "-j", "1"])
        judged = sum("polite" in json.dumps(seen.body) for seen in server.requests)
        seen = len(server.requests)

    assert code == ExitCode.INCOMPLETE
    assert 0 < judged < seen
    assert seen * COSTS <= 60_000


def test_a_budget_and_a_model_of_unknown_price_do_not_go_together(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ModelServer([REPLY]) as server:
        workspace(place, server)
        text = (place / "harness.toml").read_text()
        (place / "harness.toml").write_text("\n".join(line for line in text.split("\n") if "per_mtok" not in line))
        code = main(["eval", "--budget-usd", "1"])
        seen = len(server.requests)

    assert (code, seen) == (ExitCode.USAGE, 0)
    assert "price of model 'claude' (test-model) is unknown" in capsys.readouterr().err


def test_waiting_for_a_limit_of_ours_is_not_held_against_the_agent(place: Path) -> None:
    def slow(_request: object) -> ModelReply:
        time.sleep(0.3)
        return REPLY

    with ModelServer(slow) as server:
        workspace(place, server, cases=6, concurrency=1)
        (place / "harness.toml").write_text((place / "harness.toml").read_text() + "timeout_s = 1.2\n")
        code = main(["eval"])

    assert code == ExitCode.PASSED
    assert [item.outcome.status for item in results(place)] == ["completed"] * 6


def test_after_its_time_a_run_starts_no_more_trials(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "naps.py").write_text(
        "import asyncio\n\n\nasync def nap(text):\n    await asyncio.sleep(0.02)\n    return text\n"
    )
    (place / "harness.toml").write_text('[agents.nap]\ntarget = "naps.py:nap"\n')
    (place / "cases").mkdir()
    cases = "\n".join(f"  - {{id: c{number}, input: x}}" for number in range(500))
    suite = f"agent: nap\ndefaults: {{assert: [{{type: equals, value: x}}]}}\ncases:\n{cases}\n"
    (place / "cases" / "demo.yaml").write_text(suite)

    code = main(["eval", "-j", "1", "--budget-s", "1"])

    assert code == ExitCode.INCOMPLETE
    assert 0 < len(results(place)) < 500
    assert "the run's 1 s are used up" in capsys.readouterr().err


def test_processes_of_a_pytest_session_share_one_budget(place: Path) -> None:
    with ModelServer(lambda _request: REPLY) as server:
        workspace(place, server, cases=40)
        text = (place / "harness.toml").read_text()
        (place / "harness.toml").write_text(text + "[run]\nbudget_usd = 0.03\n")
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        words = [sys.executable, "-m", "pytest", "cases", "-p", "harness.pytest_plugin", "-p", "xdist", "-n", "2", "-q"]
        done = subprocess.run(words, cwd=place, env=environ, capture_output=True, text=True, timeout=100, check=False)
        seen = len(server.requests)

    assert done.returncode == 1, done.stdout + done.stderr
    assert 0 < seen * COSTS <= 30_000
    assert sum(item.status == "passed" for item in results(place)) == seen


def test_trials_that_a_gate_runs_again_have_the_same_budget(place: Path) -> None:
    with ModelServer(lambda _request: REPLY) as server:
        workspace(place, server, cases=40)
        (place / "harness.toml").write_text((place / "harness.toml").read_text() + "[run]\nbudget_usd = 0.03\n")
        found = Workspace.find(place)
        jobs = plan(load(found), found, Selection(), seed=0)
        with Store.open(found.store) as store, pytest.raises(Incomplete, match="of 40 trials have no result"):
            run_jobs_as_run(found, store, jobs, seed=0, command="gate --confirm")
        seen = len(server.requests)

    assert 0 < seen * COSTS <= 30_000
