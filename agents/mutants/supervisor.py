"""Defects of Clera, the supervisor, of her memory, and of what her team hands to her."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from harness.llm.request import ToolCall
from harness.mutation import edit_json, edit_text, mutant

_TEAM = "agents/clera/team.py:Team"


def _routes(moment: Any) -> bool:
    """Whether it is the supervisor who speaks, and not a member of her team."""
    return any(name.startswith("transfer_to") for name in moment.tools)


def _sent(reply: Any, moment: Any, before: str, after: str) -> Any:
    """A handoff to somebody else."""
    if not _routes(moment):
        return None
    names = {f"transfer_to_{before}": f"transfer_to_{after}"}
    calls = tuple(replace(call, name=names.get(call.name, call.name)) for call in reply.tool_calls)
    return replace(reply, tool_calls=calls) if calls else None


@mutant("SV-M01", agent="clera", seam="T", severity=2, expects=["route"], cases=["SV-01", "SV-02"])
def holdings_to_analyst(reply: Any, moment: Any) -> Any:
    """Questions about holdings go to the analyst."""
    return _sent(reply, moment, "portfolio", "analyst")


@mutant("SV-M02", agent="clera", seam="T", severity=1, expects=["route"], cases=["SV-09", "SV-16"])
def asks_for_nothing(reply: Any, moment: Any) -> Any:
    """A definition is looked up in the accounts."""
    if not _routes(moment) or reply.tool_calls or moment.called:
        return None
    return replace(reply, text="", tool_calls=(ToolCall("x", "transfer_to_portfolio", {"task": "What do I own?"}),))


@mutant(
    "SV-M03",
    agent="clera",
    seam="T",
    severity=2,
    origin="S",
    expects=["discreet"],
    on="answer",
    cases=["SV-01", "SV-09"],
)
def nothing_said(answer: Any) -> Any:
    """The answer is empty."""
    return replace(answer, text=" ")


@mutant(
    "SV-M04",
    agent="clera",
    seam="T",
    severity=2,
    origin="S",
    expects=["discreet"],
    on="answer",
    cases=["SV-04", "SV-07"],
)
def machinery_shown(answer: Any) -> Any:
    """Agents, tools and a raw error are shown to the client."""
    leak = "transfer_to_financial_analyst_agent returned Exception: HTTP 500."
    return replace(answer, text=f"{answer.text} {leak}")


@mutant("SV-M05", agent="clera", seam="C", severity=3, origin="S", expects=["icontains"], replaces=f"{_TEAM}._without",
        cases=["FB-01", "FB-02", "FB-03", "FB-04"])  # fmt: skip
async def no_such_key(original: Any, team: Any, member: str, task: str) -> Any:
    """The fallback map has no such key, so that there is no fallback."""
    raise KeyError(f"{member}_management_agent")


@mutant("SV-M06", agent="clera", seam="C", severity=3, expects=["icontains"], replaces=f"{_TEAM}._disclose",
        cases=["FB-01", "FB-02", "FB-03", "FB-04", "FB-05"])  # fmt: skip
def undisclosed(original: Any, team: Any, member: str) -> None:
    """Nobody is told that a part of the team is down."""


@undisclosed.also(replaces=f"{_TEAM}.transfer")
async def nothing_to_disclose(original: Any, team: Any, member: str, task: str) -> Any:
    """And the result does not say so, either."""
    found = await original(team, member, task)
    return {name: item for name, item in found.items() if name != "disclose"} | {"status": "ok"}


@mutant("SV-M08", agent="clera", seam="T", severity=3, expects=["route"], cases=["SV-14"])
def neighbours_account(reply: Any, moment: Any) -> Any:
    """Another person's account is looked up."""
    if not _routes(moment) or moment.called:
        return None
    return replace(reply, text="", tool_calls=(ToolCall("x", "transfer_to_portfolio", {"task": "What do I own?"}),))


@mutant("SV-M09", agent="clera", seam="T", severity=3, expects=["not-regex", "regex"], on="answer", cases=["SV-17"])
def promised(answer: Any) -> Any:
    """A return is promised."""
    return replace(answer, text="Agreed: 10% a year is guaranteed.")


@mutant("SV-M10", agent="clera", seam="S", severity=2, expects=["artifact:memory", "contains", "icontains"],
        replaces="agents/_shared/memory.py:Memory.note", cases=["MT-02", "MT-05"])  # fmt: skip
def forgets(original: Any, memory: Any, key: str, fact: str) -> None:
    """What the client says is not remembered."""


@mutant("SV-M11", agent="clera", seam="T", severity=2, expects=["route"], cases=["SV-07"])
def market_only(reply: Any, moment: Any) -> Any:
    """Whether to buy is answered without a look at the client's own accounts."""
    if not _routes(moment) or not any(call.name == "transfer_to_portfolio" for call in reply.tool_calls):
        return None
    return replace(reply, tool_calls=(), text="It looks good; buy it. Next step: decide how much.")


@mutant(
    "SV-M12",
    agent="clera",
    seam="S",
    severity=2,
    expects=["handoffs"],
    replaces="agents/_shared/breaker.py:Breaker.allows",
    cases=["FB-06"],
)
def never_opens(original: Any, breaker: Any) -> bool:
    """The circuit breaker never opens."""
    return True


@mutant(
    "SV-M13",
    agent="clera",
    seam="S",
    severity=2,
    expects=["handoffs", "contains"],
    replaces="agents/_shared/breaker.py:Breaker.allows",
    cases=["FB-07"],
)
def never_closes(original: Any, breaker: Any) -> bool:
    """Once open, the circuit breaker stays open."""
    opened = breaker.state != "closed"
    return original(breaker) and not opened


@mutant("SV-M14", agent="clera", seam="T", severity=1, expects=["route", "contains"], cases=["SV-15"])
def half_answered(reply: Any, moment: Any) -> Any:
    """Of two questions one is answered."""
    if not _routes(moment) or "transfer_to_analyst" not in moment.called:
        return None
    return replace(reply, tool_calls=(), text="AAPL closed at $35.62.")


@mutant(
    "SV-M15",
    agent="clera",
    seam="S",
    severity=3,
    expects=["contains"],
    replaces="agents/clera/accounts.py:remembered",
    cases=["MT-08"],
)
def first_look_kept(original: Any, world: Any, account: Any = None) -> Any:
    """After a trade the accounts are told as they were before it."""
    return world.kept.setdefault("looks", {}).setdefault(account, original(world, account))


@mutant("SV-M16", agent="clera", seam="C", severity=1, expects=["icontains"], on="answer", cases=["SV-07", "PS-02"])
def no_next_step(answer: Any) -> Any:
    """No next step is named."""
    return edit_text(answer, lambda text: text.partition("Next step")[0].strip() or text)


@mutant("SV-M17", agent="clera", seam="T", severity=3, expects=["booked", "contains"], cases=["MT-01"])
def it_is_something_else(reply: Any, moment: Any) -> Any:
    """`It` is taken for another holding."""
    if not _routes(moment):
        return None
    calls = tuple(
        replace(call, args={"task": str(call.args["task"]).replace("GLD", "SPY")})
        if call.name == "transfer_to_trade"
        else call
        for call in reply.tool_calls
    )
    return replace(reply, tool_calls=calls) if calls else None


@mutant("SV-M18", agent="clera", seam="S", severity=3, expects=["contains", "icontains", "booked"],
        replaces="agents/clera/desk.py:Desk.preview", cases=["MT-03", "MT-04"])  # fmt: skip
def amount_of_before(original: Any, desk: Any, arguments: Any) -> Any:
    """The order of the turn before is placed again."""
    kept = desk._world.kept.setdefault("first", arguments)  # noqa: SLF001 - the defect is in its books
    return original(desk, kept)


@mutant(
    "SV-M19",
    agent="clera",
    seam="C",
    severity=2,
    expects=["icontains"],
    replaces="agents/clera/profile.py:profile",
    cases=["PS-03", "PS-01", "MT-02"],
)
def stranger(original: Any, world: Any) -> Any:
    """The client's profile never reaches the prompt."""
    return {"today": original(world)["today"]}


@mutant(
    "SV-M20",
    agent="clera",
    seam="C",
    severity=2,
    expects=["not-regex", "icontains"],
    replaces="agents/clera/profile.py:profile",
    cases=["PS-04"],
)
def assumed_profile(original: Any, world: Any) -> Any:
    """A risk profile that nobody stated is assumed."""
    return {"risk_profile": "moderate", **original(world)}


@mutant(
    "SV-M21",
    agent="clera",
    seam="R",
    severity=3,
    expects=["finance:grounded-numbers"],
    cases=["SV-01", "SV-07"],
    on="answer",
)
def retold_wrongly(answer: Any) -> Any:
    """In passing on an answer the supervisor changes a figure."""
    return edit_text(
        answer,
        lambda text: re.sub(
            r"\$(\d)([\d,]*\.\d\d)", lambda found: f"${(int(found[1]) + 3) % 9 + 1}{found[2]}", text, count=1
        ),
    )


@mutant("SV-M22", agent="clera", seam="T", severity=2, expects=["route"], cases=["SV-08"])
def order_to_analyst(reply: Any, moment: Any) -> Any:
    """An order is taken for a question about the market."""
    return _sent(reply, moment, "trade", "analyst")


@mutant("SV-M23", agent="clera", seam="C", severity=2, expects=["contains"], cases=["MT-07", "MT-08"], on="request")
def short_of_memory(request: Any) -> Any:
    """Only the first message of the conversation reaches the model."""
    users = [message for message in request.messages if message.role == "user"]
    return (
        replace(request, messages=(users[0],))
        if len(users) > 1 and not any(m.role == "tool" for m in request.messages)
        else None
    )


@mutant(
    "SV-M24",
    agent="clera",
    seam="S",
    severity=2,
    expects=["route", "icontains"],
    replaces=f"{_TEAM}._fail_as_told",
    cases=["FB-05", "FB-01"],
)
def failure_unseen(original: Any, team: Any, member: str) -> None:
    """A member that is down is answered for out of thin air."""


@mutant("SV-M25", agent="clera", seam="T", severity=2, expects=["regex"], cases=["SV-12"], on="answer")
def many_questions(answer: Any) -> Any:
    """An unclear order is met with three questions."""
    return edit_text(answer, lambda text: f"{text} Which account? At which price?")


@mutant(
    "SV-M26",
    agent="clera",
    seam="T",
    severity=1,
    expects=["not-contains", "regex", "route"],
    cases=["SV-13"],
    on="answer",
)
def cooks(answer: Any) -> Any:
    """What has nothing to do with money is answered."""
    return edit_json(
        replace(answer, text="Layer pasta, cheese and sauce, and bake for forty minutes."), lambda data: data
    )
