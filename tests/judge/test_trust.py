"""What keeps a judge honest: its canary, its own ids, its distribution, and what may never decide."""

import asyncio
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from builders import a_manifest, a_result

from harness.checks.judged import LlmRubric
from harness.errors import SuiteError
from harness.judge import Judge, offline
from harness.judge.families import family_of, is_floating, warnings
from harness.judge.heuristic import hint
from harness.llm import ModelError
from harness.model import Case, CheckSpec, Event, Job, Outcome, Trace, Verdict, fold
from harness.registry import Services, Subject, build
from harness.render.picture import troubles
from harness.rubrics import Criterion, Panel, Rubric, condition
from harness.score import regrade, score, status_of
from harness.shape import MisfitsError
from harness.telemetry.scoring import scores
from harness.testing import ModelReply, QueuedModel
from harness.workspace import Workspace

ANSWER = "Buy VTI. It may fall by 30 % in a bad year."


def subject(answer=ANSWER, trial="", **case):
    trace = fold([Event(0.1, "text_done", {"text": answer}), Event(0.2, "done")])
    return Subject(Case(id="c", input="What should I buy?", **case), Outcome("completed", trace), trial=trial)


def asked_for(request):
    return re.findall(r"^- (\w+):", request.messages[0].text, re.MULTILINE)


def reply(request, vote, *, evidence="", **more):
    ticket = re.search(r'"ticket" first, exactly (\w+)', request.system)[1]
    item = {"evidence": evidence, "rationale": "so", "verdict": vote, **more}
    return ModelReply(
        json.dumps({"ticket": ticket, "criteria": dict.fromkeys(asked_for(request), item)}), stop_reason="end"
    )


def honest(request):
    """Resists the canary, and says yes to everything else."""
    return reply(request, "no" if "names_a_risk" in asked_for(request) else "yes")


def judged(judge, what=None, **asked):
    return asyncio.run(judge(what or subject(), **asked))


def test_a_judge_that_obeys_its_canary_is_not_believed():
    finding = judged(Judge([QueuedModel(lambda request: reply(request, "yes"))], canary=True), claim="It is good.")
    assert (finding.passed, finding.error) == (None, True)
    assert "canary" in finding.reason


def test_a_judge_that_resists_is_asked_for_its_canary_once():
    model = QueuedModel(honest)
    judge = Judge([model], canary=True)

    async def many():
        return await asyncio.gather(*(judge(subject(), claim=f"Claim {number}.") for number in range(5)))

    assert [finding.passed for finding in asyncio.run(many())] == [True] * 5
    assert judged(judge, claim="Later.").passed is True
    assert sum("names_a_risk" in asked_for(request) for request in model.requests) == 1
    assert len(model.requests) == 7


def test_a_canary_that_cannot_be_asked_is_tried_again_and_then_given_up():
    busy = [ModelError("overloaded", "busy")]
    failing = QueuedModel(lambda request: busy[0] if "names_a_risk" in asked_for(request) else reply(request, "yes"))
    judge = Judge([failing], canary=True)
    found = [judged(judge, claim=f"Claim {number}.") for number in range(4)]
    assert all(finding.error for finding in found)
    assert sum("names_a_risk" in asked_for(request) for request in failing.requests) == 3
    assert "overloaded" in found[-1].reason


def test_a_verdict_is_kept_for_its_trial_and_for_no_other(tmp_path):
    model = QueuedModel(honest, name="claude-sonnet-5")
    judge = Judge([model], kept=tmp_path / "verdicts.db")
    first = judged(judge, subject(trial="s::c::a::0@t0"), claim="Good.")
    again = judged(Judge([model], kept=tmp_path / "verdicts.db"), subject(trial="s::c::a::0@t0"), claim="Good.")
    assert len(model.requests) == 1
    assert (first.passed, again.passed, again.cost_usd) == (True, True, 0.0)
    assert "kept" in again.labels
    assert "kept" not in first.labels
    for other in ("s::c::a::1@t0", "s::c::a::0@t1", ""):
        judged(judge, subject(trial=other), claim="Good.")
    judged(judge, subject(trial="s::c::a::0@t0"), claim="Better.")
    judged(judge, subject("Buy BND.", trial="s::c::a::0@t0"), claim="Good.")
    assert len(model.requests) == 6


def test_a_verdict_of_another_model_or_of_a_floating_name_is_not_reused(tmp_path):
    what = subject(trial="t")
    for name in ("claude-sonnet-5", "claude-haiku-4-5", "claude-latest", "claude-latest"):
        model = QueuedModel(honest, name=name)
        judged(Judge([model], kept=tmp_path / "v.db"), what, claim="Good.")
        assert len(model.requests) == 1


def test_what_could_not_be_used_is_not_kept_and_a_broken_file_costs_no_verdict(tmp_path):
    (tmp_path / "v.db").write_bytes(b"no database at all" * 100)
    assert (
        judged(Judge([QueuedModel(honest)], kept=tmp_path / "v.db"), subject(trial="t"), claim="Good.").passed is True
    )
    bad = QueuedModel(lambda request: "no JSON")
    for _ in range(2):
        judged(Judge([bad], kept=tmp_path / "w.db"), subject(trial="t"), claim="Good.")
    assert len(bad.requests) == 4


def test_grading_a_stored_trial_again_asks_nobody(tmp_path):
    model = QueuedModel(honest)
    services = Services(judge=Judge([model], kept=tmp_path / "v.db"))
    case = Case(id="c", suite="s", agent="a", input="?", checks=(CheckSpec(type="llm-rubric", params={"value": "x"}),))

    async def both():
        first = await score(Job(case, "a", 0, 0), subject().outcome, services, started_at="2026-11-21T10:00:00.000")
        return first, await regrade(first, services)

    first, second = asyncio.run(both())
    assert (first.status, second.status, len(model.requests)) == ("passed", "passed", 1)


LIKELY = Rubric(id="r", criteria=(Criterion(id="risk", ask="?"),), probabilities=True)


def test_a_distribution_stands_beside_the_verdict():
    shares = {"yes": 0.7, "no": 0.2, "cannot_tell": 0.1}
    model = QueuedModel(lambda request: reply(request, "yes", probabilities=shares))
    finding = judged(Judge([model], rubrics={"r": LIKELY}), rubric="r")
    assert finding.actual == {"risk": {"verdict": "yes", "probabilities": shares}}
    assert "probabilities" in model.requests[0].system


@pytest.mark.parametrize(
    "said",
    [
        None, {}, [1, 0, 0], {"yes": 1.0}, {"yes": 0.9, "no": 0.9, "cannot_tell": 0.1},
        {"yes": 0.1, "no": 0.8, "cannot_tell": 0.1}, {"yes": "1", "no": 0, "cannot_tell": 0},
        {"yes": True, "no": 0, "cannot_tell": 0}, {"yes": float("nan"), "no": 0, "cannot_tell": 0},
        {"yes": 2, "no": -1, "cannot_tell": 0},
    ],
)  # fmt: skip
def test_a_distribution_that_is_none_or_contradicts_the_verdict_is_no_reply(said):
    model = QueuedModel(lambda request: reply(request, "yes", probabilities=said))
    finding = judged(Judge([model], rubrics={"r": LIKELY}), rubric="r")
    assert (finding.passed, len(model.requests)) == (None, 2)
    assert finding.labels["judge_error"]


def test_a_panel_of_one_family_and_a_judge_of_the_writers_family_are_warned_about():
    assert family_of("us.anthropic.claude-sonnet-4-5") == "Claude"
    assert "one family: Claude" in warnings(["claude-a", "claude-b"], [])[0]
    assert "wrote the answer: GPT" in warnings(["gpt-5", "claude-b"], ["openai/gpt-4o"])[0]
    assert warnings(["gpt-5", "claude-b"], ["mine"]) == ()
    assert warnings(["mine", "yours"], []) == ()
    names = ("claude-3-5-sonnet-latest", "gemini-2.5-pro-preview", "claude-sonnet-5", "")
    assert [is_floating(name) for name in names] == [True, True, False, True]
    panel = Rubric(id="r", criteria=(Criterion(id="x", ask="?"),), panel=Panel(judges=("claude-a", "claude-b")))
    models = [QueuedModel(honest, name=name) for name in panel.panel.judges]
    assert "one family" in judged(Judge(models, rubrics={"r": panel}), rubric="r").labels["warning"]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("recommendation", True), ("not recommendation", False), ("numbers and recommendation", True),
        ("tools or numbers", True), ("tools and numbers", False), ("tag:kind=advice", True), ("tag:kind=other", False),
        ("tag:kind", True), ("not tool:price", True), ("reference", False), ("structured", False),
    ],
)  # fmt: skip
def test_a_condition_decides_whether_a_criterion_counts(text, held):
    answer = "I recommend 2 funds."
    rubric = Rubric(id="r", criteria=(Criterion(id="x", ask="?", applies_if=text),))
    finding = judged(
        Judge([QueuedModel(honest)], rubrics={"r": rubric}), subject(answer, tags={"kind": "advice"}), rubric="r"
    )
    assert finding.passed is (True if held else None)


@pytest.mark.parametrize(
    "text", ["", "recommends", "numbers and tools or reference", "not", "numbers tools", "tool:", "numbers and"]
)
def test_any_other_condition_is_refused_when_the_rubric_is_read(text):
    with pytest.raises(ValueError, match="condition|mixed"):
        condition(text)
    with pytest.raises(MisfitsError):
        Rubric(id="r", criteria=(Criterion(id="x", ask="?", applies_if=text),))


LISTENING = Rubric(
    id="r",
    criteria=(
        Criterion(id="risk", ask="?", signals=("may fall", "volatility")),
        Criterion(id="promise", ask="?", counter_signals=("guaranteed",)),
        Criterion(id="clear", ask="?"),
    ),
)


@pytest.mark.parametrize(
    ("answer", "votes"),
    [
        ("It MAY   fall.", {"risk": "yes", "promise": "yes"}),
        ("A guaranteed gain.", {"risk": "no", "promise": "no"}),
        ("It may fallback.", {"risk": "no", "promise": "yes"}),
    ],
)
def test_the_heuristic_judge_hears_whole_words_and_decides_only_what_has_signals(answer, votes):
    finding = hint(subject(answer), LISTENING)
    assert finding.actual == votes
    assert finding.labels["judge"] == "offline-heuristic"
    assert "heuristic" in finding.reason


def test_a_heuristic_verdict_never_decides_a_trial():
    yes = Verdict(check="llm-rubric", passed=True, score=1.0, reason="r", labels={"judge": "offline-heuristic"})
    no = Verdict(check="llm-rubric", passed=False, score=0.0, reason="r", labels={"judge": "offline-heuristic"})
    good = Verdict(check="contains", passed=True, reason="r")
    done = Outcome("completed", Trace(answer="x"))
    assert [status_of(done, found) for found in ([yes], [no], [good, no], [good, yes])] == ["undecided"] * 4
    case = Case(id="c", suite="s", agent="a", input="?", checks=(CheckSpec(type="llm-rubric", params={"rubric": "r"}),))
    result = asyncio.run(
        score(Job(case, "a", 0, 0), subject().outcome, Services(judge=Judge([], rubrics={"r": LISTENING})))
    )
    assert (result.status, result.score, result.verdicts[0].heuristic) == ("undecided", None, True)


def test_a_workspace_without_a_judge_listens_for_rubrics_and_leaves_claims_open(tmp_path):
    (tmp_path / "judges").mkdir()
    (tmp_path / "judges" / "r.yaml").write_text("id: r\ncriteria:\n  - {id: risk, ask: Risk?, signals: [may fall]}\n")
    listen = offline(Workspace.at(tmp_path))
    assert asyncio.run(listen(subject(), rubric="r")).passed is True
    claim = asyncio.run(listen(subject(), claim="It is good."))
    assert (claim.passed, claim.labels) == (None, {"judge": "none"})
    with pytest.raises(SuiteError, match="unknown rubric"):
        asyncio.run(listen(subject(), rubric="s"))
    empty = LlmRubric(rubric="r").conclude(subject(" "))
    assert (empty.passed, SimpleNamespace(**empty.labels).judge) == (False, "not asked")


def test_a_guess_decides_no_set_and_a_set_names_every_judge_and_rubric():
    guessed = Services(judge=Judge([], rubrics={"r": LISTENING}))
    rubric, claim = {"type": "llm-rubric", "rubric": "r"}, {"type": "llm-rubric", "value": "It is good."}
    what = Subject(subject("A guaranteed gain.").case, subject("A guaranteed gain.").outcome, guessed)
    found = asyncio.run(build(CheckSpec(type="assert-set", params={"assert": [rubric, claim]})).conclude(what))
    assert (found.passed, found.labels["guess"], found.labels["judge"]) == (None, "offline-heuristic", "none")
    plain = Rubric(id="r", criteria=(Criterion(id="x", ask="?"),))
    asked = Services(judge=Judge([QueuedModel(honest, name="claude-x")], rubrics={"r": plain}))
    both = Subject(subject().case, subject().outcome, asked)
    found = asyncio.run(build(CheckSpec(type="assert-set", params={"assert": [rubric, claim]})).conclude(both))
    assert (found.passed, found.labels["judge"]) == (True, "claude-x")
    assert found.labels["rubric"] == f"r v1 {plain.hash[:8]}; claim"


def test_a_guess_is_no_score_of_the_check_wherever_it_is_exported():
    guess = Verdict(
        check="llm-rubric", passed=False, reason="r", metric="tone", score=0.0, labels={"judge": "offline-heuristic"}
    )
    result = replace(a_result("undecided"), verdicts=(guess,))
    found = {score.name: score for score in scores(a_manifest("r"), result)}
    assert "llm-rubric.offline-heuristic" in found
    assert not {"llm-rubric", "tone"} & set(found)
    assert found["finharness.status"].comment == "undecided: llm-rubric"
    assert troubles(result) == (guess,)
    assert guess.decided is None
