"""Undo what hides words from a filter, and remember where every character came from."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

from harness.frozen import frozen

LONGEST = 2_000_000
"""Characters of a text that are looked at; what is longer is told to be cut."""

_MOST_ENCODED = 200
_DEEPEST = 2

# Letters of other scripts that look like Latin ones and that compatibility normalisation leaves alone.
_PAIRS = (
    "аa еe оo рp сc хx уy іi јj ѕs ԁd ԛq ԝw һh ӏl кk мm нh тt вb гr пn ёe "
    "АA ВB ЕE ЅS ІI ЈJ КK МM НH ОO РP СC ТT ХX УY ԌG ԚQ ԜW "
    "αa εe ηn ιi κk νv οo ρp τt υu χx ωw ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "
    "ɑa ɡg ɩi ıi ȷj ʟl ɴn ʀr ʏy ǀl ցg հh օo սu"
)
_LOOKALIKES = {pair[0]: pair[1] for pair in _PAIRS.split() if pair[1].isascii()}
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "l"}
)
_SPACED = re.compile(r"(?<![^\W\d_])(?:[^\W\d_][ .\-_*]){4,60}[^\W\d_](?![^\W\d_])")
# Each takes a whole run of characters at once, and what it has to look like is asked afterwards: so none goes back.
_LEETED = re.compile(r"[A-Za-z0-9@$!|]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{16,}={0,2}")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ :]?){10,}")
_PERCENT = re.compile(r"[\w.+\-%]{9,}")
_LEET_SIGNS = frozenset("013457@$!|")
_LONGEST_CODE = 100_000
_LONGEST_TURNED = 20_000
_MOST_SHIFTED = 40
_SENTENCE = re.compile(r"[^.!?\n]{20,600}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_SHIFTS = tuple(str.maketrans(_ALPHABET, _ALPHABET[by:] + _ALPHABET[:by]) for by in range(1, 26))
_BINARY = re.compile(r"(?:[01]{8}[ ]?){8,}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,20});")
_ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_COMMON = re.compile(
    r"\b(?:the|and|you|your|all|not|this|that|with|for|ignore|instructions?|send|account|system|prompt|to)\b"
)


@frozen
class Reading:
    """One way to read a text, in lower case, without what hides words."""

    text: str
    """The text as it reads."""

    places: Sequence[int]
    """For every character of it, the place in the original; one more at the end."""

    how: str
    """`plain`, or what had to be undone: base64, hex, percent, binary, shifted, reversed, spaced, leet."""

    code: tuple[int, int] | None = None
    """Start and end of the code that it was read from: no part of it has a place of its own."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of it stands in the original."""
        if self.code is not None:
            return self.code
        if not self.places:
            return 0, 0
        first = self.places[min(start, len(self.places) - 1)]
        last = self.places[min(max(start, end - 1), len(self.places) - 1)]
        return first, max(first, last) + 1


@frozen
class Normal:
    """A text as it reads, and everything that was hidden in it."""

    readings: tuple[Reading, ...]
    """The plain reading first, then those of its encoded parts."""

    hidden: tuple[tuple[int, int, str], ...]
    """Start, end and kind of characters that a reader does not see: zero-width, direction, tag."""

    folded: int
    """Characters that looked like others."""

    cut: bool = False
    """Whether the text was too long to be looked at whole."""


def normalise(text: str) -> Normal:
    """Read a text: compatibility forms, look-alike letters, marks and entities resolved, invisible characters left out."""
    whole, text = text, text[:LONGEST]
    plain, hidden, folded = _plain(text)
    readings = [plain]
    readings += _respelled(plain)
    readings += _decoded(text, _DEEPEST)
    return Normal(tuple(readings), hidden, folded, len(whole) > LONGEST)


def fold(text: str) -> str:
    """Text in the letters of its plain reading, invisible characters kept."""
    return "".join(_folded(character) for character in text)


def _plain(text: str) -> tuple[Reading, tuple[tuple[int, int, str], ...], int]:
    characters: list[str] = []
    places: list[int] = []
    hidden: list[tuple[int, int, str]] = []
    folded = 0
    tagged: list[str] = []
    if text.isascii() and "&" not in text and "\\" not in text:
        return Reading(text.lower(), range(len(text) + 1), "plain"), (), 0
    for place, end, character in _resolved(text):
        kind = _invisible(character)
        if kind:
            if kind == "tag":
                tagged.append(chr(ord(character) - 0xE0000))
                characters.append(tagged[-1].lower())
                places.append(place)
            if hidden and hidden[-1][1] == place and hidden[-1][2] == kind:
                hidden[-1] = (hidden[-1][0], end, kind)
            else:
                hidden.append((place, end, kind))
            continue
        for one in _folded(character):
            characters.append(one)
            places.append(place)
            folded += one.isascii() and not character.isascii() and character.isalpha()
    places.append(len(text))
    return Reading("".join(characters), places, "plain"), tuple(hidden), folded


def _resolved(text: str) -> Iterator[tuple[int, int, str]]:
    """Each character with its place; an entity or an escape counts as the characters it stands for."""
    at = 0
    marks = sorted([*_ENTITY.finditer(text), *_ESCAPE.finditer(text)], key=lambda found: found.start())
    for found in marks:
        if found.start() < at:
            continue
        for place in range(at, found.start()):
            yield place, place + 1, text[place]
        meant = html.unescape(found[0]) if found[0][0] == "&" else chr(int.from_bytes(bytes.fromhex(found[0][2:])))
        for character in meant:
            yield found.start(), found.end(), character
        at = found.end()
    for place in range(at, len(text)):
        yield place, place + 1, text[place]


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """A character as a Latin reader takes it, in lower case; accents and other marks are dropped."""
    if character.isascii():
        return character.lower()
    if "\uac00" <= character <= "\ud7a3":  # Hangul syllables would fall into their letters
        return character
    if character in _LOOKALIKES:
        return _LOOKALIKES[character].lower()
    shown = "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one))
    return "".join(_LOOKALIKES.get(one, one) for one in shown).lower() if len(shown) <= 4 else character.lower()


@lru_cache(maxsize=8192)
def _invisible(character: str) -> str:
    """What sort of character nobody sees; empty for the others."""
    if character < "\x7f":
        return ""
    code = ord(character)
    if 0xE0020 <= code <= 0xE007E:
        return "tag"
    if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c":
        return "direction"
    if unicodedata.category(character) == "Cf" or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return "zero-width"
    return "zero-width" if character in "\u115f\u1160\u3164\u034f\u17b4\u17b5" else ""


def _respelled(plain: Reading) -> Iterator[Reading]:
    """Words with spaces between their letters, and words with figures for letters, as they sound."""
    for found in _SPACED.finditer(plain.text):
        letters = [(place, one) for place, one in enumerate(found[0], found.start()) if one.isalpha()]
        # Two separators in a row part words: `i g n o r e   a l l`.
        yield Reading("".join(one for _, one in letters), [plain.places[place] for place, _ in letters], "spaced")
    if not _LEET_SIGNS.isdisjoint(plain.text):
        told = _LEETED.sub(_unleeted, plain.text)
        if told != plain.text:
            yield Reading(told, plain.places, "leet")


def _unleeted(found: re.Match[str]) -> str:
    """A word with its figures read as letters; numbers stay numbers."""
    word = found[0]
    mixed = 4 <= len(word) <= 24 and not _LEET_SIGNS.isdisjoint(word) and sum(map(str.isalpha, word)) >= 2
    return word.translate(_LEET) if mixed else word


def _decoded(text: str, depth: int) -> Iterator[Reading]:
    """What is written in an encoding; each reading stands where its code stands."""
    if depth == 0:
        return
    for count, (start, end, how, meant) in enumerate(_codes(text)):
        if count >= _MOST_ENCODED:
            return
        yield Reading(_plain(meant)[0].text, (), how, (start, end))
        for inner in _decoded(meant, depth - 1):
            yield Reading(inner.text, (), f"{how}+{inner.how}", (start, end))
    if depth == _DEEPEST:
        yield from _shifted(text)
        turned = text[::-1] if len(text) <= _LONGEST_TURNED else ""
        if _reads_better(turned, text):
            yield Reading(turned.lower(), range(len(text), -1, -1), "reversed")


def _shifted(text: str) -> Iterator[Reading]:
    """Sentences whose letters were moved along the alphabet."""
    tried = 0
    for found in _SENTENCE.finditer(text[:_LONGEST_TURNED]):
        sentence = found[0].lower()
        if len(_WORDS.findall(sentence)) < 4 or _COMMON.search(sentence):
            continue
        tried += 1
        if tried > _MOST_SHIFTED:
            return
        best = max((sentence.translate(shift) for shift in _SHIFTS), key=lambda turned: len(_COMMON.findall(turned)))
        if len(_COMMON.findall(best)) >= 3:
            yield Reading(best, range(found.start(), found.end() + 1), "shifted")


def _codes(text: str) -> Iterator[tuple[int, int, str, str]]:
    for pattern, how, decode in (
        (_BASE64, "base64", _from_base64),
        (_HEX, "hex", _from_hex),
        (_PERCENT, "percent", _from_percent),
        (_BINARY, "binary", _from_binary),
    ):
        for found in pattern.finditer(text):
            meant = decode(found[0]) if len(found[0]) <= _LONGEST_CODE else None
            if meant is not None and meant != found[0] and _readable(meant):
                yield found.start(), found.end(), how, meant


def _from_base64(code: str) -> str | None:
    bare = code.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def _from_hex(code: str) -> str | None:
    try:
        return bytes.fromhex(re.sub(r"0x|\\x|[ :]", "", code)).decode("utf-8")
    except ValueError:
        return None


def _from_binary(code: str) -> str | None:
    try:
        return bytes(int(bits, 2) for bits in re.findall("[01]{8}", code)).decode("utf-8")
    except ValueError:
        return None


def _from_percent(code: str) -> str | None:
    return unquote(code) if code.count("%") >= 3 else None


def _readable(text: str) -> bool:
    """Whether decoded bytes are words and not chance."""
    letters = sum(one.isalpha() or one.isspace() for one in text[:2000])
    return len(text) >= 8 and text[:2000].isprintable() | ("\n" in text) and letters >= 0.7 * min(len(text), 2000)


def _reads_better(turned: str, text: str) -> bool:
    """Whether a text has more common words when it is turned round."""
    after = len(_COMMON.findall(turned.lower()))
    return after >= 3 and after > 2 * len(_COMMON.findall(text.lower()))
