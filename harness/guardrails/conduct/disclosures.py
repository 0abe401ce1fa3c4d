"""Whether an answer says what it must say about the things it speaks of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, cast

from harness.frozen import frozen
from harness.guardrails.plaintext import Plain, plain
from harness.guardrails.ruling import TEXT_LIMIT, Breach, Ruling, Severity, closed, cut, too_long

from .sentences import scope, sentences


@frozen(slots=False)
class Disclosure:
    """One thing that must be said."""

    id: str
    severity: Severity
    jurisdiction: tuple[str, ...]
    as_of: str
    source: str
    cues: tuple[str, ...]
    """Texts in small letters, one of which a trigger contains."""

    trigger: str
    """Regular expression for what calls for it."""

    required: tuple[str, ...]
    """Regular expressions each of which must match somewhere in the answer."""

    contradicts: str
    """Regular expression for what takes it back; it must match nowhere."""

    text: str
    """Wording that satisfies it."""

    @cached_property
    def expressions(self) -> tuple[re.Pattern[str], tuple[re.Pattern[str], ...], re.Pattern[str] | None]:
        """All of them, compiled."""
        required = tuple(re.compile(one, re.IGNORECASE) for one in self.required)
        against = re.compile(self.contradicts, re.IGNORECASE) if self.contradicts else None
        return re.compile(self.trigger, re.IGNORECASE), required, against


@lru_cache(maxsize=1)
def disclosures() -> tuple[Disclosure, ...]:
    """The disclosures beside this module."""
    return read_disclosures(json.loads((files(__package__) / "disclosures.json").read_text(encoding="utf-8")))


def read_disclosures(data: Any) -> tuple[Disclosure, ...]:
    """Read disclosures of one's own, of the shape of `disclosures.json`.

    Raises:
        ValueError: for one that is none.
    """
    rows = data.get("rules") if isinstance(data, Mapping) else data
    made = []
    for row in rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ():
        if not isinstance(row, Mapping) or not {"id", "trigger", "required", "severity"} <= row.keys():
            raise ValueError("a disclosure has an id, a severity, a trigger and what is required")
        one = Disclosure(
            str(row["id"]),
            cast("Severity", row["severity"]),
            tuple(row.get("jurisdiction") or ()),
            str(row.get("as_of", "")),
            str(row.get("source", "")),
            tuple(str(cue).casefold() for cue in row.get("cues") or ()),
            str(row["trigger"]),
            tuple(str(item) for item in row["required"]),
            str(row.get("contradicts") or ""),
            str(row.get("text", "")),
        )
        try:
            _ = one.expressions
        except re.error as error:
            raise ValueError(f"{one.id}: {error}") from error
        made.append(one)
    if not made:
        raise ValueError("there is no list of disclosures")
    return tuple(made)


@closed(Ruling)
def check_disclosures(
    text: str,
    *,
    jurisdictions: Sequence[str] = ("US",),
    rules: Sequence[Disclosure] | None = None,
    always: Sequence[str] = (),
) -> Ruling:
    """Find disclosures that an answer lacks, or takes back; never raises.

    Something is spoken of where the text asserts or supposes it: "I do not recommend options" calls for nothing.

    Args:
        text: The answer.
        jurisdictions: Where it is heard.
        rules: Disclosures in place of those that are shipped.
        always: Ids that are required whatever the answer speaks of.
    """
    if len(text) > TEXT_LIMIT:
        return Ruling((too_long(len(text)),))
    seen = plain(text)
    lowered, wanted = seen.text.lower(), set(jurisdictions)
    found: list[Breach] = []
    for rule in disclosures() if rules is None else rules:
        if rule.jurisdiction and not wanted.intersection(rule.jurisdiction):
            continue
        trigger, required, against = rule.expressions
        if against is not None and (clash := against.search(seen.text)):
            found.append(
                _breach(rule, text, seen.span(*clash.span()), "takes back what must be said: ", "contradicted")
            )
        place = _spoken(trigger, seen) if any(cue in lowered for cue in rule.cues) or not rule.cues else None
        if (place is not None or rule.id in always) and not all(one.search(seen.text) for one in required):
            span = seen.span(*place) if place else None
            found.append(_breach(rule, text, span, "calls for a disclosure: ", "missing"))
    return Ruling(tuple(found))


def _spoken(trigger: re.Pattern[str], seen: Plain) -> tuple[int, int] | None:
    """The first place where what calls for the disclosure is really spoken of."""
    for sentence in sentences(seen.text):
        for match in _matches(trigger, sentence.text):
            if scope(sentence.text, match.start(), match.end()) in {"asserted", "supposed"}:
                return sentence.start + match.start(), sentence.start + match.end()
    return None


def _matches(trigger: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return (match for match in trigger.finditer(text) if match.end() > match.start())


def _breach(rule: Disclosure, text: str, span: tuple[int, int] | None, does: str, how: str) -> Breach:
    said = cut(text[span[0] : span[1]]) if span else ""
    message = f"{said!r} {does}{rule.text}" if said else f"the answer lacks: {rule.text}"
    return Breach(
        f"disclosure.{rule.id}.{how}",
        rule.severity,
        message,
        span,
        evidence=said,
        as_of=rule.as_of,
        jurisdiction=rule.jurisdiction,
    )
