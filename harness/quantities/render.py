"""Write a quantity so that reading it again gives the same value, unit and precision."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from typing import Final, Literal

from harness.frozen import frozen

from . import lexicon
from .values import Bound, Kind, Quantity

Grouping = Literal["none", "western", "european", "swiss", "indian", "space"]
Minus = Literal["minus", "typographic", "parentheses"]
ScaleStyle = Literal["none", "thousand", "million", "billion", "trillion", "lakh", "crore"]


@frozen
class Style:
    """How to write a figure."""

    grouping: Grouping = "none"
    """Separators: 1234.5, 1,234.5, 1.234,5, 1'234.5, 1,23,456 or a no-break space with a decimal comma."""

    minus: Minus = "minus"
    """-500, −500 or (500)."""

    scale: ScaleStyle = "none"
    """Unit to count in; a figure whose precision is coarser is written in a larger one."""

    words: bool = False
    """Write million, percent, basis points instead of M, %, bps."""

    code: bool = False
    """Write USD 5 instead of $5."""

    after: bool = False
    """Write the currency after the amount."""


STYLES: Final[dict[str, Style]] = {
    "plain": Style(),
    "thousands": Style("western"),
    "accounting": Style("western", "parentheses"),
    "typographic": Style("western", "typographic"),
    "european": Style("european", after=True),
    "swiss": Style("swiss", code=True),
    "indian": Style("indian"),
    "indian crore": Style("indian", scale="crore", words=True),
    "indian lakh": Style("indian", scale="lakh", words=True),
    "space": Style("space", after=True, code=True),
    "k": Style("western", scale="thousand"),
    "M": Style("western", scale="million"),
    "bn": Style("western", scale="billion"),
    "words": Style("western", scale="million", words=True),
    "accounting words": Style("western", "parentheses", "million", words=True, code=True),
}
"""Named styles for `render`."""

_SCALES: Final[dict[ScaleStyle, tuple[Decimal, str, str]]] = {
    "none": (Decimal(1), "", ""), "thousand": (Decimal(10**3), "k", " thousand"), "million": (Decimal(10**6), "M", " million"),
    "billion": (Decimal(10**9), "bn", " billion"), "trillion": (Decimal(10**12), "tn", " trillion"),
    "lakh": (Decimal(10**5), " lakh", " lakh"), "crore": (Decimal(10**7), " crore", " crore"),
}  # fmt: skip
_SYMBOL_OF: Final = {code: symbol for symbol, code in reversed(lexicon.SYMBOLS.items()) if not symbol[-1].isalpha()}
_NO_SYMBOL = frozenset({"CNY", "DKK", "SEK", "CHF", "ETH"})
_UNITS = {
    Kind.PERCENT: ("%", " percent"), Kind.POINTS: (" pp", " percentage points"), Kind.BPS: (" bps", " basis points"),
    Kind.MULTIPLE: ("x", " times"), Kind.SHARES: (" shares", " shares"),
}  # fmt: skip
_BOUND_WORDS = {Bound.ABOUT: "about ", Bound.OVER: "over ", Bound.UNDER: "up to "}
_SPACE = "\u00a0"


def render(quantity: Quantity, style: Style | str = "plain") -> str:
    """Write a quantity in a style, given itself or by its name in `STYLES`.

    Raises:
        ValueError: No style has that name.
    """
    if isinstance(style, str):
        if style not in STYLES:
            raise ValueError(f"unknown style {style!r}; use one of: {', '.join(STYLES)}")
        style = STYLES[style]
    with localcontext(Context(prec=120)):
        body = _money(quantity, _amount(quantity, style), style) + _unit(quantity, style)
    signed = _signed(body, style.minus) if quantity.value < 0 else body
    return _BOUND_WORDS.get(quantity.bound, "") + signed if quantity.bound else signed


def _signed(body: str, minus: Minus) -> str:
    if minus == "parentheses":
        return f"({body})"
    return ("−" if minus == "typographic" else "-") + body


def _amount(quantity: Quantity, style: Style) -> str:
    scale = _fitting(quantity, style.scale)
    worth, letter, word = _SCALES[scale]
    value, step = abs(quantity.value) / worth, quantity.step / worth
    places = _places(value, step)
    return _grouped(f"{value:.{places}f}", style.grouping) + (word if style.words else letter)


def _fitting(quantity: Quantity, scale: ScaleStyle) -> ScaleStyle:
    """The wanted scale, or the smallest one in which the printed precision can be written."""
    if quantity.step <= _SCALES[scale][0]:
        return scale
    return next((larger for larger in _SCALES if quantity.step <= _SCALES[larger][0]), "trillion")


def _places(value: Decimal, step: Decimal) -> int:
    exponent = (step if _is_power_of_ten(step) else value).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _is_power_of_ten(step: Decimal) -> bool:
    return step > 0 and step.normalize().as_tuple().digits == (1,)


def _grouped(digits: str, grouping: Grouping) -> str:
    whole, _, rest = digits.partition(".")
    comma = grouping in ("european", "space")
    if len(rest) == 3 and len(whole) <= 3 and whole[0] != "0":
        whole = f"0{whole}"  # 1.234 could be read two ways, 01.234 cannot
    if len(whole) > 3 and not (grouping == "european" and not rest and len(whole) <= 6):
        whole = _group(whole, grouping)
    return whole + ("," if comma else ".") + rest if rest else whole


def _group(whole: str, grouping: Grouping) -> str:
    separator = {"none": "", "western": ",", "indian": ",", "european": ".", "swiss": "'", "space": _SPACE}[grouping]
    if grouping == "indian":
        head, tail = whole[:-3], whole[-3:]
        pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
        return ",".join([*reversed(pairs), tail])
    if not separator:
        return whole
    triples = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
    return separator.join(reversed(triples))


def _money(quantity: Quantity, amount: str, style: Style) -> str:
    code = quantity.currency
    if code is None:
        return amount
    symbol = None if style.code or code in _NO_SYMBOL else _SYMBOL_OF.get(code)
    if symbol is None:
        return f"{amount} {code}" if style.after or code not in lexicon.CODES else f"{code} {amount}"
    return f"{amount} {symbol}" if style.after else f"{symbol}{amount}"


def _unit(quantity: Quantity, style: Style) -> str:
    if quantity.kind is Kind.MULTIPLE and _fitting(quantity, style.scale) != "none":
        return " times"  # an x right after a scale letter would not be read
    if quantity.kind in _UNITS:
        return _UNITS[quantity.kind][style.words]
    if quantity.unit is None or quantity.kind not in (Kind.COUNT, Kind.DURATION):
        return ""
    if quantity.kind is Kind.DURATION:
        return f" {quantity.unit}s"
    return " " + next((word for word, unit in lexicon.COUNTS.items() if unit == quantity.unit), quantity.unit)
