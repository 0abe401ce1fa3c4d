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
_DATED = pattern(
    r"(?:19|20)\d\d|fy|q[1-4]|[1-4]q|quarter|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE
)
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

CHANGE: Final = pattern(
    r"\b(?:chang|differ|increas|decreas|gr[eo]w|rose|rise|rising|f[ea]ll|declin|higher|lower|more|less|fewer|up|down|gain|los[st]|"
    r"drop|improv|gap|spread|reduc|moved?|movement|exceed|above|below|drift|return|versus|vs|compar)\w*",
    re.IGNORECASE,
)
RATE: Final = pattern(
    r"(?:percent\w*|%|relative|year-on-year|yoy)\W+(?:\w+\W+)?(?:change|increase|decrease|growth|decline|difference|improve|gain|loss|return|rise|drop)|"
    r"\b(?:gr[eo]w|rose|fell|gain|climb|increas|decreas|declin|dropp|chang|return)\w*\W+(?:by|of|was|is)\b",
    re.IGNORECASE,
)
DIFFERENCE: Final = pattern(r"\b(?:differences?|gap|spread)\b", re.IGNORECASE)
PART: Final = pattern(r"\b(?:percent\w*|proportion|share|portion|part) of\b", re.IGNORECASE)
AVERAGE: Final = pattern(r"\b(?:average|avg|mean)\w*", re.IGNORECASE)
TOTAL: Final = pattern(
    r"\b(?:total\w*|sum\w*|combined|together|altogether|aggregate|overall|both|all|add(?:s|ed|ing)?|cumulative|whole|"
    r"other|others|rest|remaining)\b",
    re.IGNORECASE,
)
SHARE: Final = pattern(
    r"\b(?:percent\w*|proportion|share|ratio|weigh\w*|portion|relative|constitut\w*|makes? up|account\w* for|times|multiple|per|"
    r"allocation|concentration|margin|yield|as a part|out of|of (?:the|your|total|all))\b|%|/",
    re.IGNORECASE,
)
PRODUCT: Final = pattern(r"\b(?:at|each|worth|value\w*|cost\w*|price\w*|market|pays?|income)\b|[×*@]", re.IGNORECASE)
ANNUAL: Final = pattern(r"\b(?:annual\w*|per (?:year|annum)|a year|yearly|12 months|monthly)\b", re.IGNORECASE)
MONTHLY: Final = pattern(r"\b(?:a|per|each|every) month\b|\bmonthly\b|/\s?mo(?:nth)?\b", re.IGNORECASE)
YEARLY: Final = pattern(
    r"\b(?:a|per|each|every) year\b|\b(?:yearly|annual\w*)\b|\bper annum\b|/\s?y(?:ea)?r\b", re.IGNORECASE
)
PLUS: Final = pattern(r"\b(?:plus|with|including|includes)\b|\+", re.IGNORECASE)
FELL: Final = pattern(
    r"\b(?:fell|declined|decreased|dropped|sank|shrank|slipped|slid|lost)\s+(?:by\s+)?(?:(?:about|around|roughly|nearly|almost|some|"
    r"approximately|over|just|only|a)\s+)*[-+(]*$",
    re.IGNORECASE,
)
ROSE: Final = pattern(
    r"\b(?:rose|grew|increased|climbed|gained|jumped|surged)\s+(?:by\s+)?(?:(?:about|around|roughly|nearly|almost|some|"
    r"approximately|over|just|only|a)\s+)*[-+(]*$",
    re.IGNORECASE,
)
COMPOUND: Final = pattern(r"\b(?:cagr|compound\w*|annuali[sz]\w*|per annum)\b", re.IGNORECASE)
FALLS: Final = pattern(
    r"\b(?:loss|lost|losses|down|fell|fall|falls|declin\w+|decreas\w+|dropp?\w*|below|under\w*|short\w*|deficit|reduc\w+|"
    r"minus|negative|drawdown|lower|less|sell|sold|withdr\w+|ow(?:e|es|ed)|debt|pay\w*|paid)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The words that can name something: folded, singular, without fillers and numbers."""
    found = (match[0].casefold() for match in _WORD.finditer(_CAMEL.sub(" ", text[:2000])))
    return frozenset(stem(word) for word in found if word not in _EMPTY and not word.isdigit())


def places(text: str) -> dict[str, int]:
    """Where each word that can name something first stands."""
    found: dict[str, int] = {}
    for match in _WORD.finditer(_CAMEL.sub(" ", text[:2000])):
        found.setdefault(stem(match[0].casefold()), match.start())
    return found


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
    if not _DATED.search(text):
        return frozenset()
    found = {match[1] for match in _YEAR.finditer(text)}
    found |= {_full(match[1], match[2]) for match in _YEAR.finditer(text) if match[2]}
    found |= {f"20{match[1]}" for match in _SHORT_YEAR.finditer(text)}
    for match in _QUARTER.finditer(text):
        found.add(f"q{match[1] or match[2] or _ORDINALS[match[3].lower()]}")
    found |= {match[1].lower() for match in _MONTH.finditer(text)}
    return frozenset(found)


def years(named: frozenset[str]) -> list[str]:
    """The years among periods, earliest first."""
    return sorted(name for name in named if name.isdigit())


def _full(first: str, last: str) -> str:
    return last if len(last) == 4 else first[:2] + last
