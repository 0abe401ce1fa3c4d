"""Read what stands directly before a figure's digits: sign, currency and parenthesis."""

from __future__ import annotations

from harness.frozen import frozen
from harness.lazy import pattern

from . import lexicon as words

_SYMBOL = r"(?:(?<![A-Za-z])(?:US|AU?|CA?|HK|NZ|SG?|R|NT|MX|Mex))?\$|(?:CN|JP)?¥|[€£₹₽₩₿₪₺฿₫₦₴₱Ξ]"
_CODE = rf"(?<![A-Za-z/])(?<![A-Z]-)(?:{'|'.join(sorted(words.CODES))}|RMB|RM|Rp\.?|(?i:rs\.?)|S?Fr\.|kr\.?)"
_LEFT = pattern(
    rf"(?P<outer>[-+±]?)(?P<paren>\(?)(?P<sign>[-+]?)(?:(?P<money>{_SYMBOL}|{_CODE})[ \u00a0]?)?(?P<late>\(?)(?P<inner>[-+±]?)\Z"
)


@frozen
class Left:
    """What stands before the digits."""

    start: int
    """Where the figure begins, sign and currency included."""

    negative: bool
    """Whether a minus stands before it."""

    signed: bool
    """Whether any sign does."""

    currency: str | None
    """Currency of a symbol or code before it."""

    paren: int | None
    """Offset of an opening parenthesis that may make it an accounting negative."""

    joined: bool
    """Whether a hyphen ties it to a word or figure before it."""


def read_left(text: str, digits: int, previous_end: int, floor: int) -> Left:
    """Read leftwards from the first digit, at most to `floor`; a hyphen right after the previous figure makes a range."""
    match = _LEFT.search(text, max(floor, digits - 14), digits)
    if match is None:  # every part is optional, so this does not happen
        return Left(digits, False, False, None, None, False)
    money = match["money"]
    start = match.start()
    signs = [match["outer"], match["sign"], match["inner"]]
    joined = False
    if match["outer"] or (not match["paren"] and match["sign"]):
        before = text[start - 1] if start else " "
        tied = start == previous_end or before.isalnum() or before in ")%]_\"'"
        if tied or (before in "-/" and start - 1 != previous_end):
            signs[0 if match["outer"] else 1] = ""
            start += 1
            joined = tied
    paren = next((match.start(name) for name in ("paren", "late") if match[name]), None)
    currency = _symbol(money) if money else None
    return Left(start, "-" in signs, any(signs), currency, paren, joined)


def _symbol(money: str) -> str:
    return words.SYMBOLS.get(money) or (
        money if money in words.CODES else words.SYMBOLS.get(money.title(), money.upper())
    )
