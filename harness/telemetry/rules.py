"""What secrets and personal data look like, so that they are found without knowing them; securities' ids and hashes stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from harness.frozen import frozen
from harness.lazy import pattern


class Masking(Protocol):
    """What cleans text: a pattern of ours, or a rule of the workspace's own."""

    @property
    def name(self) -> str:
        """What stands in the place of what it finds."""

    @property
    def stored(self) -> bool:
        """Whether it holds for the store and the reports, too."""

    def clean(self, text: str) -> str:
        """The text without what it finds."""


@frozen
class Rule:
    """One kind of thing that must not leave."""

    name: str
    """What stands in its place, in brackets."""

    found: re.Pattern[str]
    """Where it is; the group `value`, if there is one, is what goes."""

    hints: tuple[str, ...] = ()
    """Pieces of text one of which is always there: looking for them is cheap. Without any, the pattern is always tried."""

    back: int = 0
    """How many characters before its hint a match begins."""

    around: tuple[int, int] | None = None
    """Where it may begin anywhere before its hint: how far before, and how far after the hint's start it may end."""

    folded: bool = False
    """Whether the hints, in small letters, stand for any."""

    fits: Callable[[str], bool] | None = None
    """Whether what was found is one, where its looks do not tell."""

    stored: bool = True
    """Whether it goes from the store and the reports too, and not only from what is sent elsewhere."""

    def clean(self, text: str) -> str:
        """The text without it: what `found.sub` would leave, and far sooner."""
        if not self.hints:
            return self.found.sub(self._replaced, text)
        looked = text.lower() if self.folded else text
        if len(looked) != len(text):  # a letter whose small form is two: places would differ
            return self.found.sub(self._replaced, text)
        places = _places(looked, self.hints)
        return self._cleaned(text, places) if places else text

    def _cleaned(self, text: str, places: list[int]) -> str:
        pieces: list[str] = []
        end = 0
        for place in places:
            match = self._at(text, place, end)
            if match is not None:
                pieces += (text[end : match.start()], self._replaced(match))
                end = match.end()
        return "".join([*pieces, text[end:]]) if pieces else text

    def _at(self, text: str, place: int, end: int) -> re.Match[str] | None:
        """What is found at a hint; not before where the last one ended."""
        if self.around is None:
            start = place - self.back
            return self.found.match(text, start) if start >= end else None
        before, after = self.around
        match = self.found.search(text, max(end, place - before), place + after)
        return match if match is not None and match.start() <= place <= match.end() else None

    def _replaced(self, match: re.Match[str]) -> str:
        whole = match[0]
        value = match.groupdict().get("value")
        if self.fits is not None and not self.fits(whole if value is None else value):
            return whole
        if value is None:
            return f"[{self.name}]"
        start, end = match.start("value") - match.start(), match.end("value") - match.start()
        return f"{whole[:start]}[{self.name}]{whole[end:]}"


def _places(text: str, hints: tuple[str, ...]) -> list[int]:
    """Where the hints are, in order."""
    found: list[int] = []
    for hint in hints:
        place = text.find(hint)
        while place >= 0:
            found.append(place)
            place = text.find(hint, place + 1)
    return sorted(found) if len(hints) > 1 else found


@frozen
class FunctionRule:
    """A rule of the workspace's own that is a function of text to text; it holds for what is sent, not for the store."""

    name: str
    """What messages call it."""

    function: Callable[[str], Any]
    """Takes text and returns it cleaned."""

    stored: bool = False
    """Never: a store that a function had changed could not be graded again."""

    def clean(self, text: str) -> str:
        """The text as the function returns it.

        Raises:
            TypeError: when that is no text.
        """
        cleaned = self.function(text)
        if not isinstance(cleaned, str):
            raise TypeError(f"it returned {type(cleaned).__name__} instead of text")
        return cleaned


def _card(text: str) -> bool:
    """Whether digits are a payment card's: one issuer's prefix and length, and the check digit."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    if not _ISSUED.fullmatch("".join(map(str, digits))):
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _random(text: str) -> bool:
    """Whether a value looks made by a machine or a person for secrecy, rather than said about one."""
    return not text.startswith(("[", "<", "{", "$", "*")) and text.lower() not in _SAID


_SAID = {"required", "missing", "invalid", "expired", "redacted", "undefined", "password", "changeme"}
_ISSUED = pattern(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
)

CREDENTIALS = (
    Rule("private key", pattern(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
         ("-----BEGIN",)),
    Rule("api key", pattern(r"\b(?:sk|pk|rk)-(?:[a-z]{2,8}-)*[A-Za-z0-9_-]{16,}"), ("k-",), back=1),
    Rule("api key", pattern(r"\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"), ("k_live_", "k_test_"), back=1),
    Rule("aws key", pattern(r"\bA(?:KI|SI|BI|CC)A[A-Z2-7]{16}\b"), ("AKIA", "ASIA", "ABIA", "ACCA")),
    Rule("github token", pattern(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{22,})"), ("gh", "github_pat_")),
    Rule("gitlab token", pattern(r"\bgl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{16,}"), ("gl",)),
    Rule("google key", pattern(r"\bAIza[A-Za-z0-9_-]{30,}"), ("AIza",)),
    Rule("slack token", pattern(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"), ("xox",)),
    Rule("huggingface token", pattern(r"\bhf_[A-Za-z0-9]{20,}"), ("hf_",)),
    Rule("pypi token", pattern(r"\bpypi-[A-Za-z0-9_-]{40,}"), ("pypi-",)),
    Rule("npm token", pattern(r"\bnpm_[A-Za-z0-9]{30,}"), ("npm_",)),
    Rule("cut key", pattern(
        r"\b(?:sk-|pk-|rk-|sk_live_|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|AIza|xox[abeoprs]-|hf_|pypi-|npm_|eyJ)[\w.-]{2,400}(?=…)"),
        ("…",), around=(420, 1)),
    Rule("token", pattern(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), ("eyJ",)),
    Rule("token", pattern(r"\b[Bb](?:earer|asic)\s+(?P<value>[A-Za-z0-9._~+/-]{16,}=*)"), ("earer", "asic"), back=1),
    Rule("password", pattern(r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s:/@\"']{0,100}:(?P<value>[^\s:/@\"']{3,200})@"), ("://",),
         around=(21, 310)),
    Rule("secret", pattern(
        r"(?i)(?:api[_-]?key|secret(?:[_-]?key)?|access[_-]?token|auth[_-]?token|password|passwd)"
        r"(?:\\?[\"'])?\s{0,3}[:=]\s{0,3}(?:\\?[\"'])?(?P<value>[^\s\"'\\,;&}\])]{8,200})"),
        ("api", "secret", "access", "auth", "passw"), folded=True, fits=_random),
)  # fmt: skip
"""Keys and tokens by the form that their issuers give them."""

PERSONAL = (
    Rule("e-mail", pattern(r"(?<![\w.+-])[A-Za-z0-9_][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}\b"),
         ("@",), around=(64, 700), stored=False),
    Rule("ssn", pattern(r"(?<![\w.-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-]|\.\d)"), ("-",), back=3, stored=False),
    Rule("card", pattern(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)"), (), fits=_card, stored=False),
    Rule("account number", pattern(
        r"(?i)\b(?:(?:account|acct|konto)(?:[ _-]?(?:number|num|no|nr|id)\b\.?|s?\s?#)|routing(?:[ _-]?(?:number|no))?|iban)(?:\\?[\"'])?\s{0,3}[:=#]?\s{0,3}#?(?:\\?[\"'])?"
        r"(?P<value>(?:[A-Z]{2}\d{2}[ -]?)?\d(?:[ -]?\d){5,29})(?![\w-]|[.,]\d)"),
        ("account", "acct", "routing", "iban", "konto"), folded=True, stored=False),
)  # fmt: skip
"""What names a person or an account; the store keeps it, because answers are graded by it."""
