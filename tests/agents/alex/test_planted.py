"""Planted defects of the Reporter, the Retirement agent and the Planner each fail a shipped case; harmless changes fail none."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.adapters import Request
from harness.adapters.loading import load_agent
from harness.llm import ModelReply
from harness.llm.recorded import RecordedModel
from harness.model import Job, Outcome
from harness.recorder import Recorder
from harness.registry import Services
from harness.score import score
from harness.suites import load as load_cases
from harness.testing import QueuedModel, ToolCall
from harness.workspace import Workspace, load_target

ROOT = Path(__file__).parents[3]
WORKSPACE = Workspace.find(ROOT)
CASES = {case.id: case for case in load_cases(WORKSPACE, ["cases/alex"])}
TEAM = load_target(ROOT, "agents/alex/policies/team.py:policy")


def _status(case, change, spoil, trace_of):
    loaded = load_agent(WORKSPACE.agent(case.agent), ROOT, models=WORKSPACE.models, environ={})
    model = QueuedModel(lambda request: change(TEAM(request, seed=1, noise=0.0), request))
    made = loaded.open_world
    open_world = (lambda *args, **named: spoil(made(*args, **named))) if spoil else made
    loaded = replace(loaded, connect=lambda recorder, _: RecordedModel(model, recorder), open_world=open_world)
    recorder = Recorder(iter(range(1, 10**6)).__next__)
    inputs = [turn.input for turn in case.turns] or [case.input]
    asyncio.run(loaded.run(inputs, recorder, request=Request(inputs[0], 0, case.world, case.as_of, 1)))
    outcome = Outcome("completed", trace_of(recorder))
    return asyncio.run(score(Job(case, case.agent, 0, 1), outcome, Services(root=ROOT))).status


@pytest.fixture
def status(trace_of):
    """Run one case with a changed model or a changed world."""
    return lambda name, change=lambda reply, _: reply, spoil=None: _status(CASES[name], change, spoil, trace_of)


def in_report(edit):
    """Change the markdown of every answer that has one."""

    def change(reply, _):
        if reply.tool_calls or '"markdown"' not in reply.text:
            return reply
        answer = json.loads(reply.text)
        answer["markdown"] = edit(answer["markdown"])
        return ModelReply(json.dumps(answer), stop_reason="end")

    return change


def in_answer(edit):
    def change(reply, _):
        if reply.tool_calls:
            return reply
        answer = json.loads(reply.text)
        edit(answer)
        return ModelReply(json.dumps(answer), stop_reason="end")

    return change


def after(heading, words):
    return in_report(lambda text: text.replace(f"## {heading}\n\n", f"## {heading}\n\n{words} "))


def transposed(text):
    return text.replace("$99,437.50", "$99,347.50")


def filler(answer):
    text = "We recommend that you consider this recommendation with care, as we always recommend. "
    sections = (
        "Executive Summary",
        "Portfolio Overview",
        "Risk",
        "Market Context",
        "Recommendations",
        "Assumptions and Limits",
    )
    answer["markdown"] = "".join(f"## {name}\n\n{text * 6}\n\n" for name in sections)
    answer.update(claims=[], citations=[])


def daring(answer):
    answer["recommendations"][0]["recommendation"] = "Borrow on margin and add leverage in crypto."
    answer["markdown"] = re.sub(
        r"(\*\*Recommendation:\*\* )[^\n]+",
        r"\1Borrow on margin and add leverage in crypto.",
        answer["markdown"],
        count=1,
    )


def reworded(text):
    return text.replace("The largest part is", "By far the largest part is").replace(
        "It alone makes up", "On its own it is"
    )


@pytest.mark.parametrize(
    ("change", "killed_by"),
    [
        pytest.param(after("Risk", "The Sharpe ratio is 1.847."), "RP-01", id="RP-M01-invented-number"),
        pytest.param(in_report(transposed), "RP-01", id="RP-M02-digits-transposed"),
        pytest.param(in_report(lambda text: text.replace("$99,437.50", "$99.4 million")), "RP-01", id="RP-M04-million-for-thousand"),
        pytest.param(in_report(lambda text: re.sub(r"\d\d\.\d\d %", "37.77 %", text)), "RP-01", id="RP-M05-invented-percentages"),
        pytest.param(after("Market Context", "Rates will fall [S999, 2026-11-01]."), "RP-08", id="RP-M07-note-that-does-not-exist"),
        pytest.param(after("Executive Summary", "A guaranteed return of the usual size awaits."), "RP-12", id="RP-M09-guarantee"),
        pytest.param(in_answer(filler), "RP-01", id="RP-M10-filler"),
        pytest.param(in_answer(daring), "RP-11", id="RP-M13-against-the-risk-profile"),
        pytest.param(after("Executive Summary", "The total is $1,000,000."), "RP-14", id="RP-M14-follows-a-name"),
        pytest.param(after("Executive Summary", "\nLet me look at the figures.\n"), "RP-14", id="RP-M15-thinks-aloud"),
        pytest.param(in_report(lambda text: text.replace("## Risk", "## Returns")), "RP-01", id="section-missing"),
        pytest.param(in_report(lambda text: text.replace("2026-09-18", "2026-11-20")), "RP-10", id="old-prices-called-new"),
        pytest.param(in_answer(lambda answer: answer["recommendations"].pop()), "RP-05", id="block-missing-beside-the-text"),
    ],
)  # fmt: skip
def test_defects_of_the_reporter_are_caught(status, change, killed_by):
    assert status(killed_by) == "passed"
    assert status(killed_by, change) == "failed"


def price_of_100(world):
    holdings = world.holdings
    world.holdings = lambda: [
        {**row, "current_price": row["current_price"] or 100.0, "price_date": "2026-11-20"} for row in holdings()
    ]
    return world


def money_from_nowhere(world):
    accounts = world.accounts
    world.accounts = lambda: [{**row, "cash_balance": row["cash_balance"] + 1.0} for row in accounts()]
    return world


@pytest.mark.parametrize(
    ("spoil", "killed_by"),
    [
        pytest.param(money_from_nowhere, "RT-06", id="RT-M01-empty-portfolio-analysed"),
        pytest.param(price_of_100, "RT-14", id="RT-M02-missing-price-counts-as-100"),
        pytest.param(money_from_nowhere, "RP-03", id="empty-portfolio-reported"),
    ],
)
def test_defects_below_the_agents_are_caught(status, spoil, killed_by):
    assert status(killed_by, spoil=spoil) == "failed"


def engine(monkeypatch, name, made):
    """Replace a function of the simulation."""
    run = load_target(ROOT, "agents/_shared/montecarlo.py:simulate")
    monkeypatch.setitem(run.__globals__, name, made(run.__globals__[name]))


def no_inflation(plan_class):
    return lambda self: plan_class(replace(self, inflation=0.0))


@pytest.mark.parametrize(
    ("name", "made", "killed_by"),
    [
        pytest.param("growth_of", lambda real: lambda plan, luck: real(replace(plan, volatility=plan.volatility / 2), luck), "RT-01", id="RT-M08-half-volatility"),
        pytest.param("growth_of", lambda real: lambda plan, luck: real(plan, luck[::-1]), "RT-01", id="RT-M10-other-random-numbers"),
        pytest.param("wilson", lambda real: lambda successes, n: real(successes, n // 4), "RT-12", id="interval-of-fewer-paths"),
        pytest.param("project", lambda real: lambda plan: real(replace(plan, contribution=plan.contribution * 0.8)), "RT-03", id="RT-M05-years-skipped-in-the-table"),
    ],
)  # fmt: skip
def test_defects_of_the_simulation_are_caught(status, monkeypatch, name, made, killed_by):
    engine(monkeypatch, name, made)

    assert status(killed_by) == "failed"


@pytest.mark.parametrize(
    ("rises", "killed_by"),
    [
        pytest.param(lambda year: 0 * year, "RT-01", id="RT-M06-no-inflation"),
        pytest.param(lambda year: year - 1, "RT-01", id="RT-M07-inflation-a-year-late"),
    ],
)
def test_inflation_that_is_wrong_is_caught(status, monkeypatch, rises, killed_by):
    plan = load_target(ROOT, "agents/_shared/montecarlo.py:Plan")
    numpy = pytest.importorskip("numpy")

    def flows(self):
        year = rises(numpy.arange(1, self.years_in_retirement + 1, dtype=float))
        return numpy.concatenate(
            [numpy.full(self.years, self.contribution), -self.income * (1 + self.inflation) ** year]
        )

    monkeypatch.setattr(plan, "flows", flows)
    assert status(killed_by) == "failed"


@pytest.mark.parametrize(
    ("change", "killed_by"),
    [
        pytest.param(after("Summary", "Success is guaranteed."), "RT-14", id="RT-M13-promise"),
        pytest.param(after("Summary", "Experts say 87.3 % is likely."), "RT-14", id="invented-rate"),
        pytest.param(
            in_answer(lambda answer: answer.update(success_rate=0.95, ci_high=0.96)), "RT-01", id="rate-prettified"
        ),
        pytest.param(
            in_report(lambda text: re.sub(r"\| 23 \|[^\n]*\n", "", text)), "RT-03", id="year-of-retirement-not-shown"
        ),
    ],
)
def test_defects_of_the_projection_are_caught(status, change, killed_by):
    assert status(killed_by, change) == "failed"


def asked(request, words):
    return request.system.startswith(words)


def reporter_again(reply, request):
    """After the delegations, ask for the report once more."""
    if asked(request, "You plan") and [call.name for call in reply.tool_calls] == ["finalise_job"]:
        made = sum(call.name == "invoke_reporter" for message in request.messages for call in message.tool_calls)
        return replace(reply, tool_calls=(ToolCall(f"again_{made}", "invoke_reporter"),)) if made < 3 else reply
    return reply


def without(name):
    def change(reply, request):
        if not asked(request, "You plan") or name not in [call.name for call in reply.tool_calls]:
            return reply
        return replace(reply, tool_calls=tuple(call for call in reply.tool_calls if call.name != name))

    return change


def charts_always(reply, request):
    names = [call.name for call in reply.tool_calls]
    if asked(request, "You plan") and "invoke_reporter" in names and "invoke_charter" not in names:
        return replace(reply, tool_calls=(*reply.tool_calls, ToolCall("call_charter", "invoke_charter")))
    return reply


def tags_with_the_rest(reply, request):
    if asked(request, "You plan") and [call.name for call in reply.tool_calls] == ["tag_instruments"]:
        more = tuple(ToolCall(f"c_{name}", f"invoke_{name}") for name in ("reporter", "charter", "retirement"))
        return replace(reply, tool_calls=(*reply.tool_calls, *more))
    return reply


def one_by_one(reply, request):
    """Ask for one delegation at a time."""
    if not asked(request, "You plan") or (len(reply.tool_calls) > 1 and reply.tool_calls[0].name == "tag_instruments"):
        return reply
    done = {call.name for message in request.messages for call in message.tool_calls}
    wanted = [
        ToolCall(f"c_{n}", f"invoke_{n}") for n in ("reporter", "charter", "retirement") if f"invoke_{n}" not in done
    ]
    return replace(reply, text="", tool_calls=(wanted[0],), stop_reason="tool_use") if wanted else reply


@pytest.mark.parametrize(
    ("change", "killed_by"),
    [
        pytest.param(reporter_again, "PL-01", id="PL-M01-invokes-the-reporter-again"),
        pytest.param(charts_always, "PL-04", id="PL-M07-charts-for-one-position"),
        pytest.param(without("invoke_retirement"), "PL-01", id="PL-M08-skips-retirement"),
        pytest.param(tags_with_the_rest, "PL-02", id="PL-M09-agents-before-the-tagger"),
        pytest.param(one_by_one, "PL-05", id="one-after-the-other"),
    ],
)
def test_defects_of_the_plan_are_caught(status, change, killed_by):
    assert status(killed_by) == "passed"
    assert status(killed_by, change) == "failed"


def always_completed(world):
    update = world.update_job
    world.update_job = lambda **columns: update(
        **{**columns, **({"status": "completed"} if "status" in columns else {})}
    )
    return world


def no_summary(world):
    update = world.update_job
    world.update_job = lambda **columns: update(
        **{name: one for name, one in columns.items() if name != "summary_payload"}
    )
    return world


def everybodys(world):
    world.accounts = lambda: world.rows("SELECT * FROM accounts ORDER BY rowid")
    return world


@pytest.mark.parametrize(
    ("spoil", "killed_by"),
    [
        pytest.param(always_completed, "PL-06", id="PL-M02-completed-though-an-agent-failed"),
        pytest.param(always_completed, "PL-14", id="PL-M02-completed-by-stand-ins"),
        pytest.param(no_summary, "PL-16", id="PL-M13-no-summary"),
        pytest.param(everybodys, "PL-16", id="PL-M15-accounts-of-another-user"),
    ],
)
def test_defects_of_the_store_are_caught(status, spoil, killed_by):
    assert status(killed_by, spoil=spoil) == "failed"


@pytest.mark.parametrize(
    ("target", "name", "made", "killed_by"),
    [
        pytest.param("agents/_shared/jobs.py:asked", "job_id", lambda real: lambda body: real(body) or str(body)[:64], "PL-10", id="PL-M11-whole-body-as-id"),
        pytest.param("agents/alex/planner.py:planner", "TERMINAL", lambda _: frozenset(), "PL-09", id="PL-M16-duplicate-runs-again"),
    ],
)  # fmt: skip
def test_defects_of_the_contract_are_caught(status, monkeypatch, target, name, made, killed_by):
    place = load_target(ROOT, target).__globals__
    monkeypatch.setitem(place, name, made(place[name]))

    assert status(killed_by) == "failed"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(in_report(reworded), id="B01-paraphrased"),
        pytest.param(after("Executive Summary", "New instructions: none."), id="B12-harmless-words"),
        pytest.param(
            lambda reply, _: replace(reply, tool_calls=tuple(reversed(reply.tool_calls))),
            id="B14-another-order-of-calls",
        ),
    ],
)
def test_harmless_changes_pass(status, change):
    assert [name for name in ("RP-01", "RP-08", "RP-14", "RT-14", "PL-01") if status(name, change) != "passed"] == []


@pytest.mark.parametrize("seed", range(3))
def test_other_wording_of_the_policies_passes(trace_of, seed):
    for name in ("RP-01", "RP-03", "RP-10", "RT-02", "RT-14", "PL-06"):
        found = _status(CASES[name], lambda _, request: TEAM(request, seed=seed, noise=1.0), None, trace_of)
        assert found == "passed", name
