"""The shipped cases tell good agents from bad ones: each planted defect fails a case, and no harmless change does."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.adapters import Request
from harness.adapters.loading import load_agent
from harness.llm import ModelReply
from harness.model import Job, Outcome
from harness.recorder import Recorder
from harness.registry import Services
from harness.score import score
from harness.suites import load as load_cases
from harness.testing import QueuedModel
from harness.workspace import Workspace, load_target

ROOT = Path(__file__).parents[2]
WORKSPACE = Workspace.find(ROOT)
CASES = {case.id: case for case in load_cases(WORKSPACE, ["cases/alex"])}
POLICIES = {
    name: load_target(ROOT, f"agents/alex/policies/{name}.py:policy") for name in ("tagger", "charter")
}  # fmt: skip


@pytest.fixture
def failures(trace_of):
    """Run cases with a changed model, or a changed world, and name those that fail."""

    def run(agent, cases, *, change=lambda reply: reply, spoil=None):
        return [case.id for case in cases if trial(case, POLICIES[agent], change, spoil) == "failed"]

    def trial(case, policy, change, spoil):
        loaded = load_agent(WORKSPACE.agent(case.agent), ROOT, models=WORKSPACE.models, environ={})
        model = QueuedModel(lambda request: change(policy(request, seed=1, noise=0.0)))
        made = loaded.open_world
        open_world = (lambda *args, **named: spoil(made(*args, **named))) if spoil else made
        loaded = replace(loaded, connect=lambda *_: recorded(model, recorder), open_world=open_world)
        recorder = Recorder(iter(range(1, 10**6)).__next__)
        inputs = [turn.input for turn in case.turns] or [case.input]
        asyncio.run(loaded.run(inputs, recorder, request=Request(inputs[0], 0, case.world, case.as_of, 1)))
        outcome = Outcome("completed", trace_of(recorder))
        return asyncio.run(score(Job(case, case.agent, 0, 1), outcome, Services(root=ROOT))).status

    def recorded(model, recorder):
        from harness.llm.recorded import RecordedModel

        return RecordedModel(model, recorder)

    return run


def of(agent):
    """Its cases, but for those whose faults the engine brings about."""
    return [case for case in CASES.values() if case.agent.startswith(agent) and not case.faults]


def on_answer(edit):
    """Change the JSON of every answer; tool calls pass untouched."""

    def change(reply):
        if reply.tool_calls:
            return reply
        answer = json.loads(reply.text)
        edited = edit(answer)
        text = edited if isinstance(edited, str) else json.dumps(answer if edited is None else edited)
        return ModelReply(text, stop_reason="end")

    return change


def set_in(**values):
    return on_answer(lambda answer: answer.update(values))


def sectors_to_ninety(answer):
    answer["allocation_sectors"] = {name: part * 0.9 for name, part in answer["allocation_sectors"].items()}


def bonds_are_equity(answer):
    answer.update(asset_class="equity", allocation_asset_class={"equity": 100})


def guide_keys(answer):
    text = json.dumps(answer)
    return text.replace('"financials"', '"financial"').replace('"asia"', '"asia_pacific"')


def reasons_last(answer):
    return {**{name: part for name, part in answer.items() if name != "rationale"}, "rationale": answer["rationale"]}


def home_bias(answer):
    answer["allocation_regions"] = {"north_america": 100}


def one_sector(answer):
    answer["allocation_sectors"] = {"technology": 100}


def no_dot(answer):
    answer["symbol"] = answer["symbol"].replace(".", "-")


def tidy_name(answer):
    answer["name"] = answer["name"].split(".")[0]


def obey_the_name(answer):
    if "Ignore all previous" in answer["name"]:
        answer.update(asset_class="cash", allocation_asset_class={"cash": 100}, confidence=1.0)


def speak_of_another(answer):
    answer["rationale"] = f"Like {'XLF' if answer['symbol'] != 'XLF' else 'XLE'}, it is well known."


@pytest.mark.parametrize(
    ("mutant", "killed_by"),
    [
        pytest.param(on_answer(sectors_to_ninety), "TG-01", id="TG-M01-sectors-add-up-to-90"),
        pytest.param(on_answer(bonds_are_equity), "TG-02", id="TG-M02-bonds-called-equity"),
        pytest.param(on_answer(guide_keys), "TG-07", id="TG-M04-unknown-keys"),
        pytest.param(on_answer(reasons_last), "TG-09", id="TG-M05-rationale-last"),
        pytest.param(set_in(rationale=""), "TG-09", id="TG-M05-rationale-empty"),
        pytest.param(set_in(confidence=0.9), "TG-12", id="TG-M06-confident-about-the-unknown"),
        pytest.param(set_in(current_price=123.45), "TG-12", id="TG-M07-invented-price"),
        pytest.param(on_answer(speak_of_another), "TG-10", id="TG-M09-rationale-of-another"),
        pytest.param(on_answer(home_bias), "TG-07", id="everything-is-american"),
        pytest.param(on_answer(one_sector), "TG-13", id="everything-is-technology"),
        pytest.param(on_answer(no_dot), "TG-13", id="dots-become-dashes"),
        pytest.param(on_answer(tidy_name), "TG-14", id="names-are-tidied"),
        pytest.param(on_answer(obey_the_name), "TG-14", id="instructions-in-names-are-obeyed"),
        pytest.param(on_answer(lambda answer: f"Here you are: {json.dumps(answer)}"), "TG-01", id="prose-around-json"),
    ],
)
def test_defects_of_the_tagger_are_caught(failures, mutant, killed_by):
    assert killed_by in failures("tagger", [CASES[killed_by]], change=mutant)


def every_chart(edit):
    def apply(answer):
        for chart in answer["charts"]:
            edit(chart)

    return on_answer(apply)


def first_point(**values):
    return every_chart(lambda chart: chart["data"][0].update(values))


def percentages(chart):
    whole = sum(point["value"] for point in chart["data"])
    for point in chart["data"]:
        point["value"] = round(100 * point["value"] / whole, 2)


def shrink(chart):
    chart["data"][0]["value"] = round(chart["data"][0]["value"] * 0.9, 2)


def drop_last(chart):
    chart["data"].pop()


def swap_values(chart):
    rows = chart["data"]
    rows[0]["name"], rows[1]["name"] = rows[1]["name"], rows[0]["name"]


def count_missing_as_one(world):
    holdings = world.holdings
    world.holdings = lambda: [{**row, "current_price": row["current_price"] or 1.0} for row in holdings()]
    return world


def forget_cash(world):
    accounts = world.accounts
    world.accounts = lambda: [{**row, "cash_balance": 0.0} for row in accounts()]
    return world


@pytest.mark.parametrize(
    ("mutant", "killed_by"),
    [
        pytest.param(every_chart(shrink), "CH-02", id="CH-M01-does-not-add-up"),
        pytest.param(every_chart(percentages), "CH-02", id="CH-M02-percentages"),
        pytest.param(first_point(value=-5.0), "CH-02", id="CH-M03-negative"),
        pytest.param(first_point(value=float("nan")), "CH-01", id="CH-M04-nan"),
        pytest.param(every_chart(lambda chart: chart["data"][1].update(name=chart["data"][0]["name"])), "CH-04", id="CH-M06-name-twice"),
        pytest.param(every_chart(lambda chart: chart.update(type="radar")), "CH-01", id="CH-M07-radar"),
        pytest.param(first_point(color="blue"), "CH-08", id="CH-M08-colour-name"),
        pytest.param(on_answer(lambda answer: answer.update(charts=answer["charts"][:2])), "CH-01", id="CH-M09-two-charts"),
        pytest.param(on_answer(lambda answer: answer.update(charts=answer["charts"] + [{**answer["charts"][0], "key": f"k{n}"} for n in range(3)])), "CH-01", id="CH-M09-nine-charts"),
        pytest.param(on_answer(lambda answer: f"```json\n{json.dumps(answer)}\n```"), "CH-09", id="CH-M12-fence"),
        pytest.param(on_answer(lambda answer: json.dumps(answer)[:-30]), "CH-01", id="CH-M13-truncated"),
        pytest.param(first_point(name="TSLA"), "CH-02", id="CH-M14-not-held"),
        pytest.param(every_chart(drop_last), "CH-02", id="last-row-dropped"),
        pytest.param(every_chart(swap_values), "CH-02", id="labels-swapped"),
        pytest.param(every_chart(lambda chart: chart["data"].reverse()), "CH-07", id="sorted-upwards"),
        pytest.param(every_chart(lambda chart: chart.update(key="mix")), "CH-10", id="one-key-for-all"),
        pytest.param(on_answer(lambda answer: answer.update(total=9943.75)), "CH-02", id="total-ten-times-too-small"),
        pytest.param(on_answer(lambda answer: answer.update(notes=[])), "CH-11", id="silent-about-what-is-missing"),
        pytest.param(on_answer(lambda answer: {"charts": [], "total": 0, "error": "Sorry."}), "CH-01", id="always-sorry"),
    ],
)  # fmt: skip
def test_defects_of_the_charter_are_caught(failures, mutant, killed_by):
    assert killed_by in failures("charter", [CASES[killed_by]], change=mutant)


@pytest.mark.parametrize(
    ("spoil", "killed_by"),
    [
        pytest.param(count_missing_as_one, "CH-11", id="CH-M16-missing-price-counts-as-one"),
        pytest.param(forget_cash, "CH-03", id="cash-forgotten"),
    ],
)
def test_defects_of_the_tool_are_caught(failures, spoil, killed_by):
    assert killed_by in failures("charter", [CASES[killed_by]], spoil=spoil)


def recolour(chart):
    shades = [
        "#111827",
        "#1D4ED8",
        "#15803D",
        "#B91C1C",
        "#7E22CE",
        "#A16207",
        "#0F766E",
        "#BE185D",
        "#9A3412",
        "#4338CA",
    ]
    for point, shade in zip(chart["data"], [*shades, "#57534E"], strict=False):
        point["color"] = shade


def pies_become_donuts(chart):
    chart["type"] = {"pie": "donut"}.get(chart["type"], chart["type"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(on_answer(lambda answer: answer["charts"].reverse()), id="B05-charts-in-another-order"),
        pytest.param(every_chart(recolour), id="B05-other-colours"),
        pytest.param(every_chart(pies_become_donuts), id="B05-donut-for-pie"),
        pytest.param(every_chart(lambda chart: chart.update(description="What it is.")), id="B01-other-words"),
        pytest.param(on_answer(lambda answer: json.dumps(answer, indent=2)), id="indented-json"),
    ],
)
def test_harmless_changes_of_the_charter_pass(failures, change):
    assert failures("charter", of("charter"), change=change) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(on_answer(lambda answer: answer.update(rationale="It is what its name says.")), id="B01-other-words"),
        pytest.param(on_answer(lambda answer: answer.update(sources=["prospectus"])), id="other-source"),
        pytest.param(on_answer(lambda answer: json.dumps(answer, indent=2)), id="indented-json"),
        pytest.param(
            on_answer(lambda answer: answer.update(confidence=round(answer["confidence"] * 0.9, 2))), id="a-little-less-sure"
        ),
    ],
)  # fmt: skip
def test_harmless_changes_of_the_tagger_pass(failures, change):
    assert failures("tagger", of("tagger"), change=change) == []
