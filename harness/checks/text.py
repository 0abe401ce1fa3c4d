"""Checks on the words of an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, TypeAlias

from harness.bounds import Len
from harness.registry import Check, Finding, Subject, check

from .document import document
from .equality import same
from .patterns import SlowPattern, checked, search
from .wording import answered, at, listed, quoted, refuse, shown

Phrase: TypeAlias = Annotated[str, Len(1)]
Phrases: TypeAlias = Annotated[tuple[Phrase, ...], Len(1)]


@check("equals")
class Equals(Check):
    """The answer is exactly `value`.

    Text is compared with the answer's text; white space at both ends and the style of line ends do not count. Anything else
    (a mapping, a list, a number) is compared with the answer's JSON form: the order of keys does not count, 1 is 1.0 and true
    is not 1. An answer without a JSON form fails, under `not-` too.
    """

    value: Any
    """What the answer must be."""

    ignore_case: bool = False
    """Whether capital and small letters of a text are the same."""

    def __post_init__(self) -> None:
        if self.value is None:
            raise refuse("value", "there is nothing to compare with", "write the expected answer")
        if self.ignore_case and not isinstance(self.value, str):
            raise refuse("ignore_case", "only a text can be compared without case", "leave it out")

    def conclude(self, subject: Subject) -> Finding:
        """Compare as text or as JSON, as `value` is."""
        if isinstance(self.value, str):
            return self._text(subject.text)
        found = document(subject)
        if found.problem:
            return self.finding(False, found.problem, expected=self.value, actual=subject.text, negatable=False)
        equal = same(self.value, found.value)
        relation = "is" if equal else "is not"
        reason = f"the answer {shown(found.value)} {relation} {shown(self.value)}"
        return self.finding(equal, reason, expected=self.value, actual=found.value)

    def _text(self, answer: str) -> Finding:
        left, right = _trimmed(self.value), _trimmed(answer)
        equal = left.casefold() == right.casefold() if self.ignore_case else left == right
        if equal:
            return self.finding(True, f"the answer is {quoted(self.value)}", expected=self.value, actual=answer)
        place = next((i for i, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), None)
        place = min(len(left), len(right)) if place is None else place
        reason = f"{answered(answer)}, expected {quoted(left)} (they differ from character {place + 1})"
        return self.finding(False, reason, expected=self.value, actual=answer)


class _Wanted(Check):
    """Looks for phrases."""

    fold_case: ClassVar[bool] = False

    def _look(self, text: str, phrases: Iterable[str], *, need_all: bool) -> Finding:
        inside = text.casefold() if self.fold_case else text
        # A character such as ß grows when folded; then places in the folded text mean nothing.
        placed = len(inside) == len(text)
        spans, missing = [], []
        for phrase in phrases:
            wanted = phrase.casefold() if self.fold_case else phrase
            start = inside.find(wanted)
            if start < 0:
                missing.append(phrase)
            else:
                spans.append((phrase, (start, start + len(wanted)) if placed else None))
        passed = not missing if need_all else bool(spans)
        return self._told(text, passed, spans, missing)

    def _told(
        self,
        text: str,
        passed: bool,
        spans: list[tuple[str, tuple[int, int] | None]],
        missing: list[str],
    ) -> Finding:
        if passed:
            phrase, span = spans[0]
            more = f" and {len(spans) - 1} more" if len(spans) > 1 else ""
            place = f" at character {span[0] + 1}" if span else ""
            reason = f"the answer has {quoted(phrase)}{place}{more}"
        else:
            reason = f"{answered(text)} does not have {listed(map(quoted, missing))}"
        evidence = tuple(at(*span, note=phrase)[0] for phrase, span in spans if span)
        return self.finding(passed, reason, expected=self._expected(), actual=text, evidence=evidence)

    def _expected(self) -> Any:
        found = vars(self)["value"]
        return list(found) if isinstance(found, tuple) else found


@check("contains")
class Contains(_Wanted):
    """The answer has this text in it, letter for letter. An empty answer fails."""

    value: Phrase
    """Text to look for."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for the text."""
        return self._look(subject.text, (self.value,), need_all=True)


@check("icontains")
class IContains(Contains):
    """The answer has this text in it, whatever the case of its letters. An empty answer fails."""

    fold_case = True


@check("contains-all")
class ContainsAll(_Wanted):
    """The answer has every one of these texts in it, letter for letter."""

    value: Phrases
    """Texts to look for."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for all texts."""
        return self._look(subject.text, self.value, need_all=True)


@check("icontains-all")
class IContainsAll(ContainsAll):
    """The answer has every one of these texts in it, whatever the case of their letters."""

    fold_case = True


@check("contains-any")
class ContainsAny(_Wanted):
    """The answer has at least one of these texts in it, letter for letter."""

    value: Phrases
    """Texts to look for."""

    def conclude(self, subject: Subject) -> Finding:
        """Look for any text."""
        return self._look(subject.text, self.value, need_all=False)


@check("icontains-any")
class IContainsAny(ContainsAny):
    """The answer has at least one of these texts in it, whatever the case of their letters."""

    fold_case = True


@check("starts-with")
class StartsWith(Check):
    """The answer starts with this text; white space before it does not count."""

    value: Phrase
    """Text to begin with."""

    def conclude(self, subject: Subject) -> Finding:
        """Look at the beginning."""
        text = subject.text
        start = len(text) - len(text.lstrip())
        passed = text.startswith(self.value, start) or text.startswith(self.value)
        reason = f"{answered(text)} {'starts' if passed else 'does not start'} with {quoted(self.value)}"
        evidence = at(start, start + len(self.value)) if passed else ()
        return self.finding(passed, reason, expected=self.value, actual=text, evidence=evidence)


@check("regex")
class Regex(Check):
    r"""The answer matches this regular expression somewhere.

    The dialect is that of the `regex` library: Python's, with Unicode properties such as `\p{Sc}`. A pattern that backtracks
    without end is stopped after half a second and leaves the check undecided.
    """

    value: Phrase
    """The pattern."""

    ignore_case: bool = False
    """Whether capital and small letters are the same."""

    whole: bool = False
    """Whether the whole answer must match, not only a part of it."""

    def __post_init__(self) -> None:
        checked(self.value, "value", ignore_case=self.ignore_case)

    def conclude(self, subject: Subject) -> Finding:
        """Search, for half a second at most."""
        text = subject.text
        try:
            match = search(self.value, text, ignore_case=self.ignore_case, whole=self.whole)
        except SlowPattern as slow:
            return self.finding(None, str(slow), expected=self.value)
        if match is None:
            return self.finding(
                False, f"{answered(text)} does not match {quoted(self.value)}", expected=self.value, actual=text
            )
        start, end = match.span()
        reason = f"{quoted(match[0])} at character {start + 1} matches {quoted(self.value)}"
        return self.finding(True, reason, expected=self.value, actual=match[0], evidence=at(start, end, match[0][:200]))


def _trimmed(text: str) -> str:
    return text.strip().replace("\r\n", "\n")
