"""The offline supervisor: routes by the table, then says in one voice what came back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from harness.llm.request import ModelReply

from ...alex.policies.phrasing import Voice
from .routing import GLOSSARY, Intent, intents
from .seen import Result, Seen, call, say
from .words import symbols

_ALIASES: Final = {
    "transfer_to_portfolio": "transfer_to_portfolio_management_agent",
    "transfer_to_analyst": "transfer_to_financial_analyst_agent",
    "transfer_to_trade": "transfer_to_trade_execution_agent",
}


class Leg(NamedTuple):
    """One transfer to make."""

    to: str
    """Tool."""

    task: Callable[[Sequence[Result]], str]
    """Task, which may need what came back before."""


def answer(view: Seen, voice: Voice) -> ModelReply:
    """The next transfer, or the answer."""
    wanted = intents(view.question, view.earlier)
    if (fact := _fact(wanted[0], view)) is not None:
        return call("remember", key=fact[0], value=fact[1])
    legs = [leg for intent in wanted for leg in _legs(intent)]
    done = [result for result in view.results if result.name.startswith("transfer_to")]
    if len(done) < len(legs):
        leg = legs[len(done)]
        name = leg.to if leg.to in view.tools else _ALIASES[leg.to]
        return call(name, task=leg.task(done))
    if legs:
        return say(_synthesis(wanted[0], done, view, voice))
    return say(_direct(wanted[0], view, voice))


def _legs(intent: Intent) -> list[Leg]:
    """The transfers of a row of the table."""
    task = intent.task
    if intent.kind in {"portfolio", "analyst", "trade"}:
        return [Leg(f"transfer_to_{intent.kind}", lambda _: task)]
    if intent.kind == "hybrid":
        named = (symbols(task) or ["the market"])[0]
        return [
            Leg("transfer_to_analyst", lambda _: f"Outlook and price of {named}, with what speaks for and against it."),
            Leg("transfer_to_portfolio", lambda _: f"How much of my portfolio is in {named}?"),
        ]
    if intent.kind == "own_news":
        return [
            Leg("transfer_to_portfolio", lambda _: "What do I own?"),
            Leg("transfer_to_analyst", lambda done: f"Latest news about {' and '.join(_held(done)) or 'the market'}."),
        ]
    return []


def _held(done: Sequence[Result]) -> list[str]:
    answers = " ".join(str(result.data.get("answer", "")) for result in done)
    return symbols(answers)[:3]


def _synthesis(intent: Intent, done: Sequence[Result], view: Seen, voice: Voice) -> str:
    """One answer of all parts: failures first, then what came back, what it means for this client, and one next step."""
    told = list(dict.fromkeys(str(result.data["disclose"]) for result in done if result.data.get("disclose")))
    parts = [str(result.data["answer"]) for result in done if result.data.get("answer")]
    if view.is_brief and intent.kind in {"hybrid", "own_news"}:
        parts = [_shortened(part) for part in parts]
    closing = _closing(intent, view, voice) if parts and not told else []
    return (
        " ".join([*told, *parts, *closing])
        or "I could not get an answer to that just now. Please try again in a moment."
    )


def _shortened(text: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[a-z)%][.])\s", text, maxsplit=1)[0]


def _closing(intent: Intent, view: Seen, voice: Voice) -> list[str]:
    """What it means for this client."""
    if intent.kind not in {"hybrid", "own_news"}:
        return []
    risk = str(view.profile.get("remembered", {}).get("risk_profile") or view.profile.get("risk_profile") or "")
    said = {
        "conservative": "As a conservative investor you should look at the risk first: only what you can leave alone for years belongs in it.",
        "aggressive": "Even with your appetite for risk, keep any single position small enough to be wrong about.",
    }.get(
        risk,
        f"For your {risk} profile, its share of the whole matters more than its price."
        if risk
        else "I do not know your risk profile yet.",
    )
    known = (
        "Next step: decide what share of your portfolio it may have.",
        "Next step: tell me the largest share you would give it.",
    )
    steps: Sequence[str] = known if risk else ("Next step: tell me how much risk you are willing to take.",)
    goals = view.profile.get("goals") or []
    detail = [f"It should serve your goal: {goals[0]}."] if goals and not view.is_brief else []
    return [said, *detail, voice.pick(steps)]


def _direct(intent: Intent, view: Seen, voice: Voice) -> str:
    """What needs nobody else."""
    if intent.kind == "define":
        return _defined(intent.task, view)
    if intent.kind in {"recall", "remember"}:
        return _remembered(view)
    return voice.pick(_SAYINGS[intent.kind])


_SAYINGS: Final[Mapping[str, Sequence[str]]] = {
    "internals": ("I am Clera, your investment adviser: I look at your accounts, read the market and place orders that you confirm.",),
    "others": (
        "I can only speak about your own accounts, so I cannot help with somebody else's.",
        "Other people's accounts are private; I can only show you your own.",
    ),
    "promise": (
        "No honest adviser can assure a return: every investment can lose money, and I do not use information that is not public.",
        "I cannot make such a commitment; returns are uncertain and losses are possible.",
    ),
    "vague_trade": ("What would you like to trade, and for how many dollars?", "Which security, and how many dollars?"),
    "unclear": ("Could you say what you would like to know: about your own portfolio, or about a security?",),
    "foreign": (
        "I can only help with investing and your accounts; for that I am not the right one to ask.",
        "That is outside what I can help with; ask me about your investments.",
    ),
}  # fmt: skip


def _defined(task: str, view: Seen) -> str:
    lower = task.casefold()
    text = next(meaning for term, meaning in GLOSSARY.items() if term in lower)
    return text if view.is_brief else f"{text} If you like, I can show you what it means for your own portfolio."


def _fact(intent: Intent, view: Seen) -> tuple[str, str] | None:
    """The fact to remember, where it is not yet done."""
    if intent.kind != "remember" or view.of("remember") is not None:
        return None
    text = view.question.strip().rstrip(".!")
    lower = text.casefold()
    if "conservative" in lower or "cautious" in lower:
        return "risk_profile", "conservative"
    if "brief" in lower or "short" in lower:
        return "detail", "brief"
    goal = re.search(r"(?:my goal is|remember that|remember:?|note that)\s+(.+)", text, re.IGNORECASE)
    return "goal" if "goal" in lower else "note", (goal.group(1) if goal else text)[:300]


def _remembered(view: Seen) -> str:
    kept = view.of("remember")
    if kept is not None:
        if kept.error is not None:
            return "I could not keep that in mind: I remember as much as I can already."
        return "I will remember that. Ask me at any time what I know about you."
    facts = view.profile.get("remembered", {})
    goals = [str(facts["goal"])] if facts.get("goal") else [str(goal) for goal in view.profile.get("goals", ())]
    if not goals:
        return "You have not told me a goal yet. What would you like to reach?"
    return f"Your goal, as you told me: {'; '.join(goals)}."
