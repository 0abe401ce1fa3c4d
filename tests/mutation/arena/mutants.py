"""One defect for each place, and one for each way to end."""

from dataclasses import replace

from harness.adapters import AgentReply
from harness.mutation import benign, edit_json, edit_text, mutant

ONE = {"agent": "adviser", "severity": 3, "cases": ["AD-1"]}


@mutant("P-reply", **ONE, seam="T", expects=["contains"])
async def reply(said, moment):
    """The model says something else."""
    assert moment.request.system == "Bank"
    assert moment.turn == 0
    assert moment.world.cash == 100
    return replace(said, text="nothing")


class Mute:
    def __init__(self, model):
        self.name, self.provider, self.model_id = model.name, model.provider, model.model_id
        self._model = model

    async def complete(self, request, *, on_delta=None):
        return replace(await self._model.complete(request), text="mute")

    async def close(self):
        pass


@mutant("P-model", **ONE, seam="T", expects=["contains"], on="model")
def model(found):
    return Mute(found)


@mutant("P-answer", **ONE, seam="T", expects=["diff"], on="answer")
def answer(said):
    return edit_json(said, lambda data: data.update(balance=5))


@mutant("P-result", **ONE, seam="R", expects=["MONEY"])
def result(found, moment):
    return 7.0 if (moment.name, dict(moment.args)) == ("lookup", {"account": "savings"}) else None


@mutant("P-code-later", **ONE, seam="R", expects=["contains"], replaces="agents.py:fetch")
async def fetched(original, what):
    return f"[{await original(what)}]"


@mutant("P-request", **ONE, seam="C", expects=["contains"])
async def request(asked):
    return replace(asked, system="Bakery")


@mutant("P-settings", **ONE, seam="C", expects=["contains"], on="settings")
def settings(found):
    found["currency"] = "EUR"


@mutant("P-input", **ONE, seam="C", expects=["diff"], on="input")
def given(asked):
    return replace(asked, input="pension")


@mutant("P-agent", **ONE, seam="C", expects=["contains", "diff"], on="agent")
def other(agent):
    async def quiet(request, context):
        found = await agent(request, context)
        return replace(found, text="quiet")

    return quiet


@mutant("P-spec", **ONE, seam="S", expects=["artifact:ledger"], on="spec")
def spec(found):
    return {**found, "cash": 5}


@mutant("P-world", **ONE, seam="S", expects=["ledger"])
async def world(found):
    found.cash = 6.0


@mutant("P-artifact", **ONE, seam="S", expects=["artifact"], on="artifact")
def artifact(found, moment):
    return {"cash": 0.0} if moment.name == "ledger" else None


@mutant("P-event", **ONE, seam="S", expects=["trajectory:step-count"], on="event")
def event(found):
    kind, data = found
    return [found, (kind, {**data, "id": f"{data['id']}-again"})] if kind == "tool_call" else None


@mutant("P-code", **ONE, seam="R", expects=["contains"], replaces="agents.py:rounded")
def code(original, amount):
    return original(amount * 10)


@mutant(
    "P-two", agent="strict", seam="C", severity=2, expects=["equals"], replaces="agents.py:Ledger.total", cases=["SR-1"]
)
def total(original, ledger, amounts):
    return original(ledger, amounts) + 1


@total.also(replaces="agents.py:Ledger.name")
def named(original, ledger):
    return f"{original(ledger)}!"


@total.also(replaces="agents.py:Ledger.unit")
def unit(original):
    return original().lower()


@mutant("P-stream", agent="streamer", seam="T", severity=1, expects=["equals"], on="answer")
def stream(said):
    return edit_text(said, str.upper)


@mutant("P-session", agent="session", seam="C", severity=1, expects=["contains"], on="input")
def second_turn(asked):
    return replace(asked, input="other") if asked.turn == 1 else None


@mutant("W-other", **ONE, seam="T", expects=["diff"], on="answer")
def wrong_expectation(said):
    return replace(said, text="changed")


@mutant("W-survived", agent="adviser", seam="T", severity=2, expects=["contains"], on="answer", cases=["AD-2"])
def survived(said):
    """An amount is changed that no check looks at."""
    return edit_text(said, lambda text: text.replace("1,100.00", "1,900.00"))


@mutant("W-idle", agent="adviser", seam="R", severity=1, expects=["contains"], cases=["AD-2"])
def idle(found):
    return None


@mutant(
    "W-broken", agent="adviser", seam="C", severity=1, expects=["contains"], replaces="agents.py:lookup", cases=["AD-2"]
)
def broken(original, account):
    raise KeyError("ledger")


@mutant("W-own-fault", agent="adviser", seam="R", severity=1, expects=["contains"], cases=["AD-2"])
def own_fault(found):
    return found / 0


@mutant(
    "W-crash-expected",
    agent="adviser",
    seam="C",
    severity=1,
    expects=["agent"],
    replaces="agents.py:lookup",
    cases=["AD-2"],
)
def crash_expected(original, account):
    raise KeyError("ledger")


@mutant("W-budget", agent="adviser", seam="T", severity=1, expects=["budget"], cases=["AD-2"], on="agent")
def spendthrift(agent):
    async def again(request, context):
        await agent(request, context)
        return await agent(request, context)

    return again


@mutant("W-unsteady", agent="unsteady", seam="T", severity=1, expects=["regex"], on="answer")
def odd(said):
    return edit_text(said, lambda text: text.replace(" dollars", "1 dollars"))


@mutant("W-failing-control", agent="strict", seam="T", severity=1, expects=["contains"], on="answer", cases=["SR-2"])
def failing_control(said):
    return AgentReply("other")


@mutant(
    "W-equivalent",
    agent="adviser",
    seam="T",
    severity=1,
    expects=["contains"],
    cases=["AD-2"],
    on="answer",
    equivalent="a comma",
)
def comma(said):
    return edit_text(said, lambda text: f"{text},")


@benign("B-quiet", agent="adviser", seam="T", on="answer", cases=["AD-2"], seeds=3)
def polite(said, moment):
    return edit_text(said, lambda text: f"{text} {moment.random.choice(['Thanks', 'Regards'])}.")


@benign("B-alarm", agent="streamer", seam="T", on="answer", seeds=2)
def louder(said):
    return edit_text(said, lambda text: f"{text}!")
