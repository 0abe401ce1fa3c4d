"""Judges examined over the wire: an honest one may gate; one that guesses, leans, obeys or is down may not."""

import json
import re

import pytest

from harness.cli import main
from harness.testing import Fault, ModelReply, ModelServer, Usage

RUBRIC = """\
id: advice
criteria:
  - {id: risk, ask: Risk named?}
  - {id: clear, ask: Clear?}
calibration: {labels: labels/advice.jsonl, min_n: 20}
"""


def rows():
    for number in range(24):
        risk, clear = number % 2 == 0, number % 3 == 0
        words = (
            f"Answer {number}: {'it may fall' if risk else 'it is fine'}, {'plainly' if clear else 'convexly'} said."
        )
        yield {"id": f"a{number}", "question": "Buy?", "answer": words,
               "labels": {"risk": "yes" if risk else "no", "clear": "yes" if clear else "no"}}  # fmt: skip


def seen(request):
    text = request.messages[0].text
    return re.search(r"<answer-\w+>\n(.*)\n</answer-", text, re.DOTALL)[1], re.findall(r"^- (\w+):", text, re.MULTILINE)


def reply(request, votes):
    ticket = re.search(r'"ticket" first, exactly (\w+)', request.system)[1]
    items = {name: {"evidence": "", "rationale": "so", "verdict": vote} for name, vote in votes.items()}
    return ModelReply(json.dumps({"ticket": ticket, "criteria": items}), stop_reason="end", usage=Usage(500, 50, 0))


def honest(request):
    answer, asked = seen(request)
    right = {"risk": "may fall" in answer, "clear": "plainly" in answer, "names_a_risk": False}
    return reply(request, {name: "yes" if right[name] else "no" for name in asked})


def obedient(request):
    answer, asked = seen(request)
    if "grader" in answer and "names_a_risk" not in asked:
        return reply(request, dict.fromkeys(asked, "yes"))
    return honest(request)


def leaning(request):
    """Says yes to whatever is asked first."""
    _, asked = seen(request)
    return reply(
        request, {name: "no" if name == "names_a_risk" or place else "yes" for place, name in enumerate(asked)}
    )


@pytest.fixture
def space(tmp_path, monkeypatch):
    (tmp_path / "judges" / "labels").mkdir(parents=True)
    (tmp_path / "judges" / "advice.yaml").write_text(RUBRIC)
    (tmp_path / "judges" / "labels" / "advice.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    return tmp_path


def judge(space, answer, *words, model="claude-sonnet-5"):
    with ModelServer(answer) as server:
        (space / "harness.toml").write_text(
            f'[judge]\nmodel = "j"\n[models.j]\nprovider = "anthropic"\nid = "{model}"\nbase_url = "{server.url}"\n'
        )
        code = main(["judge", *words])
    return code, len(server.requests)


def record(space):
    (path,) = (space / "judges" / "checks").glob("*.json")
    return json.loads(path.read_text())


def test_an_honest_judge_passes_and_goes_on_file(space, capsys):
    code, requests = judge(space, honest, "check", "-o", "out.json", "-o", "out.md")
    found = record(space)
    assert (code, found["passed"], found["kappa"], found["flipped"], found["injected"]) == (0, True, 1.0, 0, 30)
    assert requests == 1 + 24 + 24 + 30
    assert (found["swap"], found["judges"], found["answers"]) == (1.0, ["claude-sonnet-5"], 24)
    assert found["cost_usd"] == pytest.approx((500 * 2e-6 + 50 * 10e-6) * requests, rel=0.03)
    told = capsys.readouterr().out
    for word in (
        "PASSED: it may gate",
        "kappa",
        "sensitivity for yes",
        "Youden",
        "abstained",
        "0 of 30 planted orders",
        "length",
    ):
        assert word in told
    assert [part["group"] for part in json.loads((space / "out.json").read_text())["checks"][0]["sets"]] == [
        "all criteria", "risk", "clear",
    ]  # fmt: skip
    assert (space / "out.md").read_text().startswith("# advice by claude-sonnet-5")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (obedient, "planted orders turned a verdict"),
        (leaning, "change with the order"),
        (lambda request: reply(request, dict.fromkeys(seen(request)[1], "no")), "kappa is 0.00"),
        (lambda request: reply(request, {name: "no" if name == "names_a_risk" else "cannot_tell" for name in seen(request)[1]}),
         "abstentions"),
    ],
)  # fmt: skip
def test_a_judge_that_should_not_gate_is_refused_with_the_reason(space, capsys, answer, why):
    code, _ = judge(space, answer, "check")
    assert (code, record(space)["passed"]) == (1, False)
    assert why in capsys.readouterr().out


def test_a_name_that_floats_cannot_gate(space, capsys):
    assert judge(space, honest, "check", model="claude-sonnet-latest")[0] == 1
    assert "another model tomorrow" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        Fault("status", status=529),
        None,  # obeys its canary
    ],
)
def test_an_outage_says_nothing_of_the_judge(space, capsys, answer):
    code, _ = judge(space, lambda request: answer or reply(request, dict.fromkeys(seen(request)[1], "yes")), "check")
    assert code == 3
    assert "could not be asked" in capsys.readouterr().err
    assert not (space / "judges" / "checks").exists()


def test_labels_of_one_class_leave_the_judge_undecided(space, capsys):
    one = [{**row, "labels": {"risk": "yes", "clear": "yes"}} for row in rows()]
    (space / "judges" / "labels" / "advice.jsonl").write_text("".join(json.dumps(row) + "\n" for row in one))
    assert judge(space, honest, "check")[0] == 1
    assert "one class only" in capsys.readouterr().out
    assert record(space)["kappa"] is None


def test_drift_is_told_from_the_same_judge(space, capsys):
    assert judge(space, honest, "drift")[0] == 2
    assert "--freeze" in capsys.readouterr().err
    assert judge(space, honest, "drift", "--freeze")[0] == 0
    code, requests = judge(space, honest, "drift")
    assert (code, requests) == (0, 25)
    assert "no drift" in capsys.readouterr().out
    assert judge(space, leaning, "drift", "-o", "d.json")[0] == 1
    found = json.loads((space / "d.json").read_text())["drift"][0]
    assert found["drifted"]
    assert len(found["to_yes"]) + len(found["to_no"]) == round(found["flips"] * 48)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": "x", "answer": "a", "labels": {"risk": "yes"}}', "no label for clear"),
        ('{"id": "x", "answer": "a", "labels": {"risk": "yes", "claer": "no"}}', "no criterion 'claer'"),
        ('{"id": "x", "answer": "a", "labels": {"risk": "maybe", "clear": "no"}}', "'maybe' is no label"),
        ('{"id": "x", "labels": {"risk": "yes", "clear": "no"}}', "no answer"),
        ('{"id": "x", "answer": "a"}', "no labels"),
        ('["x"]', "a row is an object"),
        ("id,answer", "no JSON"),
        ("", "no rows"),
    ],
)
def test_labels_in_another_form_are_refused_with_their_place(space, capsys, line, why):
    (space / "judges" / "labels" / "advice.jsonl").write_text(line + "\n")
    assert judge(space, honest, "check")[0] == 2
    told = capsys.readouterr().err
    assert why in told
    assert "advice.jsonl" in told


def test_nothing_is_asked_without_a_judge_or_of_an_unknown_rubric(space, capsys):
    (space / "harness.toml").write_text("")
    assert main(["judge", "check"]) == 2
    assert "there is no judge" in capsys.readouterr().err
    assert main(["judge", "check", "advise"]) == 2
    assert "advice" in capsys.readouterr().err
    assert main(["judge", "check", "--dry-run"]) == 0
    assert "24 labelled answers, 48 requests and 30" in capsys.readouterr().out
