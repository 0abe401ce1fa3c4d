"""Walk through a text once and read or skip every figure in it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from harness.lazy import pattern

from . import lexicon
from .context import Spot, enumerators, is_accounting_negative, skip_reason, word_before
from .left import Left, read_left
from .masks import Mask, find_masks
from .plain import Plain
from .ranges import connector_between, share_units
from .right import Right, read_right
from .separators import Vote, count_votes, readings
from .spelled import Spelled, find_spelled
from .values import Bound, Ignored, Kind, Quantity, Scan, Skip

LONGEST_FIGURE = 48
"""Digits and separators beyond which a figure is an identifier."""

_LARGEST_POWER = 30
_FIGURE = pattern(r"\d{1,3}(?:[\u00a0']\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,]\d+)*|(?<![\w.,)])\.\d+")
_SPACE_GROUPS = pattern(r"\d{1,3}(?: \d{3})+(?!\d)(?:,\d{1,2}(?!\d))?")
_ORDINAL = pattern(r"(?:st|nd|rd|th|ST|ND|RD|TH)(?![A-Za-z0-9])|\.?[ºª]")
_WORD_TAIL = pattern(r"[A-Za-z0-9_]+(?:[-.][A-Za-z0-9_]+){0,16}")
_HYPHEN_WORD = pattern(r"-[A-Za-z][A-Za-z]*(?:-[A-Za-z]+){0,4}")
_TENOR_WORD = pattern(
    r"-?(?:year|yr|y|month|mo|m|week|wk|w|day|d|hour|h|minute|min|quarter)s?(?:-|(?![A-Za-z0-9]))", re.IGNORECASE
)
_TENOR_LETTERS = pattern(r"(?:[yYdDhHwW]|yrs?|mos?|min|hrs?|sec|ms|s)(?![A-Za-z0-9])")
_TENOR_MONTHS = pattern(r"M(?= (?:LIBOR|SOFR|EURIBOR|T-bill|Treasury|CD|return|yield|forward|rate)s?\b)")
BOUND_BEFORE = pattern(
    r"(?:(?<![a-z])(?:(?P<about>about|approximately|approx\.?|around|roughly|nearly|almost|circa|ca\.?|c\.|close to|estimated|some)"
    r"|(?P<over>over|more than|above|exceeding|exceeds|exceeded|greater than|at least|minimum of|no less than|not less than)"
    r"|(?P<under>up to|under|below|less than|fewer than|at most|no more than|not more than|maximum of|as much as)"
    r"|(?P<between>between))[ \u00a0]|(?P<tilde>[~±])|(?P<give>plus or minus[ \u00a0]|\+/-)|(?<![a-z0-9\"'/])(?:(?P<more>>=?)|(?P<less><=?)))[ \u00a0]?\Z",
    re.IGNORECASE,
)
_BOUNDS = {
    "about": Bound.ABOUT, "tilde": Bound.ABOUT,
    "give": Bound.ABOUT, "over": Bound.OVER, "more": Bound.OVER, "under": Bound.UNDER,
    "less": Bound.UNDER, "between": Bound.BETWEEN,
}  # fmt: skip
_ENDED = pattern(r"[ \u00a0]end(?:ed|ing)(?![a-z])")
_TRAILING_MINUS = pattern(r"-(?=[ \t\u00a0]*(?:[|\n\t]|\Z))")
MINUS_WORDS = ("minus", "negative")


class Scanner:
    """One pass over one text; `alone` says that the text should be one quantity and nothing else."""

    def __init__(self, source: Plain, original: str, *, alone: bool) -> None:
        self._source = source
        self._text = source.text
        self._original = original
        self._alone = alone
        self._masks = find_masks(source.text)
        self._found: list[Quantity] = []
        self._ignored: list[Mask] = [mask for mask in self._masks if _numeric(source.text, mask)]
        self._vote = Vote(0, 0)
        self._listed: frozenset[int] = frozenset()
        self._list_end = 0

    def run(self) -> Scan:
        """Read the figures, then the words, then let ranges share their units."""
        figures = self._open_stretches()
        self._vote = count_votes(match[0] for match in figures if len(match[0]) <= LONGEST_FIGURE)
        self._listed = enumerators(self._text)
        self._read_figures()
        self._read_spelled()
        self._found.sort(key=lambda quantity: quantity.start)
        found = share_units(self._found, self._text)
        return Scan(tuple(self._placed(quantity) for quantity in found), self._skipped(found))

    def _open_stretches(self) -> list[re.Match[str]]:
        """Figures outside the masks."""
        found: list[re.Match[str]] = []
        start = 0
        for mask in (*self._masks, Mask(len(self._text), len(self._text), Skip.MARKUP)):
            found.extend(_FIGURE.finditer(self._text, start, mask.start))
            start = mask.end
        return found

    def _read_figures(self) -> None:
        position = 0
        masks = iter((*self._masks, Mask(len(self._text), len(self._text), Skip.MARKUP)))
        mask = next(masks)
        while True:
            match = _FIGURE.search(self._text, position, mask.start) if position < mask.start else None
            if match is not None:
                position = self._read(match, position)
                continue
            position = max(position, mask.end)
            following = next(masks, None)
            if following is None:
                return
            mask = following

    def _read(self, match: re.Match[str], floor: int) -> int:
        """Read one figure, looking back no further than `floor`; return where to go on."""
        start, end = match.span()
        previous = self._found[-1].end if self._found else -1
        left = read_left(self._text, start, previous, floor)
        end = self._spaced_end(start, end, left.currency)
        figure = self._text[start:end]
        if len(figure) > LONGEST_FIGURE:
            return self._ignore(left.start, end, Skip.IDENTIFIER)
        listed = start < self._list_end or figure.count(",") > 1
        if (
            listed
            and "," in figure
            and "." not in figure
            and (start < self._list_end or not readings(figure, self._vote))
        ):
            self._list_end = max(end, self._list_end)
            end = start + figure.index(",")
            figure = self._text[start:end]
        right = read_right(self._text, end, left.currency, paren=left.paren is not None)
        skipped = self._attached(left, right, start, end) or self._bare(left, right, start, end)
        if skipped:
            return skipped
        quantity = self._build(left, right, figure)
        if quantity is None:
            return self._ignore(left.start, end, Skip.MALFORMED)
        self._found.append(quantity)
        return max(end, right.end)

    def _spaced_end(self, start: int, end: int, currency: str | None) -> int:
        """Where a figure grouped by plain spaces ends; only money and decimal commas are read so."""
        if end - start > 3 or self._text[end : end + 1] != " ":
            return end
        match = _SPACE_GROUPS.match(self._text, start)
        if match is None:
            return end
        money = currency or read_right(self._text, match.end(), None, paren=False).kind is Kind.CURRENCY
        return match.end() if money or "," in match[0] or self._alone else end

    def _attached(self, left: Left, right: Right, start: int, end: int) -> int:
        """Skip a figure that is part of a word; 0 when it is not."""
        text, before = self._text, self._text[left.start - 1 : left.start]
        plain_unit = right.kind is None and left.currency is None
        glued = before.isalpha() or (before == "_" and text[left.start - 2 : left.start - 1].isalnum())
        if glued and left.start == start:
            return self._ignore(self._head(start), self._tail(end), Skip.IDENTIFIER)
        if (
            left.joined
            and text[left.start - 2 : left.start - 1].isalpha()
            and plain_unit
            and left.start - 1 != self._last_end()
        ):
            year = end - start == 4 and text[start : start + 2] in ("19", "20")
            return self._ignore(start, self._tail(end), Skip.YEAR if year else Skip.IDENTIFIER)
        if left.signed and before.isalpha() and plain_unit and left.paren is None:
            return self._ignore(start, self._tail(end), Skip.IDENTIFIER)
        if _ORDINAL.match(text, end):
            return self._ignore(start, end + 2, Skip.ORDINAL)
        if right.tenor and left.currency is None and self._names_tenor(right, start, end):
            return self._ignore_tenor(left.start, right.end)
        if right.kind is Kind.DURATION and _ENDED.match(text, right.end):
            return self._ignore(start, right.end, Skip.PERIOD)
        return self._lettered(left, right, start, end)

    def _names_tenor(self, right: Right, start: int, end: int) -> bool:
        return not (right.kind is Kind.DURATION and not right.glued and self._text[start:end] in ("1", "0"))

    def _lettered(self, left: Left, right: Right, start: int, end: int) -> int:
        """Skip a figure that runs on into letters which are no unit."""
        text = self._text
        if not self._alone and left.currency is None and right.kind is None and text[start : right.end] == "3M":
            return self._ignore(start, right.end, Skip.IDENTIFIER)
        if left.currency is None and (_TENOR_LETTERS.match(text, end) or _TENOR_MONTHS.match(text, end)):
            return self._ignore_tenor(start, self._tail(end))
        place = end if right.end == end else right.end
        following = text[place : place + 1]
        if following.isalnum() and following.isascii() and not (right.power or right.kind or left.currency):
            return self._ignore(start, self._tail(place), Skip.IDENTIFIER)
        if right.kind is None and left.currency is None and right.scale == 1:
            hyphen = _HYPHEN_WORD.match(text, end)
            if hyphen and _TENOR_WORD.match(text, end):
                return self._ignore_tenor(start, hyphen.end())
            if hyphen and not left.signed:
                return self._ignore(start, hyphen.end(), Skip.LABEL)
        return 0

    def _bare(self, left: Left, right: Right, start: int, end: int) -> int:
        """Skip a figure without sign or unit that its surroundings make a name; 0 when they do not."""
        if right.kind is Kind.COUNT and word_before(self._text, left.start)[0] in ("top", "bottom"):
            return self._ignore(start, end, Skip.LABEL)
        united = left.currency or right.kind or right.scale != 1 or right.power or right.fraction
        if united or left.signed or self._alone or self._in_range(start):
            return 0
        last = self._ignored[-1] if self._ignored else None
        if last and last.reason is Skip.LABEL and self._text[last.end : start] in ("-", " and ", " & ", " to "):
            return self._ignore(start, end, Skip.LABEL)
        spot = Spot(self._text, left.start, start, end, self._text[start:end], left.paren is not None and right.closed)
        if left.paren is not None and not right.closed:
            spot = replace(spot, start=start)
        reason = skip_reason(spot, self._listed)
        return self._ignore(start, end, reason) if reason else 0

    def _in_range(self, start: int) -> bool:
        """Whether it is the second end of a range of bare numbers that began with a quantity."""
        if not self._found or self._found[-1].kind not in (Kind.NUMBER, Kind.CURRENCY):
            return False
        return connector_between(self._text, self._found[-1], Quantity(Decimal(0), start=start, end=start)) in (
            "-",
            "and",
        )

    def _build(self, left: Left, right: Right, figure: str) -> Quantity | None:
        currency = right.currency or left.currency
        found = readings(figure, self._vote, comma_money=currency in lexicon.COMMA_MONEY)
        if not found or abs(right.power) > _LARGEST_POWER:
            return None
        start, end, negative = self._extent(left, right, figure)
        kind = Kind.CURRENCY if currency else right.kind or Kind.NUMBER
        values: list[Quantity] = []
        for digits, decimals in found:
            step = Decimal(1).scaleb(right.power - decimals) * right.scale * right.worth
            value = (Decimal(digits).scaleb(right.power) + right.fraction) * right.scale * right.worth
            shown = step if not right.fraction else right.fraction * right.scale
            values.append(Quantity(-value if negative else value, kind, currency, right.unit, shown, right.scale))
        bound = Bound.OVER if right.plus else self._bound(start)
        whole = replace(values[0], bound=bound, start=start, end=end, text=self._text[start:end])
        others = tuple(replace(other, bound=bound, start=start, end=end, text=whole.text) for other in values[1:])
        return replace(whole, alternatives=others)

    def _extent(self, left: Left, right: Right, figure: str) -> tuple[int, int, bool]:
        """Where the figure stands, and whether a sign, word or accounting parentheses make it negative."""
        start, end, negative = left.start, right.end, left.negative
        if left.paren is not None and not right.closed:
            start = left.paren + 1
        elif left.paren is not None:
            outside = self._text[left.start : left.paren].strip("+-") != "" or self._text[end - 1] != ")"
            united = left.currency is not None or right.kind is not None
            large = not figure.isdigit() or len(figure) >= 3
            if outside or self._alone or is_accounting_negative(self._text, start, end, united=united, large=large):
                return start, end, True
            return left.paren + 1, end - 1, negative
        word, _, at = word_before(self._text, start)
        if not left.signed and word in MINUS_WORDS and word_before(self._text, at)[0] != "or":
            negative = True
        if not left.signed and not figure.isdigit() and _TRAILING_MINUS.match(self._text, end):
            return start, end + 1, True
        return start, end, negative

    def _bound(self, start: int) -> Bound | None:
        match = BOUND_BEFORE.search(self._text[max(0, start - 24) : start])
        return _BOUNDS[match.lastgroup] if match and match.lastgroup else None

    def _read_spelled(self) -> None:
        spans = [(quantity.start, quantity.end) for quantity in self._found]
        spans = sorted(spans + [(mask.start, mask.end) for mask in self._ignored])
        place = 0
        for spelled in find_spelled(self._text):
            while place < len(spans) and spans[place][1] <= spelled.start:
                place += 1
            if place < len(spans) and spans[place][0] < spelled.end:
                continue
            quantity = self._spell(spelled)
            if quantity is not None:
                self._found.append(quantity)

    def _spell(self, spelled: Spelled) -> Quantity | None:
        """A figure in words counts when it is large or has a unit."""
        unit = read_right(self._text, spelled.end, None, paren=False)
        one_span = unit.kind is Kind.DURATION and spelled.value == 1
        ended = unit.kind is Kind.DURATION and _ENDED.match(self._text, unit.end)
        if unit.tenor or one_span or ended or unit.power or (not spelled.scaled and unit.kind in (None, Kind.COUNT)):
            return None
        value, step = spelled.value * unit.worth * unit.scale, spelled.step * unit.worth * unit.scale
        if word_before(self._text, spelled.start)[0] in MINUS_WORDS:
            value = -value
        start, end = spelled.start, unit.end
        kind = unit.kind or Kind.NUMBER
        scale = spelled.step * unit.scale if spelled.scaled else unit.scale
        bound = self._bound(start)
        return Quantity(value, kind, unit.currency, unit.unit, step, scale, bound, start, end, self._text[start:end])

    def _last_end(self) -> int:
        return self._found[-1].end if self._found else -1

    def _head(self, start: int) -> int:
        floor = max(0, start - 64, self._last_end(), self._ignored[-1].end if self._ignored else 0)
        while start > floor and self._text[start - 1].isalnum():
            start -= 1
        return start

    def _tail(self, end: int) -> int:
        match = _WORD_TAIL.match(self._text, end)
        return match.end() if match else end

    def _ignore(self, start: int, end: int, reason: Skip) -> int:
        self._ignored.append(Mask(start, end, reason))
        return end

    def _ignore_tenor(self, start: int, end: int) -> int:
        """Skip a tenor, and the first end of a range of tenors such as 7-10 year."""
        if self._found and self._found[-1].kind is Kind.NUMBER and start - self._found[-1].end <= 4:
            first = self._found[-1]
            if connector_between(self._text, first, Quantity(Decimal(0), start=start, end=start)):
                self._found.pop()
                start = first.start
        return self._ignore(start, end, Skip.TENOR)

    def _placed(self, quantity: Quantity) -> Quantity:
        start, end = self._source.original(quantity.start, quantity.end)
        text = self._original[start:end]
        others = tuple(replace(other, start=start, end=end, text=text) for other in quantity.alternatives)
        return replace(quantity, start=start, end=end, text=text, alternatives=others)

    def _skipped(self, found: list[Quantity]) -> tuple[Ignored, ...]:
        """What was skipped, without the pieces that lie under a quantity or an earlier skipped one."""
        placed, covered = [], 0
        quantities = iter([*found, Quantity(Decimal(0), start=len(self._text), end=len(self._text))])
        quantity = next(quantities)
        for mask in sorted(self._ignored):
            while quantity.end <= mask.start < len(self._text):
                quantity = next(quantities)
            if mask.start < covered or quantity.start < mask.end:
                continue
            covered = mask.end
            start, end = self._source.original(mask.start, mask.end)
            placed.append(Ignored(start, end, self._original[start:end], mask.reason))
        return tuple(placed)


def _numeric(text: str, mask: Mask) -> bool:
    return mask.reason is Skip.FRACTION or any("0" <= character <= "9" for character in text[mask.start : mask.end])
