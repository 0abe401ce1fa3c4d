"""No evidence later than the day that is taken as today, and no old evidence without saying so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from harness.lazy import pattern

from .plaintext import plain
from .ruling import TEXT_LIMIT, Breach, Ruling, closed, cut, too_long

_I = 2
KEYS: Final = frozenset(
    {
        "as_of", "as_of_date", "date", "price_date", "quote_date", "quoted_at", "quote_time", "published", "published_at", "published_on",
        "filed", "filed_at", "filing_date", "timestamp", "updated_at", "reported_at", "report_date", "period_end", "trade_date", "last_updated",
    }
)  # fmt: skip
"""Members of evidence that say of when it is. `expires_at`, `execute_at` and `maturity` speak of the future on purpose."""

PRICED: Final = frozenset(
    {"as_of", "as_of_date", "price_date", "quote_date", "quoted_at", "quote_time", "timestamp", "last_updated"}
)
"""Those whose age matters: they belong to prices and balances, not to articles."""

_MOST: Final = 200_000
_ISO = pattern(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s?(Z|[+-]\d\d:?\d\d)?)?")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WORDED = pattern(
    r"\b(" + "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + r")\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b"
    r"|\b(\d{1,2})(?:st|nd|rd|th)? (" + "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + r")\.?,? (\d{4})\b",
    _I,
)
_PAST = pattern(
    r"\b(?:was|were|closed|traded|reported|rose|fell|returned|ended|gained|lost|stood|dropped|climbed|announced|paid|published)\b",
    _I,
)
_ADMITS = pattern(
    r"\b(?:stale|out[- ]of[- ]date|outdated|last known|may have (?:moved|changed)|delayed|not current|cached|as of|older|last look|days? old|prices? (?:of|from))\b",
    _I,
)


@closed(Ruling)
def check_as_of(
    evidence: Iterable[tuple[str, Any]],
    as_of: str | date,
    *,
    text: str = "",
    max_age_days: float | None = None,
    ignore: Iterable[str] = (),
) -> Ruling:
    """Find evidence of the future, and old prices that the answer does not call old; never raises.

    Args:
        evidence: (name, data) pairs: what the tools returned.
        as_of: The day, or the moment with its zone, that is taken as now.
        text: The answer. A day after `as_of` that it tells of in the past tense counts as evidence of the future.
        max_age_days: Age from which on a price must be called old; None for any age.
        ignore: Members that do not count.
    """
    now = moment(as_of)
    if now is None:
        return Ruling((Breach("as-of-unknown", "block", f"{cut(as_of)} is no day", path="$.as_of"),))
    if len(text) > TEXT_LIMIT:
        return Ruling((too_long(len(text)),))
    whole_day = not isinstance(as_of, str) or len(as_of.strip()) <= 10
    limit = now + timedelta(days=1) if whole_day else now
    keys, found, oldest = KEYS - set(ignore), [], None
    for name, data in evidence:
        for path, key, at, only_day in _dates(data, keys):
            if (at.date() > now.date()) if only_day else (at >= limit if whole_day else at > limit):
                message = f"{name} has evidence of {at.date() if only_day else at.isoformat()}, later than {cut(as_of)}"
                found.append(
                    Breach("from-the-future", "block", message, path=f"{name}:{path}", evidence=at.isoformat())
                )
            elif key in PRICED and (oldest is None or at < oldest[0]):
                oldest = (at, f"{name}:{path}")
            if len(found) >= 50:
                break
    found += _told(text, now)
    if (
        max_age_days is not None
        and oldest is not None
        and now - oldest[0] > timedelta(days=max_age_days)
        and not _admits(text, oldest[0])
    ):
        days = (now.date() - oldest[0].date()).days
        message = f"a price is {days} days old ({oldest[0].date()}), and the answer does not say so"
        found.append(Breach("stale-undisclosed", "block", message, path=oldest[1], evidence=str(oldest[0].date())))
    return Ruling(tuple(found))


def moment(item: Any) -> datetime | None:
    """A day or a moment, in UTC; a day is its first moment, a time without a zone is taken as UTC. None for anything else."""
    if isinstance(item, datetime):
        return item.astimezone(UTC) if item.tzinfo else item.replace(tzinfo=UTC)
    if isinstance(item, date):
        return datetime(item.year, item.month, item.day, tzinfo=UTC)
    match = _ISO.fullmatch(item.strip()) if isinstance(item, str) and len(item) <= 40 else None
    if match is None:
        return None
    try:
        made = datetime.fromisoformat(item.strip().replace(" ", "T", 1))
        return made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _dates(data: Any, keys: frozenset[str]) -> Iterator[tuple[str, str, datetime, bool]]:
    """Every dated member, without recursion: data may be nested as deeply as it likes."""
    waiting: list[tuple[str, Any]] = [("$", data)]
    seen = 0
    while waiting and seen < _MOST:
        path, item = waiting.pop()
        seen += 1
        if isinstance(item, Mapping):
            for key, inner in item.items():
                if isinstance(inner, str):
                    at = moment(inner) if key in keys else None
                    if at is not None:
                        yield f"{path}.{key}", str(key), at, len(inner.strip()) <= 10
                elif isinstance(inner, Mapping | list | tuple):
                    waiting.append((f"{path}.{key}" if len(path) < 500 else path, inner))
        elif isinstance(item, list | tuple):
            for place, inner in enumerate(item):
                if isinstance(inner, Mapping | list | tuple):
                    waiting.append((f"{path}[{place}]" if len(path) < 500 else path, inner))


def _told(text: str, now: datetime) -> Iterator[Breach]:
    """Days after today that an answer tells of as if they were over."""
    from .conduct.sentences import sentences

    seen = plain(text)
    for sentence in sentences(seen.text):
        if not _PAST.search(sentence.text):
            continue
        for start, end, day in _days(sentence.text):
            if day > now.date():
                span = seen.span(sentence.start + start, sentence.start + end)
                message = f"the answer tells of {day} as if it were over; today is {now.date()}"
                yield Breach("future-told-as-past", "block", message, span, evidence=sentence.text[start:end])


def _days(text: str) -> Iterator[tuple[int, int, date]]:
    for match in _ISO.finditer(text):
        if (day := _day(match[1], match[2], match[3])) is not None:
            yield match.start(), match.start() + 10, day
    for match in _WORDED.finditer(text):
        year, name, number = (match[3], match[1], match[2]) if match[1] else (match[6], match[5], match[4])
        month = next(place for place, full in enumerate(_MONTHS, 1) if full.startswith(name.casefold()[:3]))
        if (day := _day(year, month, number)) is not None:
            yield match.start(), match.end(), day


def _day(year: str, month: str | int, number: str) -> date | None:
    try:
        return date(int(year), int(month), int(number))
    except ValueError:
        return None


def _admits(text: str, at: datetime) -> bool:
    """Whether an answer says that its prices are old, in words or by naming their day."""
    seen = plain(text).text
    return bool(_ADMITS.search(seen)) or any(day == at.date() for _, _, day in _days(seen))
