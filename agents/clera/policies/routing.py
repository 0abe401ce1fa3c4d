"""Where a client's message belongs: a rule for each row of the supervisor's table, the most particular first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from .analyst import is_news, is_performance
from .portfolio import is_history
from .words import order, symbols

Kind: TypeAlias = Literal[
    "internals", "others", "promise", "recall", "remember", "hybrid", "own_news", "portfolio", "analyst", "trade",
    "vague_trade", "define", "unclear", "foreign",
]  # fmt: skip


class Intent(NamedTuple):
    """What one part of a message wants."""

    kind: Kind
    """Row of the table."""

    task: str
    """The part, with what it refers to put in."""


_RULES: Final[Sequence[tuple[Kind, str]]] = (
    ("internals", r"\b(agents?|tools?|system prompt|your instructions|your prompt)\b"),
    ("others", r"\b(neighbou?r|friend|colleague|boss|wife|husband|brother|sister|customer|someone else|(?:an)?other client)'?s?\b"),
    ("others", r"\b[a-z]+ [a-z]+'s (?:account|portfolio|balance|holdings)"),
    ("promise", r"\b(guarantee|promise me|risk-free|can't lose|cannot lose|insider|inside information)"),
    ("recall", r"what (?:was|is|are) my goals?\b|do you (?:know|remember) about me|what did i tell you"),
    ("remember", r"\bremember\b|\bmy goal is\b|\bnote that i\b|\bi am (?:a )?(?:very )?(?:conservative|cautious)"),
    ("portfolio", r"rebalanc|rebalenc|\btargets?\b|allocation"),
    ("hybrid", r"\bshould i\b|\bgood fit\b|\bmakes? sense\b|\bgood time\b|\bright for\b|\bgood idea\b"),
)  # fmt: skip
_OWN: Final = re.compile(
    r"\b(?:my|i) (?:portfolio|portflio|holdings?|account|acount|largest|biggest|cash|risk|diversif|bonds|position|gain|own|have|hold|weight)"
    r"|\bmy investments?\b|\bdid i (?:make|lose)\b|\bdo i (?:own|have|hold)\b|\bam i\b|\bi own\b|\bworth my\b|\bof my\b|risk score"
)
_PRICE: Final = re.compile(r"\bpri[cs]e|\bquote\b|trading at|\bcosts?\b|\bworth\b")
_DEFINE: Final = re.compile(r"^(?:what(?:'s| is| are| does)|explain|define|how does)\b")
_LONG: Final = 2000
_SPLIT: Final = re.compile(r"\?\s+(?=\S)|\band (?=how|what|also|show|give|which|then)", re.IGNORECASE)
GLOSSARY: Final[Mapping[str, str]] = {
    "etf": "An ETF is a fund whose shares trade on an exchange like a stock; most hold many securities and follow an index.",
    "diversif": "Diversification means spreading money over things that do not move together, so that one loss weighs less.",
    "p/e": "The P/E ratio is a share's price divided by its earnings per share: what is paid for a dollar of yearly profit.",
    "roth": "With a traditional IRA you save tax when you pay in and pay it when you take out; with a Roth IRA it is the other way round.",
    "dollar-cost": "Dollar-cost averaging means investing the same amount at regular times, so that you buy more when prices are low.",
    "bond": "A bond is a loan to a government or a company that pays interest and gives the money back at its end.",
    "inflation": "Inflation is the general rise of prices, which makes a dollar buy less over time.",
}


def intents(question: str, earlier: Sequence[str]) -> list[Intent]:
    """What a message wants: one thing, or two."""
    question = _essence(question)
    parts = [part.strip() for part in _SPLIT.split(question) if part.strip()]
    found = [_intent(part, earlier) for part in parts]
    if len(found) == 2 and {intent.kind for intent in found} <= {"portfolio", "analyst", "trade"}:
        return found
    return [_intent(question, earlier)]


def _essence(text: str) -> str:
    """The last line of a very long message: who tells a long story asks at its end."""
    return text if len(text) <= _LONG else text.strip().splitlines()[-1][-_LONG:]


def _intent(text: str, earlier: Sequence[str]) -> Intent:
    task = _resolved(text, earlier)
    lower = task.casefold().replace("’", "'")
    for kind, pattern in _RULES:
        if re.search(pattern, lower):
            return Intent(kind, task)
    if is_news(lower) and re.search(r"my (?:portfolio|holdings|stocks)", lower):
        return Intent("own_news", task)
    if is_history(lower):
        return Intent("portfolio", task)
    return Intent(_plain(task, lower), task)


def _plain(task: str, lower: str) -> Kind:
    """The kind of a message that no special rule takes."""
    wanted = order(task)
    if wanted.side is not None and (wanted.symbol or re.search(r"\b(buy|sell|purchase|invest)\b", lower)):
        return "trade" if wanted.symbol else "vague_trade"
    if _OWN.search(lower):
        return "portfolio"
    if symbols(task) and (is_performance(lower) or is_news(lower) or _PRICE.search(lower)):
        return "analyst"
    if _DEFINE.search(lower) and any(term in lower for term in GLOSSARY):
        return "define"
    if symbols(task) or re.search(r"invest|stock|fund|market|money|saving|retire|it\b", lower):
        return "unclear"
    return "foreign"


def _resolved(text: str, earlier: Sequence[str]) -> str:
    """Put the last symbol spoken of in the place of "it"."""
    if symbols(text) or not re.search(r"\b(it|them|that one)\b", text, re.IGNORECASE):
        return text
    known = [symbol for said in reversed(earlier) for symbol in symbols(said)[:1]]
    return re.sub(r"\b(it|them|that one)\b", f"my {known[0]}", text, count=1, flags=re.IGNORECASE) if known else text
