"""Measure the guardrails of the source documents beside ours: on the same charts, texts, phrases, reports and simulations."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.frozen import frozen
from harness.guardrails.sources import app, guide

CARDS = Path(__file__).parent / "cards"
_RUNS = 200
_SEEN = 0.95


@frozen
class Count:
    """So many of so many."""

    found: int
    """How many."""

    of: int
    """Of how many."""

    def __str__(self) -> str:
        return f"{self.found} of {self.of}"


@frozen
class Row:
    """One question put to each set of guardrails."""

    subject: str
    """What was looked at."""

    question: str
    """What is counted."""

    wanted: str
    """`all` or `none`."""

    guide: Count | None
    """The guide's, where it has such a guardrail."""

    app: Count | None
    """The public application's."""

    ours: Count | None
    """Ours; None where it is not built."""

    missed: tuple[str, ...] = ()
    """Where ours is wrong."""


def scorecard() -> tuple[Row, ...]:
    """Measure everything; takes a few seconds, most of them simulations."""
    return (*_charts(), *_texts(), *_phrases(), *_lengths(), *_symbols(), *_reports(), *_simulations())


def read(name: str) -> Any:
    """One file of variants."""
    return json.loads((CARDS / name).read_text(encoding="utf-8"))


# ---- charts


def variants() -> list[tuple[str, str]]:
    """Name and text of every chart variant, after the valid one."""
    card = read("charts.json")
    return [
        ("valid", _written(card["base"], {})),
        *((one["id"], _written(card["base"], one)) for one in card["variants"]),
    ]


def _written(base: Any, change: Mapping[str, Any]) -> str:
    data = copy.deepcopy(base)
    for place, value in change.get("set", {}).items():
        _put(data, place.split("."), value)
    charts = data["charts"]
    if "keep" in change:
        data["charts"] = charts[: change["keep"]]
    if "repeat" in change:
        data["charts"] = [
            {**charts[n % len(charts)], "key": f"chart_{n}", "title": f"Chart {n}"} for n in range(change["repeat"])
        ]
    if "wrap" in change:
        data["charts"] = {chart["key"]: chart for chart in charts}
    if "pad" in change:
        charts[0]["description"] = "x" * change["pad"]
    text = json.dumps(data, ensure_ascii=False)
    for old, new in change.get("raw", {}).items():
        text = text.replace(old, new, 1)
    text = f"{change.get('before', '')}{text}{change.get('after', '')}"
    return text[: change["cut"]] if "cut" in change else text


def _put(data: Any, path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        data = data[int(part)] if part.isdigit() else data[part]
    last = path[-1]
    data[int(last) if last.isdigit() else last] = value


def _as_guide(text: str) -> str:
    """The same charts as the guide's own page reads them: bars have `category`. Text, because some of it is no JSON."""
    parts = text.split('"type": ')
    return '"type": '.join(
        part.replace('{"name":', '{"category":') if part.startswith('"bar"') else part for part in parts
    )


def _app_shows(text: str) -> bool:
    try:
        app.parse_charts(text)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _our_charts() -> Callable[[str], bool]:
    from harness.guardrails.charts import ChartReference, ChartRules, check_charts

    card = read("charts.json")
    drawn = [point["name"] for chart in card["base"]["charts"] for point in chart["data"]]
    reference = ChartReference(
        total=card["total"], holdings=tuple(card["holdings"]), accounts=tuple(card["accounts"]),
        asset_classes=("Equity", "Fixed Income", "Commodities", "Cash"), regions=tuple(drawn[-7:-3]),
    )  # fmt: skip
    rules = ChartRules(count=(4, 6), whole="portfolio", unit="USD")
    return lambda text: check_charts(text, reference=reference, rules=rules).ok


def _charts() -> list[Row]:
    (_, valid), *wrong = variants()
    ours = _our_charts()
    missed = tuple(name for name, text in wrong if ours(text))
    n = len(wrong)
    return [
        Row(
            "charts", "wrong charts refused", "all",
            Count(sum(not guide.validate_charts(_as_guide(text)).valid for _, text in wrong), n),
            Count(sum(not _app_shows(text) for _, text in wrong), n),
            Count(n - len(missed), n), missed,
        ),
        Row(
            "charts", "the application's own valid charts refused", "none",
            Count(int(not guide.validate_charts(valid).valid), 1), Count(int(not _app_shows(valid)), 1),
            Count(int(not ours(valid)), 1),
        ),
    ]  # fmt: skip


# ---- texts


def _flagged(text: str) -> bool:
    """Whether our text layer takes a text for an attack; what an agent then does is another guardrail's business."""
    from harness.guardrails.injection import scan_text

    return not scan_text(text).ok


def _texts() -> list[Row]:
    card = read("texts.json")

    def theirs(text: str) -> bool:
        return guide.sanitize(text) == guide.INVALID

    rows = []
    for kind, question, wanted in (
        ("injections", "injections caught by the text alone", "all"), ("harmless", "harmless texts blocked or flagged", "none"),
    ):  # fmt: skip
        texts = card[kind]
        wrong = tuple(text[:40] for text in texts if _flagged(text) != (wanted == "all"))
        counts = [Count(sum(judge(text) for text in texts), len(texts)) for judge in (theirs, _flagged)]
        rows.append(Row("input", question, wanted, counts[0], None, counts[1], wrong))
    return rows


# ---- confirmations


def _phrases() -> list[Row]:
    from harness.guardrails.orders.consent import consent

    phrases = [(text, wanted) for text, wanted in read("phrases.json")["phrases"]]

    def executed(judge: Callable[[str], str]) -> tuple[int, int]:
        """Executed without a plain yes, and refused or left although it was one or no plain no was said."""
        wrongly = sum(judge(text) == "yes" and wanted != "yes" for text, wanted in phrases)
        refused = sum(judge(text) == "no" and wanted != "no" for text, wanted in phrases)
        return wrongly, refused

    (bad, lost), (ours_bad, ours_lost) = executed(app.confirmed), executed(consent)
    n = len(phrases)
    understood = [text for text, wanted in phrases if wanted == "yes" and consent(text) != "yes"]
    return [
        Row("confirmation", "phrases that execute without a plain yes", "none", None, Count(bad, n), Count(ours_bad, n)),
        Row("confirmation", "phrases that cancel without a plain no", "none", None, Count(lost, n), Count(ours_lost, n)),
        Row(
            "confirmation", "plain yes understood", "all", None,
            Count(sum(app.confirmed(text) == "yes" for text, wanted in phrases if wanted == "yes"), 6),
            Count(6 - len(understood), 6), tuple(understood),
        ),
    ]  # fmt: skip


# ---- length, symbols, reports


def _lengths() -> list[Row]:
    from harness.guardrails.charts import guard_charts

    long = _written(read("charts.json")["base"], {"pad": guide.MAX_LENGTH})
    ours = guard_charts(long[: guide.MAX_LENGTH])

    def broken(text: str) -> bool:
        try:
            json.loads(text)
        except ValueError:
            return True
        return False

    shown_wrong = int(ours.source == "model" or (ours.source == "repaired" and not ours.report.ok))
    return [
        Row("length", "long JSON answers cut to what is no JSON", "none", Count(int(broken(guide.truncate(long))), 1), None, Count(shown_wrong, 1))
    ]  # fmt: skip


def _symbols() -> list[Row]:
    symbols = read("texts.json")["symbols"]
    from harness.guardrails.orders import validate_order

    def refused(symbol: str) -> bool:
        ruling = validate_order({"side": "buy", "symbol": symbol, "notional": 100}, {}, {}, {})
        return any(breach.rule == "bad-symbol" for breach in ruling.breaches)

    wrong = tuple(symbol for symbol in symbols if refused(symbol))
    n = len(symbols)
    return [
        Row("symbols", "real symbols refused", "none", Count(sum(not guide.valid_symbol(one) for one in symbols), n), None, Count(len(wrong), n), wrong)
    ]  # fmt: skip


def _reports() -> list[Row]:
    reports = read("reports.json")["reports"]
    texts = [((one["line"] * one["times"])[: one.get("length")], one["good"]) for one in reports]
    best = max(guide.output_quality(text) for text, good in texts if good)
    bad = [text for text, good in texts if not good]
    passed = [text[:40] for text in bad if _ours_accepts(text)]
    return [
        Row(
            "reports", "worthless reports scored as well as a good one, or better", "none",
            Count(sum(guide.output_quality(text) >= best for text in bad), len(bad)), None, Count(len(passed), len(bad)), tuple(passed),
        ),
        Row(
            "reports", "good reports accepted (theirs: scored 1.0)", "all",
            Count(sum(guide.output_quality(text) == 1.0 for text, good in texts if good), 1), None,
            Count(sum(_ours_accepts(text) for text, good in texts if good), 1),
        ),
    ]  # fmt: skip


def _ours_accepts(text: str) -> bool:
    """Figures there are, all of them read from the tools, and no promise."""
    from harness.grounding import GROUNDED, Facts, claims, ground
    from harness.guardrails.conduct import check_conduct

    known = {"total": 99437.50, "equity_percent": 71.95, "target_percent": 60.0, "gap_dollars": 11882.50}
    found = list(ground(claims(text), Facts.of([("portfolio_metrics", known)]), user=Facts.of([])))
    grounded = [item for item in found if item.status in GROUNDED]
    return len(grounded) >= 3 and len(grounded) == len(found) and check_conduct(text).ok


# ---- simulations

_ERRORS: Mapping[str, Callable[[app.Retirement], app.Retirement]] = {
    "no inflation": lambda plan: _changed(plan, inflation=0.0),
    "half of the volatility": lambda plan: _changed(plan, volatility=plan.volatility / 2),
    "inflation a year late": lambda plan: _changed(plan, inflation_from=0),
    "29 years instead of 30": lambda plan: _changed(plan, years_in_retirement=29),
}


def _changed(plan: app.Retirement, **fields: Any) -> app.Retirement:
    from dataclasses import replace

    return replace(plan, **fields)


def _simulations() -> list[Row]:
    """Each planted error is simulated with 10,000 paths; theirs compares with 500 of its own, ours with the same random numbers."""
    plan, paths = app.Retirement(), 10_000
    true = app.success_rate(plan, paths=paths, seed=1)
    rates = {name: app.success_rate(change(plan), paths=paths, seed=1) for name, change in _ERRORS.items()}
    own = [app.success_rate(plan, paths=app.PATHS, seed=100 + run) for run in range(_RUNS)]

    def seen(rate: float) -> bool:
        return sum(not app.within(rate, one) for one in own) >= _SEEN * _RUNS

    ours = tuple(name for name, rate in rates.items() if abs(rate - true) <= 1.5 / paths)
    n = len(rates)
    return [
        Row(
            "simulation", f"planted errors seen in at least {100 * _SEEN:.0f} % of {_RUNS} checks", "all",
            Count(sum(seen(rate) for rate in rates.values()), n), None, Count(n - len(ours), n), ours,
        )
    ]  # fmt: skip
