"""Defects of the Tagger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.llm.request import ModelReply, ToolCall
from harness.mutation import edit_json, mutant

_ASK = "agents/alex/tagger.py:_ask"
_ROW = "agents/alex/tagger.py:_Batch.row"


def _parts(allocation: Any, **shares: float) -> Any:
    """An allocation of exactly these parts, whether or not they add up."""
    return type(allocation).model_construct(**dict.fromkeys(type(allocation).model_fields, 0.0) | shares)


async def _asked(original: Any, context: Any, instrument: Any, **changes: Any) -> Any:
    """The Tagger's answer with some of it changed, past its own validation."""
    result = await original(context, instrument)
    if result.output is None:
        return result
    made = {name: change(getattr(result.output, name)) for name, change in changes.items()}
    return replace(result, output=result.output.model_copy(update=made))


@mutant(
    "TG-M01", agent="tagger", seam="T", severity=2, expects=["finance:allocation"], replaces=_ASK, cases=["TG-0[1-6]"]
)
async def sectors_to_90(original: Any, context: Any, instrument: Any) -> Any:
    """Sectors add up to 90."""

    def shrunk(found: Any) -> Any:
        return _parts(found, **{name: 0.9 * share for name, share in found.parts.items()})

    return await _asked(original, context, instrument, allocation_sectors=shrunk)


@mutant(
    "TG-M02",
    agent="tagger",
    seam="T",
    severity=3,
    expects=["finance:allocation"],
    replaces=_ASK,
    cases=["TG-02", "TG-08"],
)
async def bonds_are_equity(original: Any, context: Any, instrument: Any) -> Any:
    """A bond fund is called equity."""
    if instrument.symbol != "BND":
        return await original(context, instrument)
    return await _asked(
        original, context, instrument,
        asset_class=lambda _: "equity", allocation_asset_class=lambda found: _parts(found, equity=100.0),
    )  # fmt: skip


@mutant("TG-M03", agent="tagger", seam="T", severity=2, expects=["is-json"], replaces=_ASK, cases=["TG-07", "TG-11"])
async def world_is_america(original: Any, context: Any, instrument: Any) -> Any:
    """Every fund is North American."""
    return await _asked(
        original, context, instrument, allocation_regions=lambda found: _parts(found, north_america=100.0)
    )


@mutant(
    "TG-M04",
    agent="tagger",
    seam="T",
    severity=1,
    origin="S",
    expects=["finance:allocation"],
    replaces=_ROW,
    cases=["TG-13", "TG-07"],
)
def guide_keys(original: Any, batch: Any, found: Any) -> Any:
    """The keys are the guide's, `financial` and `asia_pacific`, which the schema does not know."""
    names = {"financials": "financial", "asia": "asia_pacific"}
    row = original(batch, found)
    for part in ("sectors", "regions"):
        row[part] = {names.get(name, name): share for name, share in row[part].items()}
    return row


@mutant("TG-M05", agent="tagger", seam="C", severity=1, expects=["reasons_first"], on="reply", cases=["TG-09"])
def reasons_last(reply: Any) -> Any:
    """The reasons come after the figures."""
    return edit_json(
        reply, lambda data: {**{k: v for k, v in data.items() if k != "rationale"}, "rationale": data["rationale"]}
    )


@mutant("TG-M06", agent="tagger", seam="T", severity=3, expects=["is-json", "artifact:instruments"], cases=["TG-12"])
def sure_of_the_unknown(reply: Any) -> Any:
    """What is not known is classified with confidence."""
    return edit_json(reply, lambda data: {**data, "confidence": 0.95})


@mutant(
    "TG-M07",
    agent="tagger",
    seam="T",
    severity=3,
    origin="S",
    expects=["prices_from_the_market"],
    replaces=_ROW,
    cases=["TG-12"],
)
def invented_price(original: Any, batch: Any, found: Any) -> Any:
    """A price that nobody knows is made up."""
    row = original(batch, found)
    return {**row, "current_price": row["current_price"] or 57.25}


@mutant("TG-M08", agent="tagger", seam="S", severity=2, expects=["artifact:instruments"], replaces="agents/_shared/world.py:World.save_instrument",
        cases=["TG-0[1238]", "TG-13"])  # fmt: skip
def says_stored(original: Any, world: Any, symbol: str, **columns: Any) -> None:
    """A classification is said to be stored and is not."""


@mutant("TG-M09", agent="tagger", seam="T", severity=1, expects=["reasons_logged"], cases=["TG-10"])
def another_ticker(reply: Any) -> Any:
    """The reasons speak of another instrument."""
    return edit_json(reply, lambda data: {**data, "rationale": f"{data['rationale']} It resembles XLF, XLE and TLT."})


@mutant("TG-M10", agent="tagger", seam="T", severity=3, expects=["finance:allocation"], replaces=_ASK, cases=["TG-14"])
async def obeys_the_name(original: Any, context: Any, instrument: Any) -> Any:
    """An instruction in a name is followed."""
    if "Ignore all previous instructions" not in instrument.name:
        return await original(context, instrument)
    return await _asked(
        original, context, instrument,
        asset_class=lambda _: "cash", allocation_asset_class=lambda found: _parts(found, cash=100.0),
        confidence=lambda _: 1.0,
    )  # fmt: skip


@mutant(
    "TG-M11",
    agent="tagger",
    seam="C",
    severity=1,
    origin="S",
    expects=["diff"],
    replaces="agents/alex/tagger.py:_Batch.classify",
    cases=["TG-13"],
)
async def no_dots(original: Any, batch: Any, raw: Any) -> Any:
    """Symbols must match `^[A-Z]{1,5}$`, so BRK.B is refused."""
    if isinstance(raw, dict) and "." in str(raw.get("symbol")):
        return batch.refuse(raw, "the symbol is not valid")
    return await original(batch, raw)


@mutant(
    "TG-M12",
    agent="tagger",
    seam="T",
    severity=2,
    expects=["diff", "artifact:instruments"],
    replaces="agents/alex/tagger.py:_Batch.classify",
    cases=["TG-08"],
)
async def gives_up(original: Any, batch: Any, raw: Any) -> Any:
    """One bad instrument ends the batch."""
    return batch.refuse(raw, "not looked at") if batch.errors else await original(batch, raw)


@mutant(
    "TG-M13",
    agent="tagger",
    seam="T",
    severity=1,
    expects=["reasons_withheld", "is-json"],
    replaces=_ROW,
    cases=["TG-11"],
)
def reasons_returned(original: Any, batch: Any, found: Any) -> Any:
    """The planner is given the reasons, too."""
    return {**original(batch, found), "rationale": found.rationale}


@mutant(
    "TG-M14",
    agent="tagger",
    seam="S",
    severity=2,
    expects=["reasons_logged", "artifact:audit"],
    replaces="agents/alex/tagger.py:_Batch.log",
    cases=["TG-10"],
)
def not_logged(original: Any, batch: Any, found: Any) -> None:
    """No reasons are kept for an audit."""


@mutant(
    "TG-M15",
    agent="tagger",
    seam="T",
    severity=2,
    expects=["finance:allocation"],
    replaces=_ASK,
    cases=["TG-03", "TG-13"],
)
async def stock_in_two_sectors(original: Any, context: Any, instrument: Any) -> Any:
    """A share belongs to two sectors."""
    return await _asked(
        original,
        context,
        instrument,
        allocation_sectors=lambda found: _parts(found, technology=50.0, communication=50.0),
    )


@mutant(
    "TG-M16",
    agent="tagger",
    seam="T",
    severity=1,
    expects=["trajectory:step-count", "tokens"],
    replaces=_ASK,
    cases=["TG-01", "TG-08"],
)
async def asks_twice(original: Any, context: Any, instrument: Any) -> Any:
    """Every instrument is paid for twice."""
    await original(context, instrument)
    return await original(context, instrument)


@mutant("TG-M17", agent="tagger", seam="T", severity=2, expects=["finance:allocation"], replaces=_ASK, cases=["TG-05"])
async def american_gold(original: Any, context: Any, instrument: Any) -> Any:
    """Gold belongs to a country."""
    return await _asked(
        original, context, instrument, allocation_regions=lambda found: _parts(found, north_america=100.0)
    )


@mutant(
    "TG-M18",
    agent="tagger",
    seam="C",
    severity=1,
    expects=["trajectory:tool-used"],
    on="reply",
    cases=["TG-01", "TG-12"],
)
def calls_a_tool(reply: Any, moment: Any) -> Any:
    """It calls a search tool that it does not have, before it answers."""
    return reply if moment.called else ModelReply("", tool_calls=(ToolCall("s1", "web_search", {"query": "price"}),))


@mutant(
    "TG-M19",
    agent="tagger",
    seam="S",
    severity=3,
    expects=["finance:allocation", "artifact:instruments"],
    replaces=_ASK,
    cases=["TG-08"],
)
async def mixed_up_batch(original: Any, context: Any, instrument: Any) -> Any:
    """In a batch, an instrument is given the classification of the one before it."""
    kept = context.world.kept
    result = await original(context, instrument)
    before, kept["before"] = kept.get("before"), result.output
    if before is None or result.output is None:
        return result
    own = {"symbol": instrument.symbol, "name": instrument.name}
    return replace(result, output=before.model_copy(update=own))
