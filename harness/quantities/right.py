"""Read what stands directly after a figure's digits: power, fraction, scale and unit."""

from __future__ import annotations

import re
from decimal import Decimal

from harness.frozen import frozen
from harness.lazy import pattern

from . import lexicon as words
from .values import Kind

_POWER = pattern(r"[eE]([+-]?\d{1,2})(?![\w.])|[ \u00a0]?[x×*][ \u00a0]?10(?:\^|\*\*)[({]?([+-]?\d{1,2})[)}]?")
_VULGAR = pattern(r"[ \u00a0]?([½¼¾⅛⅜⅝⅞])|[ \u00a0-](\d{1,2})/(2|4|8|16|32)(?=[ \u00a0]?(?:%|percent\b|percentage\b))")
_VULGARS = {
    "½": "0.5", "¼": "0.25", "¾": "0.75", "⅛": "0.125", "⅜": "0.375", "⅝": "0.625", "⅞": "0.875",
}  # fmt: skip
_PLUS = pattern(r"\+(?![\w$€£.])")
_SCALE_WORD = pattern(
    r"[ \u00a0-]?(hundred|thousands?|tausend|tsd\.?|millionen|millions?|milh(?:ões|ão)|millon(?:es)?|millón|bilh(?:ões|ão)|mio\.?|mln|mn|milliarden|milliards?|mrd\.?|"
    r"billions?|bln|bn|trillions?|trn|tn|lakhs?|lacs?|crores?|cr)(?![A-Za-z0-9])|([万萬億亿])",
    re.IGNORECASE,
)
_SCALE_LETTER = pattern(r"(mm|MM|[kKmMbBtT])(?![A-Za-z0-9_&]|'[A-Za-z])")
_SCALE_APART = pattern(r"[ \u00a0](mm|MM|[kKmMbBT])(?![A-Za-z0-9_&'./-])")
_PERCENT = pattern(
    r"[ \u00a0]?\\?%(?P<sign_points>[ \u00a0-](?:points?|pts?)(?![A-Za-z]))?"
    r"|[ \u00a0-]?(?:percentage|percent|per cent|pct\.?)(?P<points>[ \u00a0-](?:points?|pts?))?(?![A-Za-z])"
    r"|[ \u00a0-]?(?P<basis>basis[ \u00a0-]points?|bps?|b\.p\.)(?![A-Za-z])"
    r"|[ \u00a0-]?(?P<pp>ppts?|pps?|p\.p\.)(?![A-Za-z])"
    r"|[ \u00a0]?(?P<mille>‰)",
    re.IGNORECASE,
)
_MULTIPLE = pattern(
    r"[ \u00a0]?[x×](?![A-Za-z0-9_]|[ \u00a0]?\d)|[ \u00a0]times(?![A-Za-z])|-?fold(?![A-Za-z])", re.IGNORECASE
)
_MONEY_AFTER = pattern(
    rf"[ \u00a0]?(?:(?P<code>{'|'.join(sorted(words.CODES | words.COINS))})(?![A-Za-z0-9/]|[ \u00a0]\d)"
    r"|(?P<symbol>(?:US|A|C|HK|NZ|S|R)?\$|[€£¥₹₽₩₿₪₺¢元円]|zł|Kč|kr\.?(?![A-Za-z]))(?![ \u00a0]?[\d(.+±-]*\d))"
)
_NEXT_WORD = pattern(r"[ \u00a0-]([A-Za-z.]{1,14}|¢)(?![A-Za-z0-9_])")
_ATTACHED = pattern(r"([A-Za-z]{2,3})(?![A-Za-z0-9_])")


@frozen
class Right:
    """What stands after the digits."""

    end: int
    """One past the figure, its unit included."""

    power: int = 0
    """Power of ten of scientific notation."""

    fraction: Decimal = Decimal(0)
    """Worth of a vulgar fraction such as ½."""

    scale: Decimal = Decimal(1)
    """Factor of thousand, million and the like."""

    kind: Kind | None = None
    """Set when a unit follows."""

    currency: str | None = None
    """Currency of a symbol, code or word after it."""

    unit: str | None = None
    """Noun of a count or duration."""

    worth: Decimal = Decimal(1)
    """Worth of one unit: a cent is 0.01."""

    plus: bool = False
    """Whether a plus sign follows: at least."""

    closed: bool = False
    """Whether the parenthesis closes after it."""

    tenor: bool = False
    """Whether it is the length in a name, as in 10-year Treasury."""

    glued: bool = False
    """Whether the unit was tied on by a hyphen."""


def read_right(text: str, end: int, currency: str | None, *, paren: bool) -> Right:
    """Read rightwards from the last digit."""
    power, end = _read_power(text, end)
    fraction, end = _read_fraction(text, end)
    closed = False
    if paren and text[end : end + 1] == ")":
        closed, end = True, end + 1
    scale, end = _read_scales(text, end, currency)
    plus = bool(_PLUS.match(text, end))
    unit = _read_unit(text, end + plus, currency)
    plus = plus or bool(_PLUS.match(text, unit.end))
    if paren and not closed and text[unit.end : unit.end + 1] == ")":
        closed, unit = True, _after_parenthesis(unit, currency)
    return Right(
        unit.end,
        power,
        fraction,
        scale,
        unit.kind,
        unit.currency,
        unit.unit,
        unit.worth,
        plus,
        closed,
        unit.tenor,
        unit.glued,
    )


def _after_parenthesis(unit: Right, currency: str | None) -> Right:
    """Read a unit after the closing parenthesis where none stood inside."""
    return Right(unit.end + 1) if unit.kind is None and currency is None else _moved(unit, unit.end + 1)


def _moved(unit: Right, end: int) -> Right:
    return Right(
        end,
        kind=unit.kind,
        currency=unit.currency,
        unit=unit.unit,
        worth=unit.worth,
        tenor=unit.tenor,
        glued=unit.glued,
    )


def _read_power(text: str, end: int) -> tuple[int, int]:
    match = _POWER.match(text, end)
    return (int(match[1] or match[2]), match.end()) if match else (0, end)


def _read_fraction(text: str, end: int) -> tuple[Decimal, int]:
    match = _VULGAR.match(text, end)
    if match is None:
        return Decimal(0), end
    worth = Decimal(_VULGARS[match[1]]) if match[1] else Decimal(match[2]) / Decimal(match[3])
    return worth, match.end()


def _read_scales(text: str, end: int, currency: str | None) -> tuple[Decimal, int]:
    scale = Decimal(1)
    for _ in range(2):  # twice for `lakh crore` and `hundred million`
        match = _SCALE_WORD.match(text, end) or _letter(text, end, currency)
        if match is None or (scale != 1 and not match[0].strip(" \u00a0-").isalpha()):
            break
        scale, end = scale * words.SCALES[match[match.lastindex or 1].lower().rstrip(".")], match.end()
    return scale, end


def _letter(text: str, end: int, currency: str | None) -> re.Match[str] | None:
    match = _SCALE_LETTER.match(text, end)
    if match is None and currency:
        return _SCALE_APART.match(text, end)
    if match and match[1] == "t" and not currency:
        return None
    return match


def _read_unit(text: str, end: int, currency: str | None) -> Right:
    percent = None if currency else _PERCENT.match(text, end)
    if percent:
        return _percent(percent)
    multiple = None if currency else _MULTIPLE.match(text, end)
    if multiple:
        return Right(multiple.end(), kind=Kind.MULTIPLE)
    money = _MONEY_AFTER.match(text, end)
    if money:
        code = money["code"] or words.SYMBOLS.get(money["symbol"], "USD")
        if currency in (None, code) or (currency == "USD" and code.endswith("D")):
            worth = Decimal("0.01") if money["symbol"] == "¢" else Decimal(1)
            return Right(money.end(), kind=Kind.CURRENCY, currency=code, worth=worth)
    return _read_noun(text, end, currency)


def _percent(match: re.Match[str]) -> Right:
    if match["basis"]:
        return Right(match.end(), kind=Kind.BPS)
    if match["mille"]:
        return Right(match.end(), kind=Kind.PERCENT, worth=Decimal("0.1"))
    points = match["points"] or match["pp"] or match["sign_points"]
    return Right(match.end(), kind=Kind.POINTS if points else Kind.PERCENT)


def _read_noun(text: str, end: int, currency: str | None) -> Right:
    """Read a currency word, a counted thing or a length of time, past at most one word between."""
    attached = _ATTACHED.match(text, end)
    if attached and attached[1].lower() in words.ATTACHED_UNITS:
        return Right(attached.end(), kind=Kind.COUNT, unit=attached[1].lower())
    first = _NEXT_WORD.match(text, end)
    if first is None:
        return Right(end)
    found = _noun(first, first[1].lower(), currency)
    if found or first[1].lower() not in words.QUALIFIERS:
        return found or Right(end)
    second = _NEXT_WORD.match(text, first.end())
    if second is None:
        return Right(end)
    word = second[1].lower().rstrip(".")
    if word in ("dollar", "dollars") and not currency:
        return Right(second.end(), kind=Kind.CURRENCY, currency=words.DOLLAR_OF.get(first[1].lower(), "USD"))
    return _noun(second, word, currency) or Right(end)


def _noun(match: re.Match[str], word: str, currency: str | None) -> Right | None:
    word = word.rstrip(".")
    end = match.end() - (len(match[1]) - len(match[1].rstrip(".")))
    glued = match[0][0] == "-"
    if word in words.MONEY_WORDS:
        code, worth = words.MONEY_WORDS[word]
        if currency in (None, code):
            return Right(
                end, kind=Kind.CURRENCY, currency=code, worth=worth if currency is None else Decimal(1), glued=glued
            )
        return None
    if currency:
        return None
    if word in words.SHARES:
        return Right(end, kind=Kind.SHARES, unit="share", glued=glued)
    if word in words.DURATIONS:
        named = glued or not word.endswith("s") or word == "s"
        return Right(end, kind=Kind.DURATION, unit=words.DURATIONS[word], tenor=named, glued=glued)
    if word in words.COUNTS and not glued:
        return Right(end, kind=Kind.COUNT, unit=words.COUNTS[word])
    return None
