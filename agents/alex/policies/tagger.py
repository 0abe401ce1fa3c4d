"""The offline policy of the Tagger: what a model would say that remembers well-known symbols and reads names for the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.llm.request import ModelReply, ModelRequest

from . import fund_text
from .fund_text import Guess
from .phrasing import Voice

_TASK: Final = re.compile(r"^\{.*\}$", re.MULTILINE)
_REASONS: Final = (
    "{symbol} is {what}. {basis} Hence {classes}, with {sectors}.",
    "{basis} {symbol} is {what}; that makes it {classes}, and {sectors}.",
    "Classified as {classes}: {symbol} is {what}. {basis} By sector: {sectors}.",
    "{what_first} ({symbol}). {basis} Its parts: {classes}; {sectors}.",
)
_UNKNOWN: Final = (
    "I do not know {symbol}, and its name does not say what it holds. This is a placeholder for a person to check.",
    "{symbol} is not known to me and the name gives nothing to go by, so nothing here should be relied upon.",
    "Neither the symbol {symbol} nor the name tells what this is; the classification is a placeholder.",
    "There is no basis to classify {symbol}: unknown symbol, uninformative name. A person should look at it.",
)
_KINDS: Final = {
    "etf": "an exchange-traded fund",
    "mutual_fund": "a mutual fund",
    "stock": "a company's share",
    "bond": "a bond",
    "bond_fund": "a bond fund",
    "commodity": "a commodity",
    "reit": "a real estate investment trust",
}


def policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Answer with a classification; a pure function of what a model sees."""
    facts = _facts(request)
    if facts is None:
        return ModelReply("I need an instrument with a symbol and a name.", stop_reason="end")
    voice = Voice(seed, noise, f"tagger:{facts.get('symbol')}:{len(request.messages)}")
    known = _memory().get(str(facts.get("symbol")))
    answer = _remembered(facts, known, voice) if known else _read(facts, voice)
    return ModelReply(json.dumps(answer, ensure_ascii=False), structured=answer, stop_reason="end")


def _facts(request: ModelRequest) -> dict[str, Any] | None:
    """The instrument in the first message: the task, whatever was said since."""
    match = _TASK.search(request.messages[0].text) if request.messages else None
    try:
        found = json.loads(match[0]) if match else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _remembered(facts: Mapping[str, Any], known: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    return _answer(
        facts,
        Guess(
            known["instrument_type"],
            known["allocation_asset_class"],
            known["allocation_regions"],
            known["allocation_sectors"],
            voice.pick((0.95, 0.9, 0.92, 0.97)),
            (),
        ),
        reason=voice.pick(_REASONS),
        basis="Its holdings are well known.",
        sources=["general knowledge"],
    )


def _read(facts: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    strategy = str(facts.get("strategy") or "")
    found = fund_text.guess(str(facts.get("name", "")), strategy=strategy, family=str(facts.get("family") or ""))
    if found is None:
        return _answer(facts, _NOTHING, reason=voice.pick(_UNKNOWN), basis="", sources=["none"])
    clues = ", ".join(repr(clue) for clue in found.clues) or "its general wording"
    return _answer(
        facts,
        found,
        reason=voice.pick(_REASONS),
        basis=f"I do not know its holdings; the words that decided are {clues}.",
        sources=["name", "strategy"] if strategy else ["name"],
    )


def _answer(facts: Mapping[str, Any], found: Guess, *, reason: str, basis: str, sources: list[str]) -> dict[str, Any]:
    asset_class = max(found.asset_class, key=lambda key: found.asset_class[key])
    what = _KINDS[found.kind]
    return {
        "rationale": reason.format(
            symbol=facts.get("symbol"),
            what=what,
            what_first=what[0].upper() + what[1:],
            basis=basis,
            classes=_listed(found.asset_class),
            sectors=_listed(found.sectors),
        ),
        "symbol": facts.get("symbol"),
        "name": facts.get("name"),
        "instrument_type": found.kind,
        "asset_class": asset_class,
        "allocation_asset_class": _hundred(found.asset_class),
        "allocation_regions": _hundred(found.regions),
        "allocation_sectors": _hundred(found.sectors),
        "confidence": found.confidence,
        "sources": sources,
    }


def _listed(parts: Mapping[str, float]) -> str:
    """The largest parts in words."""
    largest = sorted(parts.items(), key=lambda part: -part[1])[:3]
    return ", ".join(f"{weight:.0f}% {name.replace('_', ' ')}" for name, weight in largest)


def _hundred(parts: Mapping[str, float]) -> dict[str, float]:
    """Round to two decimals, giving what is left over to the largest part."""
    rounded = {name: round(weight, 2) for name, weight in parts.items() if round(weight, 2) > 0}
    largest = max(rounded, key=lambda name: rounded[name])
    rounded[largest] = round(rounded[largest] + 100 - sum(rounded.values()), 2)
    return rounded


@cache
def _memory() -> dict[str, dict[str, Any]]:
    """Well-known symbols, as a model remembers them: part of the policy, like a model's weights, and without prices."""
    return json.loads((Path(__file__).parent / "knowledge.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


_NOTHING: Final = Guess("stock", {"equity": 100.0}, {"global": 100.0}, {"other": 100.0}, 0.1, ())
