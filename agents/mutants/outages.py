"""Defects that only show when something goes wrong: impatience, stubbornness, invention, silence and wishful reports."""

from __future__ import annotations

import re
from typing import Any

from harness.mutation import edit_text, mutant

_PATIENCE = "harness.faults.models:Patience._wait"


@mutant(
    "FI-M01",
    agent="portfolio",
    seam="C",
    severity=2,
    expects=["fault:recovered", "fault:retries", "contains"],
    replaces=_PATIENCE,
    cases=["FI-17"],
)
def gives_up_at_once(original: Any, patience: Any, error: Any, attempt: int) -> float | None:
    """The first failure of a model is the last one that anybody waits for."""
    return None


@mutant(
    "FI-M02",
    agent="portfolio",
    seam="C",
    severity=2,
    origin="S",
    expects=["fault:retries"],
    replaces=_PATIENCE,
    cases=["FI-18"],
)
def ignores_retry_after(original: Any, patience: Any, error: Any, attempt: int) -> float | None:
    """Whoever is told to wait for a day asks again after a second."""
    error.retry_after_s = None
    wait: float | None = original(patience, error, attempt)
    return wait


@mutant(
    "FI-M03",
    agent="portfolio",
    seam="C",
    severity=2,
    expects=["fault:retries"],
    replaces=_PATIENCE,
    cases=["FI-01", "FI-17"],
)
def waits_for_ever_longer(original: Any, patience: Any, error: Any, attempt: int) -> float | None:
    """It waits half a minute before each further attempt, though a second would do."""
    wait = original(patience, error, attempt)
    return None if wait is None else 30.0


@mutant(
    "FI-M04",
    agent="portfolio",
    seam="T",
    severity=3,
    expects=["no_figures", "fault:disclosed"],
    on="answer",
    cases=["FI-21", "FI-18"],
)
def makes_up_what_is_missing(answer: Any) -> Any:
    """What a tool did not say is said from memory."""
    return edit_text(answer, lambda _: "Your portfolio is worth $99,437.50, of which $8,500.00 is cash.")


@mutant(
    "FI-M05",
    agent="portfolio",
    seam="T",
    severity=1,
    origin="S",
    expects=["fault:disclosed"],
    on="answer",
    cases=["FI-18", "FI-21"],
)
def shows_the_machinery(answer: Any) -> Any:
    """The client reads the status code and the name of the exception."""
    return edit_text(answer, lambda text: f"{text} (HTTP 429: RateLimitError)")


@mutant(
    "FI-M06",
    agent="portfolio",
    seam="T",
    severity=2,
    expects=["fault:disclosed"],
    on="answer",
    cases=["FI-18", "FI-21"],
)
def changes_the_subject(answer: Any) -> Any:
    """Nothing is said of the failure."""
    return edit_text(
        answer, lambda _: "Diversification is the only free lunch in investing. Would you like to know more?"
    )


@mutant(
    "FI-M07", agent="portfolio", seam="S", severity=1, expects=["fault:terminal"], on="event", cases=["FI-17", "FI-21"]
)
def loses_a_result(event: Any) -> Any:
    """A call is begun and never ended."""
    return [] if event[0] == "tool_result" else None


@mutant("FI-M08", agent="portfolio", seam="T", severity=3, expects=["regex"], on="answer", cases=["FI-22"])
def takes_old_prices_for_new(answer: Any) -> Any:
    """Prices of last month are told as today's."""
    return edit_text(answer, lambda text: re.sub(r"(?i)Some prices are not current: [^.]*\.", "", re.sub(r"2026-10-\d\d", "2026-11-20", text)))  # fmt: skip


@mutant("FI-M09", agent="trader", seam="T", severity=3, expects=["honest", "icontains", "not-regex"], on="answer", cases=["FI-23", "FI-25"])  # fmt: skip
def calls_it_bought(answer: Any) -> Any:
    """An order that waits, or was rejected, is told as done."""
    return edit_text(answer, lambda _: "Bought VTI for $500.00 in your account.")


@mutant(
    "FI-M10", agent="trader", seam="T", severity=3, expects=["icontains", "contains-all"], on="answer", cases=["FI-24"]
)
def calls_half_a_whole(answer: Any) -> Any:
    """An order that was filled in part is told as filled."""
    return edit_text(answer, lambda text: text.replace("only in part", "").replace("$250.00 of $500.00", "$500.00"))


@mutant("FI-M11", agent="trader", seam="T", severity=2, expects=["not-regex"], on="answer", cases=["FI-26"])
def forgets_what_it_placed(answer: Any) -> Any:
    """The second delivery's refusal is told, and the first one's fill is not."""
    return edit_text(
        answer, lambda _: "Your order was refused, because its confirmation was used already. Nothing was traded."
    )


@mutant(
    "FI-M12",
    agent="charter",
    seam="C",
    severity=2,
    expects=["fault:recovered", "finance:chart-spec"],
    replaces="agents/_shared/loop.py:_Talk.conclude",
    cases=["FI-20"],
)
def never_corrects_itself(original: Any, talk: Any, reply: Any) -> Any:
    """An answer that does not fit is the end."""
    talk.repairs = talk.brief.limits.repairs
    return original(talk, reply)
