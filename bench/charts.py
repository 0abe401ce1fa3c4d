"""Measure the chart guardrail: `python bench/charts.py` prints the tables and writes bench/charts.md.

Defects are put one at a time into charts that are right, of every type; valid payloads are generated, and 100 Vega-Lite specifications
are other people's. Syntax is broken in ways that models break it, and every number of what was mended is compared.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from harness.guardrails import ChartReference, ChartRules, check_charts, guard_charts  # noqa: E402
from harness.guardrails.charts.repair import repair  # noqa: E402

DATA = Path(__file__).parent / "data"
TYPES = ("pie", "donut", "bar", "horizontalBar", "line", "area", "radar", "scatter", "treemap", "composed")
PARTS = ("pie", "donut", "treemap")
SIMPLE = ("pie", "donut", "treemap", "bar", "horizontalBar", "line", "area", "radar")
COLORS = ("#1D4ED8", "#B91C1C", "#15803D", "#7E22CE", "#B45309", "#0F172A", "#BE185D", "#0E7490")
CLASSES = {"Equities": 60000.0, "Bonds": 25000.5, "Commodities": 10000.0, "Cash": 4999.5}
REFERENCE = ChartReference(
    total=100_000, asset_classes=("equity", "bonds", "commodities", "cash"), holdings=("SPY", "QQQ", "BND", "GLD"),
    accounts=("401(k)", "Roth IRA", "Taxable"), values={"SPY": 45000, "QQQ": 15000},
)  # fmt: skip
Chart = dict[str, Any]
Defect = Callable[[dict[str, Any]], Any]


def points(amounts: dict[str, float]) -> list[dict[str, Any]]:
    """Named amounts with colours."""
    return [
        {"name": name, "value": value, "color": COLORS[place % 8]}
        for place, (name, value) in enumerate(amounts.items())
    ]


def chart(kind: str, key: str = "subject") -> Chart:
    """A chart of a type that is right."""
    made: Chart = {"key": key, "title": f"Allocation shown as {kind}", "type": kind, "description": "What it shows"}
    match kind:
        case "line" | "area":
            return {
                **made,
                "title": "History",
                "data": points({"2025-01": 90000.0, "2025-02": 95000.0, "2025-03": 99000.0}),
            }
        case "scatter":
            return {
                **made,
                "title": "Risk and return",
                "data": [{"x": 0.1, "y": 0.05, "name": "SPY"}, {"x": 0.2, "y": 0.08, "name": "QQQ"}],
            }
        case "radar":
            return {**made, "title": "Scores", "unit": "count", "data": points({"Cost": 4.0, "Risk": 3.0, "Fit": 5.0})}
        case "composed":
            rows = [{"name": f"2025-0{n}", "worth": 90000.0 + n, "paid": 500.0 + n} for n in range(1, 5)]
            series = [{"dataKey": "worth", "kind": "line"}, {"dataKey": "paid", "kind": "bar"}]
            return {**made, "title": "History", "series": series, "data": rows}
    return {**made, "data": points(CLASSES)}


def payload(kind: str) -> dict[str, Any]:
    """Four charts that are right, the first of a type."""
    others = [
        {
            **chart("pie", "accounts"),
            "title": "By account",
            "data": points({"401(k)": 60000.0, "Roth IRA": 30000.0, "Taxable": 10000.0}),
        },
        {**chart("donut", "classes"), "title": "By asset class"},
        {
            **chart("horizontalBar", "top_holdings"),
            "title": "Top holdings",
            "data": points({"SPY": 45000.0, "QQQ": 15000.0, "BND": 14000.0}),
        },
    ]
    return {"charts": [chart(kind), *others]}


def amount_key(made: Chart) -> str:
    """Key of a point's amount."""
    return {"scatter": "y", "composed": "worth"}.get(made["type"], "value")


def _value(value: Any) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        first = data["charts"][0]
        first["data"][0][amount_key(first)] = value
        return data

    return spoil


def _missing_value(data: dict[str, Any]) -> Any:
    first = data["charts"][0]
    del first["data"][0][amount_key(first)]
    return data


def _label(label: Any) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        data["charts"][0]["data"][0]["name"] = label
        return data

    return spoil


def _set(key: str, value: Any) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        data["charts"][0][key] = value
        return data

    return spoil


def _without(key: str) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        del data["charts"][0][key]
        return data

    return spoil


def _color(color: Any) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        data["charts"][0]["data"][0]["color"] = color
        return data

    return spoil


def _whole(value: Any) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        data["charts"][0] = value
        return data

    return spoil


def _text(change: Callable[[str], str]) -> Defect:
    return lambda data: change(json.dumps(data))


def _edit(change: Callable[[dict[str, Any]], object]) -> Defect:
    def spoil(data: dict[str, Any]) -> Any:
        change(data)
        return data

    return spoil


NAMED = tuple(kind for kind in TYPES if kind != "scatter")
COLORED = SIMPLE
DEFECTS: dict[str, tuple[Defect, tuple[str, ...]]] = {
    **{f"amount {name}": (_value(value), TYPES) for name, value in {
        "null": None, "numeric text": "60000", "money text": "$60,000", "text": "many", "NaN": float("nan"), "infinity": float("inf"),
        "minus infinity": float("-inf"), "true": True, "a list": [1], "an object": {"v": 1}, "absurd": 1e40, "empty text": "",
    }.items()},
    "amount missing": (_missing_value, TYPES),
    **{f"label {name}": (_label(value), NAMED) for name, value in {
        "empty": "", "blank": "   ", "null": None, "a number": 5, "a list": ["a"], "an object": {"a": 1},
    }.items()},
    **{f"label with {name}": (_label(value), TYPES) for name, value in {
        "markup": "<b>Equities</b>", "a script": "<script>x</script>", "an entity": "&lt;img&gt;", "a link": "[x](https://e.example)",
        "a script address": "javascript:alert(1)", "right-to-left mark": "Equi\u202eties", "zero width space": "Equi\u200bties", "a null byte": "Equi\x00ties",
        "90 characters": "x" * 90, "a lone surrogate": "Equi\ud800ties",
    }.items()},
    "label twice": (_edit(lambda d: d["charts"][0]["data"][1].update(name=d["charts"][0]["data"][0]["name"])), NAMED),
    "label twice in other case": (_edit(lambda d: d["charts"][0]["data"][1].update(name=d["charts"][0]["data"][0]["name"].upper() + " ")), NAMED),
    "label missing": (_edit(lambda d: d["charts"][0]["data"][0].pop("name")), NAMED),
    "type unknown": (_set("type", "gauge"), TYPES), "type null": (_set("type", None), TYPES), "type missing": (_without("type"), TYPES),
    "type a list": (_set("type", ["pie"]), TYPES), "key missing": (_without("key"), TYPES), "key empty": (_set("key", ""), TYPES),
    "key a number": (_set("key", 5), TYPES), "key of another": (_set("key", "classes"), TYPES), "key with markup": (_set("key", "<i>a</i>"), TYPES),
    "title missing": (_without("title"), TYPES), "title blank": (_set("title", "  "), TYPES), "title with markup": (_set("title", "<img src=x>"), TYPES),
    "title with control character": (_set("title", "All\x07"), TYPES), "title of 500 characters": (_set("title", "x" * 500), TYPES),
    "description with markup": (_set("description", "<a href=x>y</a>"), TYPES), "data null": (_set("data", None), TYPES),
    "data text": (_set("data", "60000"), TYPES), "data empty": (_set("data", []), TYPES), "data of null": (_set("data", [None, None]), TYPES),
    "data of numbers": (_set("data", [1, 2]), TYPES), "data of lists": (_set("data", [["a", 1], ["b", 2]]), TYPES), "data missing": (_without("data"), TYPES),
    "data of 201 points": (_edit(lambda d: d["charts"][0].update(data=d["charts"][0]["data"] * 120)), TYPES),
    "chart null": (_whole(None), TYPES), "chart text": (_whole("pie"), TYPES), "chart a list": (_whole([]), TYPES), "unit unknown": (_set("unit", "EUR million"), TYPES),
    "whole unknown": (_set("whole", "everything"), TYPES),
    **{f"colour {value!r}": (_color(value), COLORED) for value in ("blue", "#12", "#GGGGGG", "rgb(1,2,3)", "#FFFFFF", "", 5, "#1D4ED8;x")},
    "same colour twice": (_edit(lambda d: d["charts"][0]["data"][1].update(color=d["charts"][0]["data"][0]["color"])), PARTS),
    "negative part": (_value(-60000.0), PARTS), "all zero": (_edit(lambda d: [p.update(value=0) for p in d["charts"][0]["data"]]), PARTS),
    "one part": (_edit(lambda d: d["charts"][0].update(data=d["charts"][0]["data"][:1])), PARTS),
    "total too large": (_value(70000.0), (*PARTS, "bar", "horizontalBar")), "total too small": (_value(50000.0), (*PARTS, "bar", "horizontalBar")),
    "amount x10": (_value(600000.0), (*PARTS, "bar", "horizontalBar")), "amount /1000": (_value(60.0), (*PARTS, "bar", "horizontalBar")),
    "percentages for money": (_edit(lambda d: d["charts"][0].update(data=points({"Equities": 60.0, "Bonds": 25.0, "Commodities": 10.0, "Cash": 5.0}))), (*PARTS, "bar", "horizontalBar")),
    "percentages over 100": (_edit(lambda d: d["charts"][0].update(unit="percent", data=points({"Equities": 60.0, "Bonds": 35.0, "Cash": 15.0}))), (*PARTS, "bar", "horizontalBar")),
    "a class that is not held": (_label("Crypto"), (*PARTS, "bar", "horizontalBar")),
    "a holding that is not held": (_edit(lambda d: d["charts"][0].update(title="Top holdings now", data=points({"SPY": 45000.0, "TSLA": 15000.0}))), ("bar", "horizontalBar")),
    "a wrong amount of a holding": (_edit(lambda d: d["charts"][0].update(title="Top holdings now", data=points({"SPY": 40000.0, "QQQ": 15000.0}))), ("bar", "horizontalBar")),
    "dates out of order": (_edit(lambda d: d["charts"][0]["data"].reverse()), ("line", "area")),
    "parts of a whole on a line": (_edit(lambda d: d["charts"][0].update(data=points(CLASSES))), ("line", "area", "radar")),
    "series of no key": (_set("series", [{"name": "x"}]), ("composed", "bar", "line", "area", "radar")),
    "series of unknown key": (_set("series", [{"dataKey": "nowhere"}]), ("composed", "bar", "line", "area", "radar")),
    "series of unknown kind": (_set("series", [{"dataKey": "worth", "kind": "pie"}]), ("composed",)), "no series": (_set("series", []), ("composed",)),
    "stated total wrong": (lambda d: {**d, "total": 90000}, PARTS), "stated total text": (lambda d: {**d, "total": "100000"}, PARTS),
    "three charts": (lambda d: {"charts": d["charts"][:3]}, TYPES), "thirteen charts": (lambda d: {"charts": [{**d["charts"][0], "key": f"k{n}"} for n in range(13)]}, TYPES),
    "no charts": (lambda _: {"charts": []}, TYPES), "charts missing": (lambda d: {"chart": d["charts"]}, TYPES), "charts null": (lambda _: {"charts": None}, TYPES),
    "code fence": (_text(lambda t: f"```json\n{t}\n```"), TYPES), "prose around": (_text(lambda t: f"Here they are: {t} Enjoy!"), TYPES),
    "cut off": (_text(lambda t: t[: len(t) * 2 // 3]), TYPES), "comma too many": (_text(lambda t: t.replace("}]", "},]")), TYPES),
    "single quotes": (_text(lambda t: t.replace('"', "'")), TYPES), "the same JSON key twice": (_text(lambda t: t.replace('"title":', '"title": "x", "title":', 1)), TYPES),
    "a sum for an amount": (_text(lambda t: re.sub(r'"(value|y|worth)": ([\d.]+)', r'"\1": \2+1', t, count=1)), TYPES), "not JSON": (lambda _: "I could not make charts.", TYPES),
}  # fmt: skip


def detected() -> dict[str, Counter[str]]:
    """Blocked or missed, by type of chart; the missed ones by name under `missed`."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name, (spoil, kinds) in DEFECTS.items():
        for kind in kinds:
            report = check_charts(spoil(copy.deepcopy(payload(kind))), reference=REFERENCE)
            found[kind]["missed" if report.ok else "blocked"] += 1
            if report.ok:
                found["names"][f"{name} ({kind})"] += 1
            if "guardrail-error" in report.rules:
                found["errors"][f"{name} ({kind})"] += 1
    return found


def random_payload(rng: random.Random) -> tuple[dict[str, Any], ChartReference]:
    """Four to six charts that are right about a portfolio of its own."""
    labels = ["Equities", "Bonds", "Commodities", "Cash", "Real Estate", "Alternatives"][: rng.randint(3, 6)]
    amounts = {label: round(rng.uniform(500, 90000), 2) for label in labels}
    total = round(sum(amounts.values()), 2)
    first = round(total * rng.uniform(0.2, 0.8), 2)
    charts = [
        {
            **chart(rng.choice(["pie", "donut", "treemap", "bar", "horizontalBar"]), "classes"),
            "title": "By asset class",
            "data": points(amounts),
        },
        {
            **chart(rng.choice(["pie", "donut"]), "accounts"),
            "title": "By account",
            "data": points({"401(k)": first, "Taxable": round(total - first, 2)}),
        },
    ]
    for place, kind in enumerate(rng.sample(["line", "area", "radar", "scatter", "composed"], rng.randint(2, 4))):
        charts.append({**chart(kind, f"more{place}"), "title": f"More {place}"})
    reference = ChartReference(total=Decimal(str(total)), asset_classes=tuple(labels), accounts=("401(k)", "Taxable"))
    return {"charts": charts}, reference


def valid() -> Iterator[tuple[str, bool]]:
    """Families of payloads that are right, and whether each passes."""
    rng = random.Random(5)
    for _ in range(100):
        data, reference = random_payload(rng)
        yield "generated, ours", check_charts(data, reference=reference).ok
        yield "generated, ours, as text", check_charts(json.dumps(data), reference=reference).ok
    for kind in TYPES:
        yield "one of each type", check_charts(payload(kind), reference=REFERENCE).ok
    for spec in vega().values():
        yield "Vega-Lite examples", check_charts(spec, profile="vega-lite").ok
    for kind in ("pie", "donut", "bar", "horizontalBar", "line"):
        for _ in range(4):
            data, reference = random_payload(rng)
            amounts = {point["name"]: point["value"] for point in data["charts"][0]["data"]}
            yield "Plotly figures", check_charts(plotly(kind, amounts), reference=reference, profile="plotly").ok
            yield (
                "OpenBB artifacts",
                check_charts(
                    {"charts": [openbb(kind, amounts)] * 1},
                    reference=reference,
                    rules=ChartRules(count=None),
                    profile="openbb",
                ).ok,
            )
    yield (
        "Alex's example, its totals aside",
        check_charts(alex(), rules=ChartRules(severity={"totals-disagree": "warn"})).ok,
    )


def plotly(kind: str, amounts: dict[str, float]) -> dict[str, Any]:
    """A Plotly figure of these amounts."""
    names, values = list(amounts), list(amounts.values())
    trace: dict[str, Any] = {"type": "bar", "x": names, "y": values}
    if kind in ("pie", "donut"):
        trace = {"type": "pie", "labels": names, "values": values, "hole": 0.4 if kind == "donut" else 0}
    elif kind == "horizontalBar":
        trace = {"type": "bar", "orientation": "h", "y": names, "x": values}
    elif kind == "line":
        trace = {"type": "scatter", "mode": "lines", "x": ["2025-01", "2025-02", "2025-03"], "y": [1.5, None, 3]}
    return {"data": [trace], "layout": {"title": {"text": "By asset class"}}}


def openbb(kind: str, amounts: dict[str, float]) -> dict[str, Any]:
    """An OpenBB artifact of these amounts."""
    keys = (
        {"chartType": kind, "angleKey": "worth", "calloutLabelKey": "class"}
        if kind in ("pie", "donut")
        else {"chartType": "bar", "xKey": "class", "yKey": ["worth"]}
    )
    content = [{"class": name, "worth": value} for name, value in amounts.items()]
    return {
        "type": "chart",
        "uuid": "1",
        "name": "By asset class",
        "description": "Shares",
        "content": content,
        "chart_params": keys,
    }


def dialect_defects() -> Counter[str]:
    """Defects in Vega-Lite, Plotly and OpenBB figures."""
    counts: Counter[str] = Counter()
    bad: list[tuple[str, Any]] = [
        (name, value)
        for name, value in (
            ("text", "many"),
            ("NaN", float("nan")),
            ("true", True),
            ("negative", -5.0),
            ("infinity", float("inf")),
            ("x10", 600000.0),
        )
    ]
    for _, value in bad:
        amounts = {**CLASSES, "Equities": value}
        spec = {
            "mark": "arc",
            "data": {"values": [{"c": n, "v": v} for n, v in amounts.items()]},
            "encoding": {"theta": {"field": "v", "type": "quantitative"}, "color": {"field": "c", "type": "nominal"}},
        }
        for profile, figure in (
            ("vega-lite", spec),
            ("plotly", plotly("pie", amounts)),
            ("openbb", {"charts": [openbb("pie", amounts)]}),
        ):
            report = check_charts(figure, reference=REFERENCE, rules=ChartRules(count=None), profile=profile)
            counts["missed" if report.ok else "blocked"] += 1
    return counts


def vega() -> dict[str, Any]:
    """The committed Vega-Lite examples."""
    with gzip.open(DATA / "vega_lite.json.gz", "rt", encoding="utf-8") as file:
        return dict(json.load(file))


def alex() -> str:
    """The example of the original agent's prompt."""
    return (ROOT / "tests/data/charts_alex_example.json").read_text(encoding="utf-8")


BREAKS: dict[str, Callable[[str, random.Random], str]] = {
    "code fence": lambda t, _: f"```json\n{t}\n```", "code fence, not closed": lambda t, _: f"```json\n{t}", "prose around": lambda t, _: f"Sure! Here:\n{t}\nAnything else?",
    "comma too many": lambda t, _: t.replace("}]", "},]"), "single quotes": lambda t, _: t.replace('"', "'"), "keys without quotes": lambda t, _: re.sub(r'"(\w+)":', r"\1:", t),
    "comments": lambda t, _: t.replace("{", "{ /* chart */ ", 3), "cut off": lambda t, rng: t[: rng.randint(len(t) * 2 // 3, len(t) - 1)], "a bracket too many": lambda t, _: t + "}",
    "a bracket too few": lambda t, _: t[:-1], "None for null": lambda t, _: t.replace('"description": "What it shows"', '"description": None'),
    "curly quotes": lambda t, _: t.replace('"title"', "“title”"),
}  # fmt: skip


def mended() -> dict[str, tuple[int, int, int]]:
    """By way of breaking: tried, mended into data, numbers changed."""
    rng = random.Random(7)
    found = {}
    for name, spoil in BREAKS.items():
        good = changed = 0
        for _ in range(50):
            data, _ = random_payload(rng)
            broken = spoil(json.dumps(data), rng)
            result = repair(broken)
            good += result.data is not None
            if result.data is not None:
                changed += not set(numbers(result.data)) <= set(numbers(data))
        found[name] = (50, good, changed)
    return found


def numbers(item: Any) -> list[Decimal]:
    """Every number in some data."""
    if isinstance(item, dict):
        return [number for inner in item.values() for number in numbers(inner)]
    if isinstance(item, list):
        return [number for inner in item for number in numbers(inner)]
    return [Decimal(str(item))] if isinstance(item, int | float | Decimal) and not isinstance(item, bool) else []


def report() -> str:
    """Everything, as Markdown."""
    found = detected()
    blocked, missed = sum(found[kind]["blocked"] for kind in TYPES), sum(found[kind]["missed"] for kind in TYPES)
    families: dict[str, Counter[bool]] = defaultdict(Counter)
    for family, ok in valid():
        families[family][ok] += 1
    rejected, tried = (
        sum(counts[False] for counts in families.values()),
        sum(sum(counts.values()) for counts in families.values()),
    )
    fixed = mended()
    good, all_, changed = (sum(row[place] for row in fixed.values()) for place in (1, 0, 2))
    dialects = dialect_defects()
    totals = check_charts(alex()).totals
    shown = guard_charts(alex(), breakdowns={"By asset class": CLASSES}).source
    distinct = len(set(totals.values()))
    targets = [
        (f"{len(DEFECTS)} defects on the types that can have them, blocked", ">= 0.98", f"{blocked / (blocked + missed):.3f} ({blocked} of {blocked + missed})", blocked / (blocked + missed) >= 0.98),
        ("valid payloads rejected", "0", f"{rejected} of {tried}", rejected == 0),
        ("broken syntax mended", ">= 0.9", f"{good / all_:.3f} ({good} of {all_})", good / all_ >= 0.9),
        ("numbers changed by mending", "0", str(changed), changed == 0),
        ("guardrail errors", "0", str(sum(found["errors"].values())), not found["errors"]),
        ("different totals found in Alex's own example", "4", str(distinct), distinct == 4),
        ("defects in Vega-Lite, Plotly and OpenBB figures, blocked", "all", f"{dialects['blocked']} of {sum(dialects.values())}", not dialects["missed"]),
    ]  # fmt: skip
    lines = [
        "# The chart guardrail, measured", "",
        "Written by `python bench/charts.py`; sources in [data/SOURCE.md](data/SOURCE.md). The defects and the rules were written by the same",
        "hands; the Vega-Lite examples were not.", "",
        "| target | wanted | measured | |", "|---|---|---|---|",
        *(f"| {name} | {wanted} | {value} | {'met' if ok else '**missed**'} |" for name, wanted, value, ok in targets), "",
        "## Defects by type of chart", "", "| type | defects | blocked |", "|---|---|---|",
        *(f"| {kind} | {sum(found[kind].values())} | {found[kind]['blocked']} |" for kind in TYPES), "",
        f"Missed: {', '.join(found['names']) or 'none'}.", "",
        "## Valid payloads", "", "| family | payloads | rejected |", "|---|---|---|",
        *(f"| {family} | {sum(counts.values())} | {counts[False]} |" for family, counts in families.items()), "",
        "## Mended syntax", "", "| broken by | texts | mended | numbers changed |", "|---|---|---|---|",
        *(f"| {name} | {row[0]} | {row[1]} | {row[2]} |" for name, row in fixed.items()), "",
        "## Alex's example", "", "| chart | total |", "|---|---|", *(f"| {key} | {total:,.2f} |" for key, total in totals.items()), "",
        f"Its charts of the same whole disagree; with the portfolio's own figures at hand the page is shown: {shown}.", "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    made = report()
    (Path(__file__).parent / "charts.md").write_text(made, encoding="utf-8")
    print(made)
