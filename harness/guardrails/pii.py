"""Personal data in a text: numbers that check out as what they look like, and nothing that only looks like one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from harness.lazy import pattern

from .plaintext import Plain, plain
from .ruling import TEXT_LIMIT, Breach, Ruling, Severity, closed, too_long

_I = 2
_NEAR = 48
_TESTS: Final = frozenset({"078051120", "219099999", "123456789", "457555462"})
"""Social security numbers that advertisements made worthless."""

_EMAIL = pattern(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w-])")
_SSN = pattern(r"(?<![\w.,-])(\d{3})[- ](\d{2})[- ](\d{4})(?![\w-]|[.,]\d)")
_NINE = pattern(r"(?<![\w.,$-])\d{9}(?![\w-]|[.,]\d)")
_CARD = pattern(
    r"(?<![\w.,$-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{5}|\d{13,19})(?![\w-]|[.,]\d)"
)
_IBAN = pattern(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])")
_PHONE = pattern(
    r"(?<![\w.,$+-])(?:(?:\+?1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}|\+[1-9]\d{0,2}(?:[ .-]?\(?\d{2,4}\)?){2,4}\d)(?![\w-]|[.,]\d)"
)
_ACCOUNT = pattern(
    r"\b(?:account|acct\.?|a/c)\s*(?:number|num\.?|no\.?|nr\.?|#|id)?\s*(?:is|:|#|=|ending in)?\s*([A-Z]{0,3}-?\d(?:[\d-]{5,18})\d)(?![\w]|[.,]\d)",
    _I,
)
_SECRET = pattern(
    r"(?<!\w)(?:sk-[A-Za-z0-9_-]{20,200}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,80}|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----)"
)
_SAYS_SSN = pattern(r"\b(?:ssn|social security|social-security|tin|taxpayer id\w*)\b", _I)
_SAYS_ROUTING = pattern(r"\b(?:routing|aba|rtn|transit|wire)\b", _I)

_IBAN_COUNTRIES: Final = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT ST",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
}
"""Length of an IBAN to the countries that use it (SWIFT registry, as of 2026-11-20)."""
_IBAN_LENGTHS: Final = {
    country: length for length, countries in _IBAN_COUNTRIES.items() for country in countries.split()
}


@closed(Ruling)
def check_pii(text: str, *, own: Iterable[str] = (), allow: Iterable[str] = ()) -> Ruling:
    """Find personal data of others in a text; never raises.

    Cards must pass the Luhn test and begin as cards do; IBANs have their country's length and the remainder 1 modulo 97; social
    security numbers an area, group and serial that are given out; routing numbers a Federal Reserve prefix and the checksum.
    Nine bare digits count only beside words that say what they are. Masked numbers such as `****1234` are nobody's.

    Args:
        text: The answer.
        own: Personal data of the person who is answered, in any spelling: they may be told what is theirs.
        allow: Kinds that are allowed, such as `email` and `phone`.
    """
    if len(text) > TEXT_LIMIT:
        return Ruling((too_long(len(text)),))
    seen = plain(text)
    mine = {_bare(one) for one in own if _bare(one)}
    free = set(allow)
    taken: list[tuple[int, int]] = []
    found: list[Breach] = []
    for kind, severity, finder in _FINDERS:
        if kind in free:
            continue
        for start, end in finder(seen.text):
            if _bare(seen.text[start:end]) in mine or any(
                start < other and place < end for place, other in taken[-64:]
            ):
                continue
            taken.append((start, end))
            found.append(_breach(kind, severity, seen, (start, end)))
    found.sort(key=lambda one: one.span or (0, 0))
    return Ruling(tuple(found))


def luhn(digits: str) -> bool:
    """Whether digits pass the test that card numbers pass."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return bool(digits) and total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether digits are a card number: a known first digit, 13 to 19 of them, and the Luhn test."""
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and luhn(digits)


def is_iban(written: str) -> bool:
    """Whether a text is an international account number, by its country's length and ISO 7064 mod 97-10."""
    code = written.replace(" ", "").upper()
    if len(code) != _IBAN_LENGTHS.get(code[:2]):
        return False
    return int("".join(str(int(one, 36)) for one in code[4:] + code[:4])) % 97 == 1


def is_ssn(digits: str) -> bool:
    """Whether nine digits can be a social security number: neither area 000, 666 or 9xx, nor group 00, nor serial 0000."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000" and digits not in _TESTS


def is_routing(digits: str) -> bool:
    """Whether nine digits are an ABA routing number: a prefix that is given out, and the 3-7-1 checksum."""
    prefix = int(digits[:2])
    if not (prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80) or digits == "0" * 9:
        return False
    return sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def _cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        if is_card("".join(filter(str.isdigit, match[0]))):
            yield match.span()


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2], 0)
        written, used = match[0], 0
        for place, character in enumerate(written):  # words in capitals may follow the number
            used += character != " "
            if used == length and is_iban(written[: place + 1]):
                yield match.start(), match.start() + place + 1
                break


def _ssns(text: str) -> Iterator[tuple[int, int]]:
    for match in _SSN.finditer(text):
        if is_ssn(match[1] + match[2] + match[3]):
            yield match.span()
    for match in _NINE.finditer(text):
        if is_ssn(match[0]) and _SAYS_SSN.search(text, max(0, match.start() - _NEAR), match.start()):
            yield match.span()


def _routings(text: str) -> Iterator[tuple[int, int]]:
    for match in _NINE.finditer(text):
        if is_routing(match[0]) and _SAYS_ROUTING.search(
            text, max(0, match.start() - _NEAR), min(len(text), match.end() + 12)
        ):
            yield match.span()


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    for match in _ACCOUNT.finditer(text):
        if 6 <= sum(map(str.isdigit, match[1])) <= 17:
            yield match.span(1)


def _plainly(expression: re.Pattern[str]) -> Callable[[str], Iterator[tuple[int, int]]]:
    return lambda text: (match.span() for match in expression.finditer(text))


_FINDERS: Final[tuple[tuple[str, Severity, Callable[[str], Iterator[tuple[int, int]]]], ...]] = (
    ("secret", "block", _plainly(_SECRET)),
    ("iban", "block", _ibans),
    ("card", "block", _cards),
    ("ssn", "block", _ssns),
    ("routing", "block", _routings),
    ("account", "block", _accounts),
    ("email", "warn", _plainly(_EMAIL)),
    ("phone", "warn", _plainly(_PHONE)),
)
KINDS: Final = tuple(kind for kind, _, _ in _FINDERS)
"""What is looked for."""

_NAMES: Final = {
    "secret": "a key or token", "iban": "an IBAN", "card": "a card number", "ssn": "a social security number",
    "routing": "a routing number", "account": "an account number", "email": "an e-mail address", "phone": "a telephone number",
}  # fmt: skip


def _breach(kind: str, severity: Severity, seen: Plain, place: tuple[int, int]) -> Breach:
    shown = seen.text[place[0] : place[1]]
    masked = f"{shown[:2]}…{shown[-2:]}"  # the report must not leak it again
    message = f"{_NAMES[kind]} of somebody else is told ({masked})"
    return Breach(f"pii.{kind}", severity, message, seen.span(*place), evidence=masked)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text).text)).casefold()
