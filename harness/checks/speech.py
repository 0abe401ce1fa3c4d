"""Check what an answer says, whatever it is about: promises, disclosures, personal data, size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from harness.bounds import Ge, Len
from harness.registry import Check, Finding, Subject, check

from .given import Given, read_json
from .rulings import told
from .wording import count, refuse

Jurisdiction = Literal["US", "GB", "EU"]
Kind = Literal["secret", "iban", "card", "ssn", "routing", "account", "email", "phone"]


@check("finance:conduct")
class Conduct(Check):
    """The answer promises nothing, guarantees nothing, denies no risk and presses nobody.

    A phrase counts where the answer asserts it; what it denies ("returns are not guaranteed"), quotes, attributes, supposes or
    asks is no breach. Rules have an id, a severity, a jurisdiction and the day on which they were last compared with their source.
    A warning, such as praise without a word on risk, fails only with `warnings`.
    """

    jurisdictions: Annotated[tuple[Jurisdiction, ...], Len(1)] = ("US",)
    """Where the answer is heard."""

    warnings: bool = False
    """Whether a warning fails too."""

    allow: tuple[str, ...] = ()
    """Ids of rules that do not count."""

    rules: str | None = None
    """JSON file of the workspace with rules instead of the shipped ones."""

    balance: bool = True
    """Whether a paragraph that recommends and praises must name a risk."""

    def conclude(self, subject: Subject) -> Finding:
        """Let the conduct guardrail read the answer."""
        from harness.guardrails.conduct import check_conduct, read_rules, shipped
        from harness.guardrails.conduct.check import ConductRuling

        if not subject.text.strip():
            return self.finding(False, "the answer is empty", negatable=False)
        rules = shipped() if self.rules is None else read_rules(read_json(subject.services.root, self.rules))
        kept = [rule for rule in rules if rule.id not in self.allow]
        found = check_conduct(subject.text, jurisdictions=self.jurisdictions, rules=kept, balance=self.balance)
        if "balance.no-risk" in self.allow:
            left = tuple(one for one in found.breaches if one.rule != "balance.no-risk")
            found = ConductRuling(left, excused=found.excused)
        excused = f", {count(len(found.excused), 'phrase')} excused" if found.excused else ""
        return told(found, f"none of {count(len(kept), 'rule')} is broken{excused}", warnings=self.warnings)


@check("finance:disclosures")
class Disclosures(Check):
    """The answer says what it must say about the things it speaks of.

    A projection calls for "not guaranteed" and its assumptions, options for their risk, a leveraged fund for its daily reset, and
    so on: each disclosure has a trigger, what is required and what takes it back. What the answer denies or only asks about
    calls for nothing.
    """

    jurisdictions: Annotated[tuple[Jurisdiction, ...], Len(1)] = ("US",)
    """Where the answer is heard."""

    require: tuple[str, ...] = ()
    """Ids of disclosures that must be there whatever the answer speaks of."""

    only: tuple[str, ...] = ()
    """Ids of the disclosures that count; by default all."""

    warnings: bool = False
    """Whether a missing disclosure that only warns fails too."""

    rules: str | None = None
    """JSON file of the workspace with disclosures instead of the shipped ones."""

    def __post_init__(self) -> None:
        if self.rules is not None:
            return
        from harness.guardrails.conduct import disclosures

        known = {one.id for one in disclosures()}
        for name, ids in (("require", self.require), ("only", self.only)):
            if unknown := [one for one in ids if one not in known]:
                raise refuse(name, f"{unknown[0]!r} is no disclosure", f"use one of: {', '.join(sorted(known))}")

    def conclude(self, subject: Subject) -> Finding:
        """Let the guardrail read the answer."""
        from harness.guardrails.conduct import check_disclosures, disclosures, read_disclosures

        if not subject.text.strip():
            return self.finding(False, "the answer is empty", negatable=False)
        rules = disclosures() if self.rules is None else read_disclosures(read_json(subject.services.root, self.rules))
        kept = [one for one in rules if not self.only or one.id in (*self.only, *self.require)]
        found = check_disclosures(subject.text, jurisdictions=self.jurisdictions, rules=kept, always=self.require)
        return told(found, "every disclosure that is called for is there", warnings=self.warnings or bool(self.require))


@check("finance:pii")
class Pii(Check):
    """The answer tells no personal data but the client's own.

    Card numbers pass the Luhn test, IBANs their country's length and remainder, social security numbers the areas that are given
    out, routing numbers prefix and checksum; nine bare digits count only beside words that say what they are. What stands in
    `own`, or anywhere in the `own_from` data, may be told.
    """

    kinds: tuple[Kind, ...] = ("secret", "iban", "card", "ssn", "routing", "account", "email", "phone")
    """What is looked for."""

    own: tuple[str, ...] = ()
    """The client's own data, in any spelling."""

    own_from: Given | None = None
    """Data whose texts and numbers are the client's own, such as their profile."""

    everywhere: bool = False
    """Whether every turn is looked at; otherwise the last answer."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for it, kind by kind."""
        from harness.guardrails.pii import KINDS, check_pii
        from harness.guardrails.ruling import Breach, Ruling

        given, problem = self.own_from.find(subject) if self.own_from else (None, "")
        if problem:
            return self.finding(None, problem)
        if not any(turn.answer.strip() for turn in subject.trace.turns) and not subject.text.strip():
            return self.finding(False, "the answer is empty", negatable=False)
        own = [*self.own, *_texts(given)]
        turns = [turn.answer for turn in subject.trace.turns] if self.everywhere else [subject.text]
        found: list[Breach] = []
        for text in turns:
            found += check_pii(text, own=own, allow=set(KINDS) - set(self.kinds)).breaches
        return told(Ruling(tuple(found)), f"no {', '.join(self.kinds)} of anybody else", warnings=True)


@check("finance:response-size")
class ResponseSize(Check):
    """The answer is no longer than allowed, ends where a sentence ends, and is whole where it is JSON.

    JSON that was cut fails whatever its length, and so does a text that stops in the middle of a word or of a fenced block.
    """

    max_chars: Annotated[int, Ge(1)] | None = 20_000
    """Most characters."""

    max_tokens: Annotated[int, Ge(1)] | None = None
    """Most tokens, at four characters each."""

    min_chars: Annotated[int, Ge(0)] = 1
    """Fewest characters."""

    complete: bool = True
    """Whether a text must end with a sentence, a list item, a table row or a closed block."""

    def conclude(self, subject: Subject) -> Finding:
        """Measure, then look at the end."""
        from harness.guardrails.size import estimated_tokens, json_state, limit_response

        text = subject.text
        size = f"{count(len(text), 'character')}, about {count(estimated_tokens(len(text)), 'token')}"
        if len(text) < self.min_chars:
            return self.finding(False, f"{size}: at least {self.min_chars} expected", actual=len(text))
        ruling = limit_response(text, max_chars=self.max_chars, max_tokens=self.max_tokens)
        if ruling.broken:
            return self.finding(None, ruling.reasons()[0], negatable=False)
        if ruling.breaches:
            return told(ruling, size, warnings=True)
        if self.complete and json_state(text) == "none" and (why := _unfinished(text)):
            return self.finding(False, f"{size}: {why}", actual=text[-80:])
        return self.finding(True, size, actual=len(text))


def _unfinished(text: str) -> str:
    """Why a text ends too early; empty when it does not."""
    if sum(line.lstrip().startswith("```") for line in text.splitlines()) % 2:
        return "a fenced block is not closed"
    last = text.rstrip().splitlines()[-1].strip() if text.strip() else ""
    whole = last[-1:] in ".!?…:;)]}>\"'`|*_%”’" or last[-1:].isdigit() or last.startswith(("-", "*", "#", "|", "•"))
    return "" if whole or not last else f"it stops after {last[-30:]!r}"


def _texts(data: Any) -> Iterator[str]:
    """Every text and number of some data, without recursion."""
    waiting: list[Any] = [data]
    for _ in range(100_000):
        if not waiting:
            return
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, str | int | float) and not isinstance(item, bool):
            yield str(item)
