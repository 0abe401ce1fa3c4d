"""Decide from the words around a bare figure whether it is a name, a year or a list number instead of a quantity."""

# ruff: noqa: SIM905  (word lists read better as text)
from __future__ import annotations

import re

from harness.frozen import frozen
from harness.lazy import pattern

from .values import Skip

_LABELS = frozenset(
    "section sections sec rule rules note notes item items exhibit exhibits figure figures fig table tables chapter chapters "
    "page pages p pp schedule form article articles art step steps level levels tier tiers stage stages phase phases series "
    "part parts appendix annex version release day week month year years quarter period round scenario option question "
    "chart slide line row column box footnote ifrs ias asc asu sfas fas reg regulation publication pub irc title clause "
    "paragraph para boeing airbus iphone windows python formula fortune forbes magnificent big top bottom route room "
    "suite floor studio century rank ranked priority grade type class mig chapter act principle lesson volume vol issue "
    "issues bulletin notice tsla no № g model case claude gemini llama gpt basel mifid g".split()
)
_IDENTIFIERS = frozenset(
    "cusip sedol wkn isin cik lei valor routing aba ein ssn zip id ids uuid ref reference order invoice ticket account acct a/c "
    "transaction confirmation tyo tse hkex hkg sehk krx kosdaq sse szse phone tel fax call folio policy contract trade port "
    "pid code serial sku docket file commission".split()
)
_FILLERS = frozenset("no number num nos ending in id code of the is with #".split())
_QUANTITY_CUES = frozenset(
    "than over about approximately roughly nearly almost exactly total totals totaled totalled equals least most score price "
    "strike balance amount value worth cost costs quantity qty count limit".split()
)
_AMOUNTS = frozenset(
    "total sum balance value price loss gain profit cost amount target average maximum minimum level income deficit number "
    "quantity".split()
)
_STATEMENT = frozenset(
    "income loss losses profit earnings ebitda ebit flow flows change return returns margin growth gain gains variance total "
    "net deficit decline decrease outflow outflows expense expenses result drawdown".split()
)
_LINKING = frozenset(
    "of was were is at to from by be been and or vs vs. versus than as reached hit posted reported".split()
)
_LIST_BEFORE = pattern(r"\n[ \t>]{0,12}(?:[-*+][ \t]{1,3})?(?:\*\*|__)?\(?\Z")
_HEADING_BEFORE = pattern(r"\n[ \t]{0,3}#{1,6}[ \t]{1,3}(?:\*\*)?\Z")
_LIST_AFTER = pattern(r"[.)](?:\*\*|__)?(?:[ \t\u00a0]+(?=\S)|$)")
_HEADING_AFTER = pattern(r"[.)]?[ \t]+(?=[A-Za-z])|[.:]\s|$")
_INLINE_AFTER = pattern(r"\)[ \t]+(?=[A-Za-z\"'*])")
_KEY_BEFORE = pattern(r"[\"']([^\"'\n]{1,40})[\"']\s?:\s?[\"']?\Z")
_DATE_KEY = pattern(r"year|date|fiscal|period|_id\b|\bid\b|cusip|isin|account|phone|zip|code", re.IGNORECASE)
_YEARS_AFTER = pattern(r"[ \u00a0]?(?:and|to|or|-|,)[ \u00a0]?(?:19|20)\d\d(?![\d.,]\d)")
_ENUMERATOR = pattern(r"\((\d{1,2})\)[ \t]+(?=[A-Za-z])")
_CELL_AFTER = pattern(r"[ \t\u00a0]*[.,;]?[ \t\u00a0]*(?:$|[\n|\t])|[ \t\u00a0]+\(?[-+$€£]?\d")


@frozen
class Spot:
    """A bare figure where it stands."""

    text: str
    """The whole text, in plain form."""

    start: int
    """First character of the figure, parenthesis included."""

    first: int
    """First digit."""

    last: int
    """One past the last digit."""

    digits: str
    """The digits as printed."""

    paren: bool
    """Whether it stands alone in parentheses."""


def enumerators(text: str) -> frozenset[int]:
    """Numbers of the in-line list `(1) this and (2) that`; empty when there is no such list."""
    found = {int(match[1]) for match in _ENUMERATOR.finditer(text)}
    return frozenset(found) if {1, 2} <= found else frozenset()


def skip_reason(spot: Spot, listed: frozenset[int]) -> Skip | None:
    """Why a bare figure is not a quantity; None when it is one."""
    key = _KEY_BEFORE.search(spot.text[max(0, spot.start - 48) : spot.start])
    if key:
        return Skip.YEAR if _DATE_KEY.search(key[1]) else None
    return _structural(spot, listed) or _named(spot) or _year(spot)


def _structural(spot: Spot, listed: frozenset[int]) -> Skip | None:
    """List, heading and footnote numbers."""
    text, before = (
        spot.text,
        ("\n" + spot.text[: spot.start])[-24:] if spot.start < 24 else spot.text[spot.start - 24 : spot.start],
    )
    if _HEADING_BEFORE.search(before) and _HEADING_AFTER.match(text, spot.last):
        return Skip.HEADING
    if not spot.digits.isdigit():
        return None
    size = len(spot.digits)
    if size <= 2 and _bracketed(spot):
        return Skip.FOOTNOTE
    after = spot.last
    if spot.paren:
        starts_line = bool(_LIST_BEFORE.search(before))
        in_list = int(spot.digits) in listed or (starts_line and size <= 2)
        return Skip.LIST if size <= 2 and in_list and _INLINE_AFTER.match(text, after) else None
    if size <= 3 and _LIST_BEFORE.search(before) and _LIST_AFTER.match(text, after):
        return Skip.LIST
    unopened = before.rfind("(") <= before.rfind(")")
    return Skip.LIST if size <= 2 and unopened and _INLINE_AFTER.match(text, after) else None


def _bracketed(spot: Spot) -> bool:
    """Whether it is a footnote mark: `[3]`, `[^3]` or `Revenue(2)`; a JSON list of one number is not."""
    before = spot.text[max(0, spot.start - 4) : spot.start]
    if spot.paren:
        return before[-1:].isalpha()
    if before[-1:] == "^":
        return True
    return before[-1:] == "[" and spot.text[spot.last : spot.last + 1] == "]" and not re.search(r"[:=]\s?\[\Z", before)


def _named(spot: Spot) -> Skip | None:
    """Figures that a word before them turns into a name."""
    before = spot.text[max(0, spot.start - 2) : spot.start].rstrip(" \u00a0")[-1:]
    if before in ("#", "§"):
        return Skip.IDENTIFIER if before == "#" else Skip.LABEL
    word, gap, at = word_before(spot.text, spot.start)
    if word in _LABELS and gap in (" ", "\u00a0", "-", ". ", "s ") and "," not in spot.digits:
        return Skip.LABEL
    for _ in range(3):
        if word in _IDENTIFIERS:
            tagged = any(mark in gap for mark in ":#") or at < spot.start - len(word) - len(gap)
            return Skip.IDENTIFIER if spot.digits.isdigit() and (tagged or len(spot.digits) >= 5) else None
        if word not in _FILLERS:
            break
        word, more, at = word_before(spot.text, at)
        gap += more
    if spot.digits.isdigit() and (len(spot.digits) > 15 or (len(spot.digits) > 1 and spot.digits[0] == "0")):
        return Skip.IDENTIFIER
    return None


def _year(spot: Spot) -> Skip | None:
    if len(spot.digits) != 4 or not spot.digits.isdigit():
        return None
    word, gap, at = word_before(spot.text, spot.start)
    if not 1900 <= int(spot.digits) <= 2099:
        return (
            Skip.YEAR if 1600 <= int(spot.digits) < 1900 and word in ("since", "in", "founded", "established") else None
        )
    if _YEARS_AFTER.match(spot.text, spot.last):
        return Skip.YEAR
    if word in _QUANTITY_CUES or "=" in gap or "@" in gap:
        return None
    if word == "of" and word_before(spot.text, at)[0] in _AMOUNTS:
        return None
    return Skip.YEAR


def word_before(text: str, end: int) -> tuple[str, str, int]:
    """The word that ends before an offset, what separates it, and where it begins."""
    floor = max(0, end - 24)
    gap = end
    while gap > floor and text[gap - 1] in " \u00a0:#=@-*(.":
        gap -= 1
    start = gap
    while start > floor and (text[start - 1].isalpha() or text[start - 1] in "&/№"):
        start -= 1
    return text[start:gap].lower(), text[gap:end], start


def is_accounting_negative(text: str, start: int, end: int, *, united: bool, large: bool) -> bool:
    """Whether parentheses around a figure mean a minus and not an aside such as `stocks (60%)`.

    `united` says that it has a currency or percent sign, `large` that it is grouped, decimal or has three digits.
    """
    before = text[max(0, start - 48) : start]
    stripped = before.rstrip(" \u00a0")
    if not stripped or stripped[-1] in "\n|\t),;:=-" or before.endswith(("  ", "\t")):
        return True
    words = re.findall(r"[a-z.]+", before[before.rfind("\n") + 1 :].lower())
    last = words[-1] if words else ""
    if last in _LINKING or (stripped[-1].isdigit() and not united):
        return True
    if not united:
        return large or not _STATEMENT.isdisjoint(words[-4:])
    return not _STATEMENT.isdisjoint(words[-4:]) and bool(_CELL_AFTER.match(text, end))
