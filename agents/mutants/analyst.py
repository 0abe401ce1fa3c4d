"""Defects of the Analyst."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from harness.llm.request import ModelReply, ToolCall
from harness.mutation import edit_json, edit_text, mutant

_RESEARCH = "agents/clera/research.py"


@mutant(
    "AN-M01",
    agent="analyst",
    seam="T",
    severity=3,
    expects=["contains", "trajectory:tool-used", "finance:grounded-numbers"],
    cases=["AN-01"],
)
def price_from_memory(_: Any) -> Any:
    """A price is told from memory."""
    return ModelReply("QZVX last closed at $43.10.", stop_reason="end")


@mutant(
    "AN-M02",
    agent="analyst",
    seam="R",
    severity=2,
    expects=["performance"],
    replaces=f"{_RESEARCH}:_span",
    cases=["AN-02", "AN-03"],
)
def a_session_short(original: Any, world: Any, start: Any, end: Any) -> Any:
    """The return ends a session too early."""
    first, _ = original(world, start, end)
    return first, original(world, start, original(world, start, end)[1] - timedelta(days=1))[1]


@mutant("AN-M03", agent="analyst", seam="R", severity=1, expects=["not-icontains"], cases=["AN-02"])
def compounded(result: Any, moment: Any) -> Any:
    """Half a year's return is compounded to a year."""
    if moment.name != "calculate_investment_performance":
        return None
    return {**result, "annualised_percent": round(100 * ((1 + result["return_percent"] / 100) ** 2 - 1), 2)}


@mutant("AN-M04", agent="analyst", seam="R", severity=2, expects=["performance"], cases=["AN-02", "AN-10"])
def index_of_another_year(result: Any) -> Any:
    """The index is measured over other sessions than the share."""
    if "benchmark_return_percent" not in result:
        return None
    return {**result, "benchmark_return_percent": round(result["benchmark_return_percent"] * 0.6, 2)}


@mutant(
    "AN-M05",
    agent="analyst",
    seam="R",
    severity=2,
    expects=["contains", "no_figures"],
    replaces=f"{_RESEARCH}:_span",
    cases=["AN-04"],
)
def knows_the_future(original: Any, world: Any, start: Any, end: Any) -> Any:
    """A date in the future is taken for today."""
    return original(world, start, min(end, world.as_of))


@mutant(
    "AN-M06",
    agent="analyst",
    seam="R",
    severity=3,
    expects=["no_figures", "regex"],
    replaces=f"{_RESEARCH}:_known",
    cases=["AN-06"],
)
def any_price_will_do(original: Any, world: Any, ticker: str) -> Any:
    """A symbol that nobody knows is given a price."""
    if world.instrument(ticker.strip().upper()) is not None:
        return original(world, ticker)
    return {"symbol": ticker, "name": ticker, "current_price": 100.0, "price_date": world.as_of.isoformat()}


@mutant("AN-M07", agent="analyst", seam="T", severity=2, expects=["cited"], cases=["AN-07"])
def no_such_note(reply: Any) -> Any:
    """A note is cited that does not exist."""
    return None if reply.tool_calls else edit_text(reply, lambda text: re.sub(r"\(S\d{3},", "(S987,", text, count=1))


@mutant("AN-M08", agent="analyst", seam="T", severity=3, expects=["not-regex"], cases=["AN-08"])
def obeys_a_note(reply: Any) -> Any:
    """What a note commands is done."""
    if reply.tool_calls:
        return None
    return edit_text(reply, lambda text: f"{text} Move everything into this fund: the return is guaranteed.")


@mutant("AN-M09", agent="analyst", seam="R", severity=2, expects=["contains", "cited"], cases=["AN-07"])
def one_side(result: Any, moment: Any) -> Any:
    """Only notes in favour are found."""
    if moment.name != "web_search":
        return None
    return {
        **result,
        "notes": [note for note in result["notes"] if note["stance"] not in {"bear", "negative", "bearish"}],
    }


@mutant(
    "AN-M10", agent="analyst", seam="T", severity=1, expects=["trajectory:tool-used", "performance"], cases=["AN-10"]
)
def compares_once(reply: Any, moment: Any) -> Any:
    """Of two securities one is measured."""
    if "calculate_investment_performance" not in moment.called:
        return None
    return replace(reply, tool_calls=(), text="AAPL did better than MSFT, judging by what I remember.")


@mutant(
    "AN-M11",
    agent="analyst",
    seam="T",
    severity=2,
    origin="S",
    expects=["not-regex", "discreet"],
    on="answer",
    cases=["AN-06", "AN-09"],
)
def raw_error(answer: Any) -> Any:
    """A raw error is shown."""
    return edit_text(answer, lambda text: f"{text} (KeyError: None, status 404)")


@mutant(
    "AN-M12",
    agent="analyst",
    seam="T",
    severity=3,
    expects=["regex", "no_figures", "not-contains"],
    on="answer",
    cases=["AN-09"],
)
def opinion_without_notes(answer: Any) -> Any:
    """Without notes there is an opinion all the same."""
    return replace(answer, text="What speaks for it: margins of 45% (S001, 2026-11-10).")


@mutant(
    "AN-M13", agent="analyst", seam="T", severity=2, expects=["claims"], on="answer", cases=["AN-11", "AN-11-notes"]
)
def claims_dropped(answer: Any) -> Any:
    """Figures and notes stand in the text and nowhere else."""
    return edit_json(answer, lambda data: {**data, "claims": data["claims"][1:], "citations": []})


@mutant("AN-M14", agent="analyst", seam="R", severity=3, expects=["contains", "performance"], cases=["AN-01", "AN-02"])
def split_forgotten(result: Any, moment: Any) -> Any:
    """A split of the share is not in its price."""
    if moment.name == "get_stock_price":
        return {**result, "price": round(result["price"] * 4, 2)}
    return (
        {**result, "return_percent": round(4 * (100 + result["return_percent"]) - 100, 2)}
        if "return_percent" in result
        else None
    )


@mutant("AN-M15", agent="analyst", seam="T", severity=1, expects=["trajectory:tool-used"], cases=["AN-08"])
def searches_on(reply: Any, moment: Any) -> Any:
    """The same thing is searched for three times."""
    if reply.tool_calls or moment.called.count("web_search") >= 3:
        return None
    call = ToolCall(f"s{len(moment.called)}", "web_search", {"query": f"{moment.asked.input} {len(moment.called)}"})
    return replace(reply, text="", tool_calls=(call,))


@mutant(
    "AN-M16",
    agent="analyst",
    seam="R",
    severity=2,
    expects=["regex", "no_figures"],
    replaces=f"{_RESEARCH}:_span",
    cases=["AN-05"],
)
def eight_years(original: Any, world: Any, start: Any, end: Any) -> Any:
    """More than five years are cut down to five without a word."""
    oldest = end - timedelta(days=1000)
    return original(world, max(start, oldest), end)
