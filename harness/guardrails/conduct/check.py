"""Look through an answer for what a financial adviser must not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from harness.frozen import frozen
from harness.guardrails.plaintext import Plain, plain
from harness.guardrails.ruling import TEXT_LIMIT, Breach, Ruling, closed, cut, too_long
from harness.lazy import pattern

from .rules import Rule, shipped
from .sentences import Scope, Sentence, scope, sentences

_I = 2
_LOOKED = 8
_ADVISES = pattern(
    r"\b(?:i|we) (?:would |strongly |can only )?(?:recommend|suggest|advise)\b|\byou (?:should|ought to) (?:buy|invest|switch|move|add|increase)\b"
    r"|\b(?:buy|consider buying|increase your (?:position|holding))\b",
    _I,
)
_BENEFITS = pattern(
    r"\b(?:growth|gains?|upside|returns?|outperform\w*|yields?|income|profit\w*|attractive|strong|high(?:er)?|potential|benefits?)\b",
    _I,
)
_RISKS = pattern(
    r"\b(?:risk\w*|loss(?:es)?|lose|volatil\w+|downside|may fall|could fall|drawdown|declin\w+|uncertain\w*|not guaranteed|no guarantee|drop"
    r"|fluctuat\w+|default\w*|less diversified|depends? on|caveat|however)\b",
    _I,
)


@frozen
class ConductRuling(Ruling):
    """What was found in an answer."""

    excused: tuple[tuple[str, Scope, tuple[int, int]], ...] = ()
    """Phrases that a rule knows and the sentence denies, quotes, attributes, supposes or asks: rule, scope and span."""

    def as_json(self) -> dict[str, Any]:
        """The ruling as JSON-plain data."""
        excused = [{"rule": rule, "scope": how, "span": list(span)} for rule, how, span in self.excused]
        return {**Ruling.as_json(self), "excused": excused}


@closed(ConductRuling)
def check_conduct(
    text: str, *, jurisdictions: Sequence[str] = ("US",), rules: Sequence[Rule] | None = None, balance: bool = True
) -> ConductRuling:
    """Find promises, guarantees, certain predictions, denials of risk and pressure in a text; never raises.

    A phrase counts where the text asserts it. "Returns are not guaranteed", `"risk-free" is what scammers say` and "if it were
    guaranteed" are not breaches; they are listed as `excused`. With `balance`, a paragraph that recommends and praises must name
    a risk too.

    Args:
        text: The answer.
        jurisdictions: Where it is heard.
        rules: Rules in place of those that are shipped; see `read_rules`.
        balance: Whether benefits need risks in the same paragraph.
    """
    if len(text) > TEXT_LIMIT:
        return ConductRuling((too_long(len(text)),))
    seen = plain(text)
    lowered = seen.text.casefold() if seen.text.isascii() else seen.text.lower()
    wanted = set(jurisdictions)
    asked = [
        rule
        for rule in (shipped() if rules is None else rules)
        if (not rule.jurisdiction or wanted.intersection(rule.jurisdiction)) and _has_cue(rule, lowered)
    ]
    found: list[Breach] = []
    excused: list[tuple[str, Scope, tuple[int, int]]] = []
    for sentence in sentences(seen.text) if asked else ():
        small = sentence.text.lower()
        for rule in asked:
            if not _has_cue(rule, small):
                continue
            for start, end, how in _hits(rule, sentence):
                span = seen.span(start, end)
                if how == "asserted" or not rule.scoped:
                    found.append(_breach(rule, text, span))
                else:
                    excused.append((rule.id, how, span))
    if balance:
        found.extend(_unbalanced(seen, text))
    found.sort(key=lambda one: one.span or (0, 0))
    return ConductRuling(tuple(found), excused=tuple(excused))


def _has_cue(rule: Rule, lowered: str) -> bool:
    return not rule.cues or any(cue in lowered for cue in rule.cues)


def _hits(rule: Rule, sentence: Sentence) -> Iterator[tuple[int, int, Scope]]:
    """The phrases of a rule in a sentence, up to the first that is asserted: one is enough, and a few that are excused."""
    phrase, needs, unless = rule.expressions
    if (needs is not None and not needs.search(sentence.text)) or (unless is not None and unless.search(sentence.text)):
        return
    for match in islice(phrase.finditer(sentence.text), _LOOKED):
        if match.end() > match.start():
            how = scope(sentence.text, match.start(), match.end())
            yield sentence.start + match.start(), sentence.start + match.end(), how
            if how == "asserted":
                return


def _breach(rule: Rule, text: str, span: tuple[int, int]) -> Breach:
    said = cut(text[span[0] : span[1]])
    message = f"{said!r} {rule.message}"
    return Breach(
        rule.id, rule.severity, message, span, evidence=said, as_of=rule.as_of, jurisdiction=rule.jurisdiction
    )


def _unbalanced(seen: Plain, text: str) -> Iterator[Breach]:
    """Paragraphs that recommend and praise without a word on risk."""
    start = 0
    for paragraph in seen.text.split("\n\n"):
        end = start + len(paragraph)
        advice = _ADVISES.search(paragraph)
        if advice and _BENEFITS.search(paragraph) and not _RISKS.search(paragraph):
            span = seen.span(start + advice.start(), start + advice.end())
            message = "recommends and praises without naming a risk in the same paragraph"
            yield Breach(
                "balance.no-risk",
                "warn",
                message,
                span,
                evidence=cut(text[span[0] : span[1]]),
                as_of="2026-11-20",
                jurisdiction=("US", "GB", "EU"),
            )
        start = end + 2
