"""The words that name things and periods, and the words that say what was computed."""

# ruff: noqa: SIM905  (word lists read better as text)
from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from harness.lazy import pattern

_WORD = pattern(r"[^\W\d_]+(?:['’][a-z]+)?|[A-Za-z]*\d+[A-Za-z]*|[&§%]")
_CAMEL = pattern(r"(?<=[a-z])(?=[A-Z])")
_YEAR = pattern(r"(?<![\d.,])((?:19|20)\d\d)(?:[-–/](\d\d|(?:19|20)\d\d))?(?![\d%]|[.,]\d)")
_SHORT_YEAR = pattern(r"\bFY\s?'?(\d\d)\b", re.IGNORECASE)
_QUARTER = pattern(r"\b(?:Q([1-4])|([1-4])Q|(first|second|third|fourth) quarter)\b", re.IGNORECASE)
_MONTH = pattern(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember)?\b(?=[\s,.]+\d|\s*$)",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4"}
_EMPTY = frozenset(
    "a an and any are as at be been between both but by did do does each for from had has have how i in is it its many me much "
    "my of on or our out so than that the their there these this those to was we were what when where which who why will with "
    "you your year ended ending end company respectively usd eur amount value number s t row rows data result results".split()
)

MONTHS: Final = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "sept oct nov dec".split()
)
"""Names of months as `words` gives them."""


class Cue:
    """Words, and a few marks, that say what was computed; capitals do not matter."""

    def __init__(self, source: str, *, marks: str = "") -> None:
        self._pattern = pattern(source, re.IGNORECASE)
        self._marks = marks

    def search(self, text: str) -> re.Match[str] | None:
        """The first of them in a text; one of nothing but figures and none of its marks is not looked through."""
        if text.lower() == text.upper() and not any(mark in text for mark in self._marks):
            return None
        return self._pattern.search(text)


CHANGE: Final = Cue(
    r"\b(?:chang|differ|increas|decreas|gr[eo]w|rose|rise|rising|f[ea]ll|declin|higher|lower|more|less|fewer|up|down|gain|los[st]|"
    r"drop|improv|gap|spread|reduc|moved?|movement|exceed|above|below|drift|return|versus|vs|compar)\w*"
)
RATE: Final = Cue(
    r"(?:percent\w*|%|relative|year-on-year|yoy)\W+(?:\w+\W+)?(?:change|increase|decrease|growth|decline|difference|improve|gain|loss|return|rise|drop)|"
    r"\b(?:gr[eo]w|rose|fell|gain|climb|increas|decreas|declin|dropp|chang|return)\w*\W+(?:by|of|was|is)\b"
)
DIFFERENCE: Final = Cue(r"\b(?:differences?|gap|spread)\b")
PART: Final = Cue(r"\b(?:percent\w*|proportion|share|portion|part) of\b")
AVERAGE: Final = Cue(r"\b(?:average|avg|mean)\w*")
TOTAL: Final = Cue(
    r"\b(?:total\w*|sum\w*|combined|together|altogether|aggregate|overall|both|all|add(?:s|ed|ing)?|cumulative|whole|"
    r"other|others|rest|remaining)\b"
)
SHARE: Final = Cue(
    r"\b(?:percent\w*|proportion|share|ratio|weigh\w*|portion|relative|constitut\w*|makes? up|account\w* for|times|multiple|per|"
    r"allocation|concentration|margin|yield|as a part|out of|of (?:the|your|total|all))\b|%|/",
    marks="%/",
)
PRODUCT: Final = Cue(r"\b(?:at|each|worth|value\w*|cost\w*|price\w*|market|pays?|income)\b|[×*@]", marks="×*@")
ANNUAL: Final = Cue(r"\b(?:annual\w*|per (?:year|annum)|a year|yearly|12 months|monthly)\b")
MONTHLY: Final = Cue(r"\b(?:a|per|each|every) month\b|\bmonthly\b|/\s?mo(?:nth)?\b")
YEARLY: Final = Cue(r"\b(?:a|per|each|every) year\b|\b(?:yearly|annual\w*)\b|\bper annum\b|/\s?y(?:ea)?r\b")
PLUS: Final = Cue(r"\b(?:plus|with|including|includes)\b|\+", marks="+")
FELL: Final = Cue(
    r"\b(?:fell|declined|decreased|dropped|sank|shrank|slipped|slid|lost)\s+(?:by\s+)?(?:(?:about|around|roughly|nearly|almost|some|"
    r"approximately|over|just|only|a)\s+)*[-+(]*$"
)
ROSE: Final = Cue(
    r"\b(?:rose|grew|increased|climbed|gained|jumped|surged)\s+(?:by\s+)?(?:(?:about|around|roughly|nearly|almost|some|"
    r"approximately|over|just|only|a)\s+)*[-+(]*$"
)
COMPOUND: Final = Cue(r"\b(?:cagr|compound\w*|annuali[sz]\w*|per annum)\b")
FALLS: Final = Cue(
    r"\b(?:loss|lost|losses|down|fell|fall|falls|declin\w+|decreas\w+|dropp?\w*|below|under\w*|short\w*|deficit|reduc\w+|"
    r"minus|negative|drawdown|lower|less|sell|sold|withdr\w+|ow(?:e|es|ed)|debt|pay\w*|paid)\b"
)


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The words that can name something: folded, singular, without fillers and numbers."""
    return frozenset(stem(word) for word in _tokens(text) if word not in _EMPTY and not word.isdigit())


def ordered(text: str) -> tuple[str, ...]:
    """All its words, folded and singular, in the order in which each first stands."""
    return tuple(dict.fromkeys(map(stem, _tokens(text))))


@lru_cache(maxsize=64)
def _tokens(text: str) -> tuple[str, ...]:
    """Each word, number and mark of a text once, folded."""
    split = _CAMEL.sub(" ", text[:2000])
    return tuple(dict.fromkeys(word.casefold() for word in dict.fromkeys(_WORD.findall(split))))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its plural or tense, roughly; two forms of one word mostly meet."""
    word = word.removesuffix("'s").removesuffix("’s")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending, least in (("ing", 6), ("ed", 6), ("es", 6), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)]
    return word.removesuffix("e") if len(word) > 4 else word


@lru_cache(maxsize=8192)
def periods(text: str) -> frozenset[str]:
    """The years, and the quarters and months beside them, that a text names."""
    text = text[:2000]
    folded = text.casefold()
    found: set[str] = set()
    if "19" in text or "20" in text:
        for match in _YEAR.finditer(text):
            found |= {match[1], _full(match[1], match[2])} if match[2] else {match[1]}
    if "fy" in folded:
        found |= {f"20{match[1]}" for match in _SHORT_YEAR.finditer(text)}
    if "q" in folded:
        for match in _QUARTER.finditer(text):
            found.add(f"q{match[1] or match[2] or _ORDINALS[match[3].lower()]}")
    if any(month in folded for month in _MONTHS):
        found |= {match[1].lower() for match in _MONTH.finditer(text)}
    return frozenset(found)


def years(named: frozenset[str]) -> list[str]:
    """The years among periods, earliest first."""
    return sorted(name for name in named if name.isdigit())


def _full(first: str, last: str) -> str:
    return last if len(last) == 4 else first[:2] + last
