"""What the checks are worth, as tables: planted defects and which were noticed, guardrails beside those of the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.detection.filing import Filed
from harness.detection.tables import ORDER, WORDS
from harness.stats import wilson
from harness.text import one_line

from .card import Card
from .words import interval_text, rate_text

if TYPE_CHECKING:
    from pandas import DataFrame

MUTANT_COLUMNS = (
    "fate",
    "id",
    "agent",
    "seam",
    "severity",
    "description",
    "reason",
    "expects",
    "noticed_by",
    "changes",
    "look",
)
GROUP_COLUMNS = ("by", "name", "share", "noticed_by_expected", "noticed", "of")
CARD_COLUMNS = ("state", "subject", "question", "wanted", "guide", "app", "ours", "missed")
POINT_COLUMNS = ("row", "who", "share", "text", "wanted")
TROUBLE: Final = ("survived", "alarm", "undecided", "broken", "idle", "other")
"""Fates that need a person."""

_MARKS: Final[Mapping[str, str]] = {
    "survived": "✗", "alarm": "✗", "undecided": "?", "broken": "⚠", "idle": "–", "other": "≈", "equivalent": "–", "expected": "✓",
    "quiet": "✓",
}  # fmt: skip
_WHO: Final = (("guide", "The guide's"), ("app", "The application's"), ("ours", "Ours"))
_LISTED: Final = 3


def score_figures(filed: Filed) -> tuple[Card, ...]:
    """The figures of a mutation run that matter first."""
    score = _mapping(_mapping(filed.findings).get("score"))
    counts = _mapping(_mapping(filed.findings).get("counts"))
    alarms, targets = _mapping(score.get("false_alarms")), _mapping(score.get("targets"))
    return (
        _rate("Severity 3 noticed", _mapping(score.get("severity_3")), targets.get("severity_3")),
        _rate("All defects noticed", _mapping(score.get("all")), targets.get("all")),
        Card("Survivors", f"{counts.get('survived', 0):,}", "not noticed", "Defects that made no check fail."),
        Card("False alarms", f"{alarms.get('mutants', 0):,}", f"of {alarms.get('of', 0):,} benign", "Harmless changes that a check took for a defect."),
        Card("Not decided", f"{counts.get('undecided', 0) + counts.get('broken', 0):,}", f"{counts.get('idle', 0):,} changed nothing", "Mutants that broke, or whose checks could not decide."),
    )  # fmt: skip


def met(filed: Filed) -> bool:
    """Whether the shares reach their targets and nothing harmless was taken for a defect."""
    return bool(_mapping(_mapping(filed.findings).get("score")).get("met"))


def mutant_rows(filed: Filed, *, trouble: bool) -> DataFrame:
    """One row per mutant: those that need a person, or all."""
    rows = [_mapping(item) for item in _list(_mapping(filed.findings).get("mutants"))]
    chosen = [row for row in rows if not trouble or row.get("fate") in TROUBLE]
    order = {fate: place for place, fate in enumerate(ORDER)}
    chosen.sort(key=lambda row: (order.get(row.get("fate", ""), len(order)), -int(row.get("severity") or 0)))
    return _frame(MUTANT_COLUMNS, (_mutant(row) for row in chosen))


def group_rows(filed: Filed) -> DataFrame:
    """Shares by agent, severity, seam, origin and expected check."""
    found = _mapping(_mapping(filed.findings).get("by"))
    return _frame(
        GROUP_COLUMNS,
        (
            {"by": by, "name": one_line(str(name), 60), **{key: _mapping(rate).get(key) for key in GROUP_COLUMNS[2:]}}
            for by, rates in found.items()
            for name, rate in _mapping(rates).items()
        ),
    )


def card_rows(filed: Filed) -> DataFrame:
    """One row per question put to each set of guardrails."""
    return _frame(CARD_COLUMNS, (_card(_mapping(row)) for row in _list(filed.findings)))


def card_points(filed: Filed) -> DataFrame:
    """The same as points: how right each set of guardrails is, whatever was wanted of it."""
    return _frame(POINT_COLUMNS, (point for row in _list(filed.findings) for point in _points(_mapping(row))))


def card_chart(rows: int) -> dict[str, Any]:
    """How right ours, the guide's and the application's guardrails are, a row for each question."""
    order = [name for _, name in _WHO]
    y = {"field": "row", "type": "nominal", "title": None, "sort": None, "axis": None}
    x = {
        "field": "share",
        "type": "quantitative",
        "title": "Done right",
        "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "tickCount": 5},
    }
    tooltip = [
        {"field": "row", "title": "Question"},
        {"field": "who", "title": "Guardrails"},
        {"field": "text", "title": "Counted"},
        {"field": "wanted", "title": "Wanted"},
    ]
    scale = {"domain": order, "range": ["#E69F00", "#CC79A7", "#0072B2"]}
    shapes = {"domain": order, "range": ["square", "triangle-up", "circle"]}
    colour = {"field": "who", "type": "nominal", "title": None, "sort": order, "scale": scale}
    shape = {"field": "who", "type": "nominal", "title": None, "sort": order, "scale": shapes}
    return {
        "height": 46 * rows + 90,
        "encoding": {"y": y},
        "layer": [
            {
                "transform": [{"aggregate": [{"op": "count", "as": "sets"}], "groupby": ["row"]}],
                "mark": {"type": "text", "align": "left", "dy": -13, "fontSize": 13, "limit": {"expr": "width"}},
                "encoding": {"x": {"value": 0}, "text": {"field": "row", "type": "nominal"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 140, "opacity": 0.95, "yOffset": 6},
                "encoding": {"x": x, "color": colour, "shape": shape, "tooltip": tooltip},
            },
        ],
    }  # fmt: skip


def group_chart(rows: int) -> dict[str, Any]:
    """Shares noticed, a bar for each part."""
    return {
        "height": 26 * rows + 70,
        "encoding": {
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 260, "ticks": False, "domain": False}},
            "x": {"field": "share", "type": "quantitative", "title": "Noticed as expected; in the bar: defects", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}},
            "tooltip": [{"field": "name", "title": "Part"}, {"field": "noticed_by_expected", "title": "By an expected check"}, {"field": "noticed", "title": "By any"}, {"field": "of", "title": "Of"}],
        },
        "layer": [
            {"mark": {"type": "bar", "cornerRadiusEnd": 3, "color": "#0072B2"}},
            {
                "mark": {"type": "text", "align": "right", "dx": -6, "color": "white", "fontWeight": "bold", "fontSize": 11},
                "encoding": {"text": {"field": "of", "type": "quantitative", "format": ","}},
            },
        ],
    }  # fmt: skip


def _mutant(row: Mapping[str, Any]) -> dict[str, Any]:
    kills = [_mapping(kill) for kill in _list(row.get("kills"))]
    fate = str(row.get("fate"))
    return {
        "fate": f"{_MARKS.get(fate, '?')} {WORDS.get(fate, fate).lower()}",  # type: ignore[call-overload]  # any word of a file
        "id": one_line(str(row.get("id")), 40),
        "agent": one_line(str(row.get("agent")), 40),
        "seam": one_line(str(row.get("seam")), 10),
        "severity": row.get("severity"),
        "description": one_line(str(row.get("description")), 300),
        "reason": one_line(str(row.get("reason") or ""), 300),
        "expects": one_line(", ".join(map(str, _list(row.get("expects")))), 200),
        "noticed_by": one_line(
            "; ".join(f"{kill.get('check')} in {kill.get('case')}" for kill in kills[:_LISTED]), 300
        ),
        "changes": one_line("; ".join(map(str, _list(row.get("changes"))[:1])), 300),
        "look": one_line(f"finharness mutate {row.get('id')} -v", 80),
    }


def _card(row: Mapping[str, Any]) -> dict[str, Any]:
    ours, theirs = _right(row, "ours"), [share for who in ("guide", "app") if (share := _right(row, who)) is not None]
    state = (
        "– not built"
        if ours is None
        else "✓ entirely"
        if ours == 1
        else "✗ behind"
        if theirs and max(theirs) > ours
        else "≈ in part"
    )
    return {
        "state": state,
        "subject": one_line(str(row.get("subject")), 60),
        "question": one_line(str(row.get("question")), 120),
        "wanted": one_line(str(row.get("wanted")), 10),
        **{who: _counted(row.get(who)) for who, _ in _WHO},
        "missed": one_line(", ".join(map(str, _list(row.get("missed")))), 400),
    }  # fmt: skip


def _points(row: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    name = one_line(str(row.get("question")), 90)
    for who, words in _WHO:
        share = _right(row, who)
        if share is not None:
            yield {
                "row": name,
                "who": words,
                "share": share,
                "text": _counted(row.get(who)),
                "wanted": row.get("wanted"),
            }


def _right(row: Mapping[str, Any], who: str) -> float | None:
    """The share done right: found where all are wanted, not found where none is."""
    count = _mapping(row.get(who))
    if not count.get("of"):
        return None
    share = float(count.get("found", 0)) / float(count["of"])
    return share if row.get("wanted") == "all" else 1 - share


def _counted(count: Any) -> str:
    found = _mapping(count)
    return f"{found.get('found', 0):,} of {found['of']:,}" if found.get("of") else "–"


def _rate(label: str, rate: Mapping[str, Any], target: float | None) -> Card:
    killed, of = int(rate.get("noticed_by_expected") or 0), int(rate.get("of") or 0)
    if not of:
        return Card(label, rate_text(rate.get("share")), "none planted")
    wanted = "" if target is None else f"The target is {target:.0%}. "
    meaning = f"By a check that was expected to notice. {wanted}95 % interval: {interval_text(*wilson(killed, of))}."
    return Card(label, rate_text(rate.get("share")), f"{killed:,} of {of:,}", meaning)


def _mapping(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}


def _list(item: Any) -> Sequence[Any]:
    return item if isinstance(item, list) else []


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
