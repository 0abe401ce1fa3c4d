"""The values that number reading speaks in: a quantity, a figure that is none, and what a scan found."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from harness.frozen import frozen


class Kind(StrEnum):
    """What a figure measures."""

    NUMBER = "number"
    CURRENCY = "currency"
    PERCENT = "percent"
    POINTS = "pp"
    BPS = "bps"
    MULTIPLE = "multiple"
    COUNT = "count"
    SHARES = "shares"
    DURATION = "duration"


class Bound(StrEnum):
    """How the words before a figure open it to one side or both."""

    ABOUT = "about"
    OVER = "over"
    UNDER = "under"
    BETWEEN = "between"


class Skip(StrEnum):
    """Why a figure in a text is not a quantity."""

    LIST = "list number"
    HEADING = "heading number"
    FOOTNOTE = "footnote"
    ORDINAL = "ordinal"
    DATE = "date"
    YEAR = "year"
    PERIOD = "period"
    TIME = "time"
    TENOR = "tenor"
    IDENTIFIER = "identifier"
    LABEL = "label"
    FORM = "form or account type"
    INDEX = "index name"
    RATIO = "ratio"
    FRACTION = "fraction in words"
    PHONE = "phone number"
    LINK = "link or address"
    CODE = "code"
    MARKUP = "markup"
    MALFORMED = "malformed number"


_BROAD = {Kind.CURRENCY: "currency", Kind.PERCENT: "percent", Kind.POINTS: "percent", Kind.BPS: "bps"}


@frozen
class Quantity:
    """One figure as a reader takes it: what it is worth, in which unit, and how precisely it was printed."""

    value: Decimal
    """Worth in plain units: `$1.2M` is 1200000, `12.5%` is 12.5, `35 bps` is 35, `(500)` is -500."""

    kind: Kind = Kind.NUMBER
    """What it measures."""

    currency: str | None = None
    """ISO code (or crypto code) of an amount of money."""

    unit: str | None = None
    """Singular noun of a count or a duration, such as `year` or `contract`."""

    step: Decimal = Decimal(0)
    """Worth of one unit of the last printed digit: 0.1M for `$1.2M`. Zero means exact."""

    scale: Decimal = Decimal(1)
    """Factor that a suffix or word stood for: 1000000 for `$1.2M`."""

    bound: Bound | None = None
    """Set by words such as about, over, up to, between."""

    start: int = 0
    """First character in the text that was scanned."""

    end: int = 0
    """One past the last character."""

    text: str = ""
    """The figure as printed, with its sign, currency and unit."""

    alternatives: tuple[Quantity, ...] = ()
    """Other readings where separators are ambiguous: `1.234` is 1.234 or 1234."""

    @property
    def half_unit(self) -> Decimal:
        """Half a unit of the last printed digit: how far the true value may lie from the printed one."""
        return self.step / 2

    @property
    def low(self) -> Decimal:
        """Smallest value that would have been printed like this."""
        return self.value - self.half_unit

    @property
    def high(self) -> Decimal:
        """Largest value that would have been printed like this."""
        return self.value + self.half_unit

    @property
    def negative(self) -> bool:
        """Whether it is below zero, however that was written."""
        return self.value < 0

    @property
    def broad_kind(self) -> str:
        """The kind in four words: `currency`, `percent` (points included), `bps` or `number`."""
        return _BROAD.get(self.kind, "number")


@frozen
class Ignored:
    """A figure in a text that is not a quantity."""

    start: int
    """First character."""

    end: int
    """One past the last character."""

    text: str
    """As printed."""

    reason: Skip
    """Why it is not a quantity."""


@frozen
class Scan:
    """Everything numeric in one text, in order."""

    quantities: tuple[Quantity, ...]
    """Figures that a reader would take from it."""

    ignored: tuple[Ignored, ...]
    """Figures that only look like quantities, each with the reason."""
