"""Cut a text into sentences, and tell what a sentence does with a phrase: assert it, deny it, quote it, suppose it, ask it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from harness.frozen import frozen
from harness.lazy import pattern

Scope: TypeAlias = Literal["asserted", "negated", "quoted", "attributed", "supposed", "asked"]
_I: Final = 2  # re.IGNORECASE

_END = pattern(r"[.!?…]+[\"')\]]*(?=\s|$)|\n[ \t]*(?:[-*•#|>]|\d{1,3}[.)](?=\s))?|\n")
_SHORT = frozenset(
    {"u.s", "e.g", "i.e", "vs", "no", "inc", "corp", "ltd", "approx", "mr", "mrs", "dr", "st", "p.m", "a.m", "cf"}
)
_WORD = pattern(r"[\w.]+\Z")
_LONGEST: Final = 1200

_BREAK = pattern(
    r"[;:()—–]|,|\bbut\b|\bhowever\b|\balthough\b|\bbecause\b|\bso (?:that )?(?=you|we|i|it)|\byet\b|\band (?=you|we|i|it|they|this)",
    _I,
)
_LISTED = pattern(r"(?:,\s*(?:or\s+|nor\s+|and\s+)?[\w'-]+\s*){0,3},?\s*(?:or|nor|and)?\s*\Z", _I)
_NEGATION = pattern(
    r"\b(?:not|no(?!\s+(?:doubt|matter|question))|never|cannot|can't|won't|wouldn't|don't|doesn't|didn't|isn't|aren't|wasn't|weren't"
    r"|shouldn't|needn't|couldn't|mustn't|haven't|hasn't|nobody|none|neither|nor|nothing|without|hardly|scarcely|impossible|unable"
    r"|refuses?|unwise|wrong|mistake|avoid|far from|rather than|instead of|fails? to|nowhere)\b(?!\s+(?:only|just|merely)\b)",
    _I,
)
_POST_NEGATION = pattern(
    r"\A[^,;:.]{0,60}?\b(?:(?:is|are|was|were|would be|sounds?) (?:not\b|n't|never|wrong|false|a (?:mistake|myth|scam|red flag|warning)|untrue"
    r"|illegal|unwise|impossible|misleading)|(?:do|does|did)(?:n't| not) exist|cannot be|can't be)",
    _I,
)
_QUOTES = pattern(r"\"[^\"\n]{1,400}\"")
_OTHERS = pattern(
    r"\b(?:(?:be )?(?:wary|skeptical|sceptical|careful|suspicious) of|beware|scam\w*|fraud\w*|red flags?|warning signs?|too good to be true"
    r"|anyone (?:who|urging|promising|telling)|(?:some|any)(?:body|one) who|a (?:seller|broker|person|caller) who|phrases? (?:like|such as)"
    r"|claims? (?:such|like|that)|claimed|alleg\w+|(?:fear|promises|convicted|honest seller)|pressure[ds]?|may not have your"
    r"|(?:he|she|they|sellers?|promoters?|advertisements?|e-?mails?|ads?|website|article|brochure|caller|salesm[ae]n)\s+"
    r"(?:\w+\s+){0,2}(?:said|says|claims?|promise[sd]?|assured?|guaranteed?|told|tells|advertised?)"
    r"|according to|(?:some|many|most) (?:people|investors|sellers) (?:say|claim|believe|think)|nobody should|is what \w+ say|reportedly)\b",
    _I,
)
_IF = pattern(r"\b(?:if|whether|suppose|supposing|imagine|assuming|unless|were .{0,20}\bto|even if|had)\b", _I)
_COUNTERFACTUAL = pattern(r"\A\W*(?:\w+\s+){0,2}?(?:if|suppose|supposing|imagine|even if|whether)\b", _I)
_ASKS = pattern(
    r"\A\W*(?:and |but |so |or )?(?:is|are|was|were|do|does|did|can|could|will|would|should|what|which|why|how|when|where|who|has|have|may"
    r"|am|isn't|aren't|doesn't|don't)\b",
    _I,
)


@frozen
class Sentence:
    """A sentence and its place."""

    text: str
    start: int


def sentences(text: str) -> Iterator[Sentence]:
    """Every sentence, in order; very long ones are cut, so that no rule looks at more than a page at once."""
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match[0].startswith(".") and _is_short(text, match.start()):
            continue
        yield from _pieces(text, start, end)
        start = end
    yield from _pieces(text, start, len(text))


def _is_short(text: str, dot: int) -> bool:
    """Whether a dot ends an abbreviation and no sentence."""
    before = _WORD.search(text, max(0, dot - 10), dot)
    return before is not None and before[0].casefold() in _SHORT


def _pieces(text: str, start: int, end: int) -> Iterator[Sentence]:
    while end - start > _LONGEST:
        space = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST)
        middle = space if space > start else start + _LONGEST
        yield Sentence(text[start:middle], start)
        start = middle
    if text[start:end].strip():
        yield Sentence(text[start:end], start)


def scope(sentence: str, start: int, end: int) -> Scope:
    """What a sentence does with the phrase at a place in it."""
    before, after = sentence[:start], sentence[end:]
    if sentence.rstrip("\"') \n\t").endswith("?") and _ASKS.search(sentence):
        return "asked"
    if _quoted(sentence, start, end):
        return "quoted"
    clause = _clause(before)
    if _NEGATION.search(clause) or _POST_NEGATION.search(after):
        return "negated"
    if _OTHERS.search(before) or _OTHERS.search(after):
        return "attributed"
    if _IF.search(clause) or (_COUNTERFACTUAL.search(sentence) and "," not in before):
        return "supposed"
    return "asserted"


def _clause(before: str) -> str:
    """The part of a sentence that governs what follows it: back to the last break that is no comma of a list."""
    last = 0
    for match in _BREAK.finditer(before):
        if match[0] == "," and _LISTED.match(before, match.start()):
            continue
        last = match.end()
    return before[max(last, len(before) - 160) :]


def _quoted(sentence: str, start: int, end: int) -> bool:
    """Whether a phrase is quoted: in several words, or beside somebody who is quoted. One word in quotes is only stressed."""
    for match in _QUOTES.finditer(sentence):
        if match.start() < start and end < match.end() + 1:
            rest = sentence[: match.start()] + sentence[match.end() :]
            return len(match[0].split()) >= 3 or _OTHERS.search(rest) is not None
    return False
