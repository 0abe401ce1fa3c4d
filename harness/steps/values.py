"""The values in a call's arguments that tell where they come from, and the words of a text in which they are looked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

from harness.frozen import frozen

ValueKind: TypeAlias = Literal["identifier", "number", "date", "name", "word", "prose"]

_ENUMS = frozenset(
    """
    all any asc ask auto bid buy cancelled cash closed completed count credit daily day days debit default desc down equity exact
    false fok gtc high hour hourly hours html ioc json limit long low margin market max medium min minute minutes mode moc month
    monthly months none normal null open opg other pending percent quarterly sell short sort stop stop_limit text total trailing
    true usd eur gbp jpy chf cad aud nzd inr cny hkd sgd sek nok dkk week weekly weeks year yearly years yes ytd utc
    get post put user admin read write
    10-k 10-q 8-k 20-f 40-f 6-k s-1 13f 13d 13g w-2 w-9 1099 1040 401k 403b 529 etf etfs ira roth reit adr ipo fx gaap ttm
    1d 5d 1w 1mo 3mo 6mo 1y 2y 5y 10y 30d 90d 365d 1m 5m 15m 30m 1h 4h q1 q2 q3 q4 h1 h2 fy utf-8
    """.split()  # noqa: SIM905 - a list of words reads better in lines
)
_ID_NAME = re.compile(
    r"(?:^|_)(?:id|ids|account|acct|iban|bic|swift|isin|cusip|card|key|code|number|no|ref|reference|recipient|receiver|payee|"
    r"ticker|tickers|symbol|symbols)$|[a-z](?:Id|Ids|ID|Number|Code)$"
)
_DATE = re.compile(
    r"\d{4}-\d{2}(?:-\d{2})?(?:[T ]\d{2}:?\d{2}.{0,20})?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?"
)
_NUMBER = re.compile(r"[-+]?[$€£¥₹]?[-+]?\d[\d,]*(?:\.\d+)?%?")
_TOKEN = re.compile(r"[$€£¥₹]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|[^\s,;()\[\]{}<>\"'`’|=]+")
_IDENTIFIER = re.compile(r"(?=.*\d)(?=.*[^\W\d_]).{3,}|[A-Z][A-Z.\-/&]{2,}|\S+@\S+|\w+://\S+|\d{5,}", re.DOTALL)
_WORD = re.compile(r"[a-z]+(?:[_-][a-z]+)*|[A-Z][a-z]+")
_EDGES = ".:!?*_#$€£¥₹%+-…“”‘’"
_PROSE_WORDS = 6
_LONGEST = 80
_DEEPEST = 100
_LONG = 2000
_FEW = 100
_MOST_VALUES = 2000


@frozen
class Value:
    """One distinctive value of a call's arguments."""

    argument: str
    """Path of the argument, such as `items[0].symbol`."""

    text: str
    """The value as text."""

    kind: ValueKind
    """An identifier (ticker, account, order), a number, a date, a name, a plain word, or prose with figures in it."""

    tokens: tuple[str, ...]
    """What must have been seen for the value to have been seen."""


def distinctive(args: Mapping[str, Any], choices: tuple[str, ...] = ()) -> Iterator[Value]:
    """The values of a call's arguments that say where they come from; `choices` names arguments that hold one of a fixed set.

    A text of three characters or more that is no word of a fixed set, and a number of three significant digits or more.
    """
    for number, (path, key, item) in enumerate(_leaves(args)):
        if number >= _MOST_VALUES:
            return
        if key not in choices:
            found = _value(path, key, item)
            if found is not None:
                yield found


def tokens(item: Any, wanted: Collection[str] | None = None) -> Iterator[str]:
    """The words and figures of JSON-like data, in the form in which values are compared.

    With a few `wanted` ones, long texts that have none of them are passed over.
    """
    few = wanted if wanted is not None and len(wanted) <= _FEW else None
    for _, _, leaf in _leaves(item, keys=True):
        if isinstance(leaf, str):
            if few is None or len(leaf) < _LONG or _mentions(leaf, few):
                yield from text_tokens(leaf)
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            yield figure(leaf)


def _mentions(text: str, wanted: Collection[str]) -> bool:
    plain = text.casefold().replace(",", "")
    return any(token.replace(",", "") in plain for token in wanted)


def text_tokens(text: str) -> Iterator[str]:
    """The words and figures of a text; figures both as written and as a bare number, `a:b` also in its parts."""
    for found in _TOKEN.finditer(text):
        word = found[0].strip(_EDGES)
        if not word:
            continue
        yield word.casefold()
        if word[0].isdigit():
            yield figure(word)
        # Dates with a time, key:value pairs and paths are also known by their parts.
        for part in re.split(r"[:/T]", found[0]) if any(mark in word for mark in ":/T") else ():
            inner = part.strip(_EDGES)
            if inner and inner != word:
                yield figure(inner) if inner[0].isdigit() else inner.casefold()


def figure(item: object) -> str:
    """A number in one form: no sign, no separators, no trailing zeros."""
    text = str(item).replace(",", "").lstrip("+-$€£¥₹").rstrip("%")
    if len(text) > _LONGEST:
        return text.casefold()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text.casefold()
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST:
        return text.casefold()
    whole = format(number, "f").lstrip("-")
    return (whole.rstrip("0").rstrip(".") if "." in whole else whole) or "0"


def _value(path: str, key: str, item: Any) -> Value | None:
    if isinstance(item, bool) or item is None:
        return None
    if isinstance(item, int | float):
        return _number(path, key, str(item))
    text = item.strip() if isinstance(item, str) else ""
    if len(text) < 3 or text.casefold() in _ENUMS:
        return None
    if _NUMBER.fullmatch(text) if len(text) <= _LONGEST else False:
        return _number(path, key, text)
    words = text.split()
    if len(words) > _PROSE_WORDS or len(text) > _LONGEST:
        figures = tuple(token for token in text_tokens(text[:20_000]) if _significant(token) >= 3)
        return Value(path, text, "prose", figures)
    parts = tuple(word for word in _parts(words) if word)
    return Value(path, text, _kind(text, words), parts) if parts else None  # marks alone come from nowhere


def _parts(words: list[str]) -> Iterator[str]:
    for word in words:
        bare = word.strip(_EDGES + ",;()[]{}<>\"'`|=")
        yield figure(bare) if bare[:1].isdigit() else bare.casefold()


def _kind(text: str, words: list[str]) -> ValueKind:
    if _DATE.fullmatch(text):
        return "date"
    if len(words) == 1:
        return "identifier" if _IDENTIFIER.fullmatch(text) else "word" if _WORD.fullmatch(text) else "name"
    if all(word[:1].isupper() for word in words):
        return "name"
    return (
        "identifier" if any(_IDENTIFIER.fullmatch(word) and any(map(str.isdigit, word)) for word in words) else "word"
    )


def _number(path: str, key: str, text: str) -> Value | None:
    plain = figure(text)
    if _ID_NAME.search(key) and len(plain) >= 3 and plain.isdigit():
        return Value(path, text, "identifier", (plain,))
    return Value(path, text, "number", (plain,)) if _significant(plain) >= 3 else None


def _significant(text: str) -> int:
    """Significant digits of a number, zeros at its end included; 0 for anything else."""
    return len(text.replace(".", "").lstrip("0")) if text.replace(".", "", 1).isdigit() else 0


def _leaves(item: Any, *, keys: bool = False) -> Iterator[tuple[str, str, Any]]:
    """Path, nearest key and value of every leaf, and on demand of every key; a stack instead of recursion, against depth."""
    stack: list[tuple[str, str, Any, int]] = [("", "", item, 0)]
    while stack:
        path, key, here, depth = stack.pop()
        if isinstance(here, Mapping):
            if depth < _DEEPEST:
                for name, inner in reversed(list(here.items())):
                    stack.append((f"{path}.{name}" if path else str(name), str(name), inner, depth + 1))
                if keys:
                    yield from ((path, "", str(name)) for name in here)
        elif isinstance(here, list | tuple):
            if depth < _DEEPEST:
                for place in range(len(here) - 1, -1, -1):
                    stack.append((f"{path}[{place}]", key, here[place], depth + 1))
        else:
            yield path, key, here
