import asyncio
import json
import re

import pytest

from harness.checks.judged import LlmRubric
from harness.errors import ConfigError, HarnessError, SuiteError
from harness.judge import Judge, make
from harness.judge.families import family_of
from harness.llm import ModelError
from harness.model import Case, CheckSpec, Event, Job, Outcome, Reference, Trace, Turn, Usage, fold
from harness.registry import Services, Subject, build
from harness.rubrics import Abstain, Criterion, Panel, Rubric, Scale
from harness.score import score
from harness.shape import MisfitsError
from harness.testing import ModelReply, ModelServer, QueuedModel
from harness.workspace import JudgeSettings, ModelSettings, Workspace

ANSWER = "Buy VTI.\nIt   may fall by 30 % in a bad year."


def subject(answer=ANSWER, **case):
    trace = fold([Event(0.1, "text_done", {"text": answer}), Event(0.2, "done")])
    return Subject(Case(id="c", input="What should I buy?", **case), Outcome("completed", trace))


def deciding(votes, *, evidence="may fall", usage=None):
    """A judge that follows the form; `votes` by criterion."""

    def answer(request):
        ticket = re.search(r'"ticket" first, exactly (\w+)', request.system)[1]
        items = {
            name: {"evidence": evidence, "rationale": f"because {name}", "verdict": vote}
            for name, vote in votes.items()
        }
        return ModelReply(
            json.dumps({"ticket": ticket, "criteria": items}), stop_reason="end", usage=usage or Usage(100, 50, 0)
        )

    return answer


def judged(judge, what=None, **asked):
    return asyncio.run(judge(what or subject(), **asked))


@pytest.mark.parametrize(("vote", "passed"), [("yes", True), ("no", False), ("cannot_tell", None)])
def test_a_claim_is_what_the_judge_says(vote, passed):
    finding = judged(Judge([QueuedModel(deciding({"claim": vote}), name="judge-1")]), claim="It names a risk.")
    assert (finding.passed, finding.labels["judge"]) == (passed, "judge-1")
    assert "because claim" in finding.reason
    assert finding.actual == {"claim": vote}


def test_evidence_is_found_with_white_space_aside_and_points_into_the_answer():
    finding = judged(Judge([QueuedModel(deciding({"claim": "yes"}, evidence="It may\nfall by"))]), claim="Risk.")
    (found,) = finding.evidence
    assert ANSWER[slice(*found.span)] == "It   may fall by"


RISK = Criterion(id="risk", ask="Risk?", evidence="required", weight=2)
CLEAR = Criterion(id="clear", ask="Clear?")
RUBRIC = Rubric(id="r", criteria=(RISK, CLEAR), threshold=0.7, abstain=Abstain(max_share=0.4))


@pytest.mark.parametrize(
    ("votes", "passed", "score"),
    [
        ({"risk": "yes", "clear": "yes"}, True, 1.0),
        ({"risk": "yes", "clear": "no"}, False, 2 / 3),
        ({"risk": "yes", "clear": "cannot_tell"}, True, 1.0),
        ({"risk": "no", "clear": "cannot_tell"}, False, 0.0),
        ({"risk": "cannot_tell", "clear": "yes"}, None, None),
    ],
)
def test_a_rubric_weighs_its_criteria_and_leaves_too_much_doubt_undecided(votes, passed, score):
    finding = judged(Judge([QueuedModel(deciding(votes))], rubrics={"r": RUBRIC}), rubric="r")
    assert finding.passed is passed
    assert finding.score == pytest.approx(score) if score is not None else finding.score is None


def test_invented_evidence_makes_the_criterion_undecided_after_a_second_try():
    model = QueuedModel(deciding({"risk": "yes", "clear": "yes"}, evidence="guaranteed to rise"))
    finding = judged(Judge([model], rubrics={"r": RUBRIC}), rubric="r")
    assert finding.passed is None
    assert finding.actual == {"risk": "unscored", "clear": "yes"}
    assert len(model.requests) == 2
    assert "evidence for risk" in model.requests[1].messages[0].text


@pytest.mark.parametrize("evidence", ["", "   ", "…", ":"])
def test_a_yes_that_needs_evidence_is_no_yes_without_it(evidence):
    model = QueuedModel(deciding({"risk": "yes", "clear": "yes"}, evidence=evidence))
    assert judged(Judge([model], rubrics={"r": RUBRIC}), rubric="r").actual["risk"] == "unscored"


def spoiled(change):
    def answer(request):
        return change(json.loads(deciding({"claim": "yes"})(request).text))

    return answer


MALFORMED = {
    "prose around": lambda found: f"Here it is: {json.dumps(found)}",
    "two objects": lambda found: json.dumps(found) * 2,
    "trailing comma": lambda found: json.dumps(found)[:-1] + ",}",
    "a repeated verdict": lambda found: json.dumps(found).replace('"verdict"', '"verdict": "no", "verdict"'),
    "out of the enumeration": lambda found: json.dumps(found).replace('"yes"', '"YES"'),
    "a truth value": lambda found: json.dumps(found).replace('"yes"', "true"),
    "a score": lambda found: json.dumps(found).replace('"yes"', "11"),
    "NaN": lambda found: json.dumps(found).replace('"yes"', "NaN"),
    "an extra criterion": lambda found: json.dumps({**found, "criteria": {**found["criteria"], "x": {}}}),
    "a missing criterion": lambda found: json.dumps({**found, "criteria": {}}),
    "an extra key": lambda found: json.dumps({**found, "score": 1}),
    "no ticket": lambda found: json.dumps({"criteria": found["criteria"]}),
    "an empty reply": lambda found: "",
    "a megabyte": lambda found: json.dumps(found) + " " * 1_000_000,
    "two verdicts in a list": lambda found: json.dumps(found).replace('"yes"', '["yes", "no"]'),
    "a score out of ten": lambda found: json.dumps(found).replace('"yes"', '"8/10"'),
    "a negative score": lambda found: json.dumps(found).replace('"yes"', "-1"),
    "prose": lambda found: "I would say that the answer names a risk, so yes.",
    "another's ticket": lambda found: json.dumps({**found, "ticket": "0123456789abcdef"}),
    "deep nesting": lambda found: "[" * 100_000,
    "a refusal": lambda found: ModelReply(json.dumps(found), stop_reason="refusal"),
    "a cut reply": lambda found: ModelReply(json.dumps(found), stop_reason="max_tokens"),
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_a_reply_out_of_form_is_asked_for_once_more_and_then_decides_nothing(name):
    model = QueuedModel(spoiled(MALFORMED[name]))
    finding = judged(Judge([model]), claim="It names a risk.")
    assert (finding.passed, finding.score, len(model.requests)) == (None, None, 2)
    assert finding.labels["judge_error"]
    assert "could not be used" in finding.reason


def test_the_second_try_can_succeed_and_both_are_paid():
    good = deciding({"claim": "yes"})

    def answer(request):
        again = "could not be used" in request.messages[0].text
        return good(request) if again else ModelReply("oops", usage=Usage(100, 50, 0))

    model = QueuedModel(answer)
    finding = judged(Judge([priced(model)]), claim="It names a risk.")
    assert finding.passed is True
    assert finding.cost_usd == pytest.approx(2 * (100 * 3e-6 + 50 * 15e-6))


def priced(model):
    model.provider, model.model_id = "anthropic", "claude-sonnet-4-5"
    return model


def test_a_judge_of_unknown_price_costs_an_unknown_sum():
    model = QueuedModel(deciding({"claim": "yes"}))
    model.provider, model.model_id = "anthropic", "claude-of-tomorrow"
    assert judged(Judge([model]), claim="x").cost_usd is None


def test_an_outage_is_an_error_of_the_check_and_never_of_the_agent():
    services = Services(judge=Judge([QueuedModel([ModelError("overloaded", "busy")])]))
    case = Case(id="c", suite="s", agent="a", input="?", checks=(CheckSpec(type="llm-rubric", params={"value": "x"}),))
    result = asyncio.run(score(Job(case, "a", 0, 0), subject().outcome, services))
    (verdict,) = result.verdicts
    assert (result.status, verdict.passed, verdict.error) == ("undecided", None, True)
    assert verdict.labels["judge"] == "queued"
    assert result.judge_cost_usd == 0.0
    assert "could not be asked: overloaded: busy" in verdict.reason


def test_a_call_that_limits_do_not_allow_is_an_outage():
    finding = judged(Judge([QueuedModel([HarnessError("the budget is spent", remedy="raise it")])]), claim="x")
    assert (finding.passed, finding.error, finding.labels["judge_error"]) == (None, True, "the budget is spent")


def test_an_outage_in_the_second_try_keeps_what_the_first_one_cost():
    model = priced(QueuedModel([ModelReply("oops", usage=Usage(100, 0, 0)), ModelError("timeout", "slow")]))
    finding = judged(Judge([model]), claim="x")
    assert finding.passed is None
    assert finding.cost_usd == pytest.approx(100 * 3e-6)
    assert "timeout" in finding.labels["judge_error"]


def test_without_a_judge_nothing_is_decided_and_an_empty_answer_still_fails():
    check = build(CheckSpec(type="llm-rubric", params={"value": "It names a risk."}))
    finding = check.conclude(subject())
    assert (finding.passed, finding.labels) == (None, {"judge": "none"})
    assert check.conclude(subject(" ")).passed is False
    assert check.conclude(subject(" ")).negatable is False


@pytest.mark.parametrize(("least", "passed"), [(0.6, True), (0.9, False)])
def test_a_suite_can_ask_for_less_or_more_than_the_rubric(least, passed):
    judge = Judge([QueuedModel(deciding({"risk": "yes", "clear": "no"}))], rubrics={"r": RUBRIC})
    what = Subject(subject().case, subject().outcome, Services(judge=judge))
    assert asyncio.run(LlmRubric(rubric="r", threshold=least).conclude(what)).passed is passed


@pytest.mark.parametrize(
    "params", [{}, {"value": "a", "rubric": "b"}, {"value": " "}, {"value": "a", "min": 1.5},
               {"value": "a", "min": 0.5, "threshold": 0.5}]
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(MisfitsError):
        build(CheckSpec(type="llm-rubric", params=params))


def test_a_criterion_that_does_not_apply_is_not_asked():
    rubric = Rubric(id="r", criteria=(Criterion(id="risk", ask="?", applies_if="recommendation"), CLEAR))
    model = QueuedModel(deciding({"clear": "yes"}))
    finding = judged(Judge([model], rubrics={"r": rubric}), subject("VTI is a fund."), rubric="r")
    assert finding.actual == {"clear": "yes"}
    with pytest.raises(MisfitsError, match="condition"):
        Rubric(id="r", criteria=(Criterion(id="risk", ask="?", applies_if="recommends"),))


def test_a_rubric_of_which_nothing_applies_is_undecided():
    rubric = Rubric(id="r", criteria=(Criterion(id="t", ask="?", applies_if="tools"),))
    assert judged(Judge([QueuedModel([])], rubrics={"r": rubric}), rubric="r").passed is None


@pytest.mark.parametrize(("votes", "grade"), [("yes yes", "5"), ("yes no", "2"), ("no yes", "1")])
def test_a_scale_is_derived_from_the_items_and_capped_by_vetoes(votes, grade):
    scale = Scale(map={"5": ">=0.95", "3": ">=0.3", "1": "<0.3"}, veto={"clear": 2, "risk": 1})
    rubric = Rubric(id="r", criteria=(RISK, CLEAR), scale=scale)
    risk, clear = votes.split()
    judge = Judge([QueuedModel(deciding({"risk": risk, "clear": clear}))], rubrics={"r": rubric})
    assert judged(judge, rubric="r").labels["grade"] == grade


def panel(*votes, rule="majority", min_votes=2):
    names = [f"j{number}" for number in range(len(votes))]
    models = [QueuedModel(deciding({"clear": vote}) if isinstance(vote, str) else vote, name=name)
              for name, vote in zip(names, votes, strict=True)]  # fmt: skip
    rubric = Rubric(
        id="r", criteria=(CLEAR,), panel=Panel(judges=tuple(names), rule=rule, min_votes=min_votes),
    )  # fmt: skip
    return judged(Judge(models, rubrics={"r": rubric}), rubric="r")


def test_a_panel_decides_by_majority_and_a_tie_decides_nothing():
    assert panel("yes", "yes", "no").passed is True
    assert panel("yes", "no").passed is None
    assert panel("yes", "yes", "no", rule="unanimous").passed is None
    assert panel("yes", "cannot_tell", "cannot_tell").passed is None
    assert panel("no", "no", [ModelError("timeout", "slow")]).passed is False
    assert panel("yes", "yes", "no").labels["judge"] == "j0, j1, j2"


def test_a_panel_that_is_down_is_an_outage():
    finding = panel([ModelError("timeout", "slow")], [ModelError("overloaded", "busy")])
    assert (finding.passed, finding.error) == (None, True)
    assert "timeout: slow" in finding.labels["judge_error"]


def test_a_judge_of_the_agents_own_family_is_warned_about():
    trace = Trace(answer=ANSWER, steps=fold([Event(0.1, "llm_call", {"model": "claude-haiku-4-5"})]).steps)
    model = QueuedModel(deciding({"claim": "yes"}), name="us.anthropic.claude-sonnet-4-5")
    finding = judged(Judge([model]), Subject(Case(id="c"), Outcome("completed", trace)), claim="x")
    assert "Claude" in finding.labels["warning"]
    assert [family_of(name) for name in ("openai/gpt-4o", "amazon.nova-lite-v1:0", "mine")] == ["GPT", "Nova", None]


def test_the_judge_sees_what_the_rubric_lets_it_see_and_no_more():
    steps = [
        Event(0.1, "tool_call", {"id": "1", "name": "price", "args": {"symbol": "VTI"}}),
        Event(0.2, "tool_result", {"id": "1", "result": {"usd": 290}}),
        Event(0.3, "text_done", {"text": "First."}),
        Event(0.3, "done"),
        Event(0.4, "text_done", {"text": ANSWER}),
        Event(0.5, "done"),
    ]
    case = Case(id="c", turns=(Turn(input="Hi"), Turn(input="And now?")), reference=Reference(answer="Buy BND."))
    model = QueuedModel(deciding({"clear": "yes"}))
    for inputs in (("question", "answer", "tool_facts", "reference"), ("answer",)):
        rubric = Rubric(id="r", criteria=(CLEAR,), inputs=inputs)
        judged(Judge([model], rubrics={"r": rubric}), Subject(case, Outcome("completed", fold(steps))), rubric="r")
    full, bare = (request.messages[0].text for request in model.requests)
    for text in ("user: Hi\nagent: First.\nuser: And now?", 'price({"symbol": "VTI"}) -> {"usd": 290}', "Buy BND."):
        assert text in full
        assert text not in bare
    assert "may fall by 30" in bare


def test_an_offline_judge_only_hints():
    listening = Criterion(id="risk", ask="?", signals=("may fall", "volatility"))
    rubric = Rubric(id="r", criteria=(listening, CLEAR), signals={"clear": ["nothing of this"]})
    finding = judged(Judge([], rubrics={"r": rubric}), rubric="r")
    assert (finding.passed, finding.score, finding.labels["judge"]) == (False, 0.5, "offline-heuristic")
    assert judged(Judge([]), claim="It is good.").passed is None


RUBRIC_FILE = "id: clear\ncriteria:\n  - {id: clear, ask: Is it clear?}\n"


def workspace(tmp_path, **models):
    (tmp_path / "judges").mkdir()
    (tmp_path / "judges" / "clear.yaml").write_text(RUBRIC_FILE)
    return Workspace.at(tmp_path, models=models, judge=JudgeSettings(model=next(iter(models), None), canary=False))


def test_a_workspace_without_a_judge_has_none(tmp_path):
    assert make(workspace(tmp_path), {}) is None


def test_a_workspace_judges_with_its_model_over_the_wire(tmp_path):
    with ModelServer(deciding({"clear": "yes"})) as server:
        judge = make(workspace(tmp_path, j=server.settings("anthropic", "claude-sonnet-5")), server.environ)

        async def run():
            try:
                return await judge(subject(), rubric="clear")
            finally:
                await judge.close()

        finding = asyncio.run(run())
    assert finding.passed is True
    assert finding.labels["judge"] == "claude-sonnet-5"
    assert finding.cost_usd == pytest.approx(100 * 2e-6 + 50 * 10e-6)


def test_a_judge_that_cannot_be_connected_is_the_users_mistake(tmp_path):
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        make(workspace(tmp_path, j=ModelSettings(provider="anthropic", id="claude-x")), {})


@pytest.mark.parametrize(("named", "problem"), [("nobody", "unknown judge"), ("offline", "cannot vote")])
def test_a_panel_of_judges_that_cannot_vote_is_refused_with_its_rubric(tmp_path, named, problem):
    claude = ModelSettings(provider="anthropic", id="claude-sonnet-5")
    space = workspace(tmp_path, j=claude)
    (tmp_path / "judges" / "clear.yaml").write_text(f"{RUBRIC_FILE}panel: {{judges: [j, {named}]}}\n")
    with pytest.raises(ConfigError, match=problem) as caught:
        make(space, {"ANTHROPIC_API_KEY": "sk-test"})
    assert "clear.yaml" in caught.value.where


def test_a_judge_without_the_panels_models_says_which_one_is_missing():
    rubric = Rubric(id="r", criteria=(CLEAR,), panel=Panel(judges=("a", "b")))
    with pytest.raises(SuiteError, match="unknown judge 'b'"):
        judged(Judge([QueuedModel([], name="a")], rubrics={"r": rubric}), rubric="r")


def test_a_workspace_with_an_offline_judge_gets_hints(tmp_path):
    space = workspace(tmp_path, j=ModelSettings(provider="offline"))
    assert judged(make(space, {}), rubric="clear").labels["judge"] == "none"


def test_an_unknown_rubric_is_named_with_the_nearest():
    with pytest.raises(SuiteError, match="unknown rubric 'clearr'"):
        judged(Judge([QueuedModel([])], rubrics={"clear": RUBRIC}), rubric="clearr")


@pytest.mark.parametrize("text", ["[]", "null", '"yes"', "1" * 200_001, '{"a": ' * 5000])
def test_what_is_no_object_of_a_reasonable_size_is_no_verdict(text):
    assert "judge_error" in judged(Judge([QueuedModel([ModelReply(text)] * 2)]), claim="x").labels
