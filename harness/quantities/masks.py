"""Mark the stretches of a text whose digits are names, dates, addresses or code, whatever stands around them.

Every pattern begins at a boundary and repeats within bounds, so that marking takes linear time on any text.
"""

from __future__ import annotations

from typing import NamedTuple

from harness.lazy import pattern

from .values import Skip

_MONTH = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
_MONTH_ANY = f"(?:{_MONTH}|{_MONTH.upper()})"
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
)  # fmt: skip
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?:1[6-9]|20|21)\d\d"
_END = r"(?![\d%]|[.,]\d|\s?%)"
_INDEXES = (
    r"S\s?&\s?P|Russell|Nasdaq|NASDAQ|NDX|FTSE|Nikkei|CAC|DAX|MDAX|STOXX|Stoxx|ASX|KOSPI|CSI|TOPIX|Dow(?: Jones)?|Wilshire|IBEX|"
    r"SMI|OMX|Sensex|SENSEX|Nifty|NIFTY|BSE|TSX|AEX|BEL|MIB|ATX|JPX|MSCI World|Fortune|Forbes|Euro Stoxx|Solactive|Barron's"
)
_FORMS = (
    r"10-[KQD]T?|10[KQ](?=\s+(?:filing|report|form))|8-K|20-F|40-F|6-K|11-K|N-1A|W-[249](?:BEN)?|13[DFG](?:-HR)?|DEF 14A|S-[1348]|"
    r"1099(?=-[A-Z]|s?\s+(?:form|income|contractor))(?:-[A-Z]{1,4})?|1040(?=s?\s|-)(?:-[A-Z]{1,3})?|10b5-1|10b-5|12b-1|"
    r"(?:401|403|457|501|408|409|72|83|408A|529A)\s?\([a-zA-Z]\)(?:\(\d{1,2}\))?|401[kK]s?|403b|457b|144A|1031(?=\s+exchange)|1035(?=\s+exchange)"
)

# What the stretch is, strings one of which any such stretch holds (none given: any text may hold one), and its form.
_PATTERNS: tuple[tuple[Skip, tuple[str, ...], str], ...] = (
    (Skip.CODE, ("```",), r"```[\s\S]*?```"),
    (Skip.CODE, ("`",), r"`(?![-+(]?\s?(?:[$€£¥₹][\d.,]|[\d.,]{1,20}\s?%))[^`\n]{1,300}`"),
    (Skip.LINK, ("://", "www."), r"\b(?:https?|ftp|s3|file)://[^\s<>\"']+|\bwww\.[^\s<>\"']+"),
    (Skip.LINK, ("@",), r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,62}){1,6}"),
    (Skip.MARKUP, ("<", "&#"), r"</?[A-Za-z][^<>]{0,200}>|&#\d{1,7};"),
    (Skip.DATE, (), rf"(?<![\d.,]){_YEAR}([-/.])(?:0?[1-9]|1[0-2])\1{_DAY}(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{{1,9}})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)"),
    (Skip.DATE, (), rf"(?<![\d.,/])(?:{_DAY}([/.-])(?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])([/-]){_DAY})(?:\1|\2)(?:{_YEAR}|\d\d)(?![\d/])"),
    (Skip.DATE, (), rf"(?<![\d.,/])(?:0?[1-9]|1[0-2])/{_YEAR}(?![\d/])|(?<![\d.,/]){_YEAR}-(?:0[1-9]|1[0-2])(?![\d-])"),
    (Skip.DATE, _MONTHS, rf"\b{_MONTH_ANY}\b\.?[ \u00a0-]{{0,2}}{_DAY}(?:st|nd|rd|th)?(?:,?[ \u00a0-]{{1,2}}{_YEAR})?(?!\d|[.,]\d|\s?%|-?[a-zA-Z])"),
    (Skip.DATE, _MONTHS, rf"(?<![\d.,$€£])\b{_DAY}(?:st|nd|rd|th)?(?: of)?[ \u00a0-]{{1,2}}{_MONTH_ANY}\b\.?(?:,?[ \u00a0-]{{1,2}}(?:{_YEAR}|'?\d\d(?!\d|[.,]\d|\s?%|\s?[a-z])))?"),
    (Skip.DATE, _MONTHS, rf"\b{_MONTH_ANY}\b\.?,?[ \u00a0-]{{1,2}}(?:of )?(?:{_YEAR}|'\d\d)(?!\d|[.,]\d|\s?%)|\b{_MONTH}-\d\d(?!\d|[.,]\d|\s?%)"),
    (Skip.DATE, (), r"(?<![\w.,$€£])(?:19|20)\d\d[-/](?:(?:19|20)\d\d|\d\d)(?![\d%/]|[.,]\d|\s?%|[ -][a-z]+s\b)"),
    (Skip.DATE, (), r"(?<![\w)])'\d\d(?!\d)|(?<![\w.,$])(?:\d{2}|\d{4})'?s(?!\w)"),
    (Skip.PERIOD, (), r"\b(?:[1-4][QH]|[QH][1-4])(?:[/'-]{0,2}(?:FY)?(?:\d{4}|\d{2})|[ ](?:FY ?)?(?:19|20)\d\d)?[EAF]?(?!\w)"),
    (Skip.PERIOD, (), r"\b[FC]Y[ ']{0,2}(?:\d{4}|\d{2})(?:[/-]\d{2,4})?[EAFe]?(?!\w)|\b(?:19|20)\d\d[EAF](?!\w)"),
    (Skip.TIME, (":",), r"(?<![\d.,:$])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:\s?[aApP]\.?[mM]\b\.?)?(?![\d:])"),
    (Skip.TIME, (), r"(?<![\d.,$€£])(?:1[0-2]|0?[1-9])\s?[aApP]\.?[mM]\b\.?(?!\w)"),
    (Skip.IDENTIFIER, (), r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    (Skip.IDENTIFIER, (), r"(?<![\w.,-])\d{3}-\d{2}-\d{4}(?!\d)|(?<![\w.,])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?!\d)|(?<![A-Za-z])[*xX•]{2,16}[ -]?\d{2,6}(?![\d,.]\d)"),
    (Skip.PHONE, (), r"(?<![\w.,$€£])(?:\+?1[ .-]{0,2})?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?!\d)|(?<![\w.,])\+\d{1,3}(?:[ .-]\d{2,4}){3,4}(?!\d)"),
    (Skip.FORM, (), rf"(?<![\w$€£.,-])(?:{_FORMS})(?!\w)"),
    (Skip.FORM, ("529",), r"(?<![\w$€£.,])529(?:s?(?=[ -](?:plan|account|savings|college|contribution|rollover|to )s?)|s(?!\w))|(?:(?<=\b[aA] )|(?<=\bthe )|(?<=our ))529(?![\w%]|[.,]\d| shares)"),
    (Skip.INDEX, (), rf"\b(?:{_INDEXES})[ -]?(?:500|400|600|1500|1000|2000|3000|5000|100|30|225|40|35|50|200|300|250|350|120|60|20|25)(?:'s)?{_END}"),
    (Skip.RATIO, ("/",), r"(?<![\w.,/$€£¥₹-])\d{1,3}(?:/\d{1,3}){1,3}(?![\d/%]|[.,]\d|\s?%|\s?(?:percent|points?\b))"),
    (Skip.RATIO, (), r"(?<![\w.,:$])\d{1,3}(?:\.\d{1,2})?:\d{1,3}(?![\d:%]|[.,]\d)|(?<![\w.,$])\d{1,3}-(?:for|to|in|on)-\d{1,3}(?![\d%.]|\s?%)"),
    (Skip.IDENTIFIER, (), r"(?<![\w.,])\d{1,12}(?:-\d{1,12}){2,8}(?![\d%])|(?<![\w.,])\d{3,6}\.[A-Z]{1,3}(?![A-Za-z])|#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3}|\d{1,12})\b(?![.,]\d)"),
    (Skip.RATIO, (), r"(?<![\w.,$€£-])(?:50-50|[6-9]0-[1-4]0|[1-4]0-[6-9]0|75-25|25-75|[69]5-[03]5)(?![\d%.,-]|\s?%|\s?(?:percent|bps|basis|to|x\b))"),
    (Skip.FRACTION, (), r"(?i:\b(?:one|two|three|four|five)[ -](?:half|halves|thirds?|quarters?|fourths?|fifths?|tenths?)\b(?!\s+of\s+20))"),
)  # fmt: skip


class Mask(NamedTuple):
    """One marked stretch."""

    start: int
    """First character."""

    end: int
    """One past the last character."""

    reason: Skip
    """What it is."""


_COMPILED = tuple((reason, needs, pattern(source)) for reason, needs, source in _PATTERNS)


def find_masks(text: str) -> tuple[Mask, ...]:
    """Every marked stretch in order; where two overlap, the earlier pattern wins."""
    taken = bytearray(len(text))
    found: list[Mask] = []
    for reason, needs, expression in _COMPILED:
        if needs and not any(sign in text for sign in needs):  # spares compiling and searching, changes nothing
            continue
        for match in expression.finditer(text):
            start, end = match.span()
            if start < end and not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Mask(start, end, reason))
    return tuple(sorted(found))
