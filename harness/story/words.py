"""The words, marks and number formats of tables: a status is never told by its colour alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.frozen import frozen
from harness.model import Result, Verdict
from harness.shape import plain
from harness.summary import Counts
from harness.text import one_line, shorten, visible


@frozen
class Status:
    """How a status is shown."""

    word: str
    """The word, which says it all."""

    mark: str
    """A sign whose shape differs from all others."""

    colour: str
    """Name of a colour that dashboards know; differs in lightness, too."""


STATUSES: Mapping[str, Status] = {
    "passed": Status("passed", "✓", "blue"),
    "failed": Status("failed", "✗", "red"),
    "errored": Status("errored", "⚠", "orange"),
    "undecided": Status("undecided", "?", "violet"),
    "missing": Status("missing", "–", "gray"),
}
"""Blue rather than green stands for passed, so that red and its opposite differ for everybody."""

MEANINGS: Mapping[str, str] = {
    "passed": "every required check held",
    "failed": "a required check failed, or the agent did",
    "errored": "the harness, a provider or the machine failed; outside the pass rate",
    "undecided": "nothing failed, but a required check could not be decided; outside the pass rate",
    "missing": "planned, and without a result",
}
"""What each status says."""

SEVERITIES = ("blocker", "major", "minor")
"""Weightiest first."""

STEP_COLOURS: Mapping[str, str] = {"llm": "#0072B2", "tool": "#E69F00", "handoff": "#CC79A7", "message": "#999999"}
"""Okabe and Ito's colours, which colour-blind people tell apart."""

SERIES_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
"""The same authors', for lines."""

_SIMPLE = re.compile(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")
"""Without anything that Markdown could take for markup."""

_FUNCTION = re.compile(r"[^:\s]{1,200}\.py:([A-Za-z_]\w{0,79}): ")
"""What a check that is a function of the workspace begins its reason with."""

VALUE_LIMIT = 2_000
"""Most characters of a value in a table's cell."""

BLOCK_LIMIT = 100_000
"""Most characters of a value on its own."""


def shown(status: str) -> str:
    """A status as tables show it: mark and word."""
    return f"{STATUSES[status].mark} {STATUSES[status].word}"


def status_of(counts: Counts) -> str:
    """The status of several trials together: the worst there is."""
    for status in ("failed", "errored", "undecided", "missing"):
        if getattr(counts, status):
            return status
    return "passed"


def check_status(verdict: Verdict) -> str:
    """The status of one check."""
    if verdict.error:
        return "errored"
    return "undecided" if verdict.passed is None else "passed" if verdict.passed else "failed"


def verdict_sentence(result: Result) -> str:
    """Say in one line how a trial ended and why."""
    error = result.outcome.error
    told = None if error is None else (error.type, error.message)
    return sentence_of(result.status, result.outcome.status, told, result.verdicts)


def sentence_of(status: str, outcome: str, error: tuple[str, str] | None, verdicts: Sequence[Verdict]) -> str:
    """The same of what is known of a trial, without its trace."""
    if outcome != "completed":
        return one_line(f"{outcome}: {error[0]}: {error[1]}" if error else outcome, 400)
    wanted: bool | None = None if status in {"undecided", "errored"} else False
    for verdict in sorted(verdicts, key=lambda item: SEVERITIES.index(item.severity)):
        if status != "passed" and verdict.passed is wanted:
            return one_line(": ".join(named(verdict)), 400)
    count = len(verdicts)
    return f"{count} check{'s' if count != 1 else ''} held"


def named(verdict: Verdict) -> tuple[str, str]:
    """What a check is called, and what it concluded; a function of the workspace goes by its own name."""
    kind = verdict.check.removeprefix("not-")
    own = _FUNCTION.match(verdict.reason) if kind == "python" else None
    if own is None:
        return verdict.check, verdict.reason
    return verdict.check.replace(kind, own[1]), verdict.reason[own.end() :]


def cell(item: object) -> str:
    """Any value as one table cell of text: plain words stay words, everything else is JSON."""
    if item is None:
        return ""
    text = item if isinstance(item, str) else json.dumps(plain(item), ensure_ascii=False, sort_keys=True, default=str)
    return shorten(visible(text), VALUE_LIMIT)


def cell_lines(item: object) -> str:
    """Any value as a block of text: words as they are, everything else as indented JSON."""
    if item is None:
        return "–"
    if isinstance(item, str):
        return shorten(visible(item), BLOCK_LIMIT)
    return shorten(visible(json.dumps(plain(item), ensure_ascii=False, indent=2, default=str)), BLOCK_LIMIT)


def as_code(text: str, limit: int = 200) -> str:
    """Text as Markdown code, so that titles and labels show data as it is."""
    shown_text = one_line(text, limit)
    longest = max((len(run) for run in re.findall("`+", shown_text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if shown_text[:1] == "`" or shown_text[-1:] == "`" or not shown_text.strip() else ""
    return f"{fence}{space}{shown_text}{space}{fence}"


def as_title(text: str, limit: int = 80) -> str:
    """Text for a heading or label: simple names as they are, everything else as code."""
    return text if _SIMPLE.fullmatch(text) and len(text) <= limit else as_code(text, limit)


def money(amount: float | None) -> str:
    """US dollars with as many digits as matter; an unknown amount is no zero."""
    if amount is None:
        return "unknown"
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def seconds(duration: float | None) -> str:
    """A duration with as many digits as matter."""
    if duration is None:
        return "–"
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.1f} s"


def rate_text(rate: float | None) -> str:
    """A rate in percent."""
    return "–" if rate is None else f"{rounded(rate):.1%}"


def rounded(rate: float) -> float:
    """A rate to a tenth of a percent, which is 0 or 1 only when it is exactly that: one failure in a million shows."""
    return rate if rate in {0, 1} else min(0.999, max(0.001, round(rate, 3)))


def interval_text(low: float | None, high: float | None) -> str:
    """Both ends of an interval, with a decimal where it is narrow."""
    if low is None or high is None:
        return "–"
    return f"{low:.0%} to {high:.0%}" if high - low >= 0.1 else f"{low:.1%} to {high:.1%}"


def json_safe(item: Any) -> Any:
    """Plain JSON data, for viewers that take nothing else."""
    return json.loads(json.dumps(plain(item), default=str))
