"""A text as a reader sees it, with the place of every character in the original: for rules that must not be dodged by a glyph."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from harness.frozen import frozen

_SAME: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒−", "-"),
        # letters that look like Latin ones
        **dict(zip("аеорсухіѕјԁһӏпвкмнтАЕОРСУХІЅЈВКМНТ", "aeopcyxisjdhlnbkmhtAEOPCYXISJBKMHT", strict=True)),
        **dict(zip("αορνυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aopvuikABEZHIKMNOPTYX", strict=True)),
    }
)


@frozen
class Plain:
    """Text without invisible characters, in one width and one alphabet where letters only look alike."""

    text: str
    places: Sequence[int] | None = None
    """Place of each character in the original; None where every character stands where it stood."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that a stretch of the plain text was made from."""
        if self.places is None:
            return start, end
        if start >= end:
            return self.places[start], self.places[start]
        return self.places[start], self.places[end - 1] + 1


def plain(text: str) -> Plain:
    """Make a text plain. One pass over its characters; nothing is guessed beyond a fixed table."""
    if text.isascii():
        return Plain(text)
    made: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character < "\x80":
            made.append(character)
            places.append(place)
            continue
        for one in _spelled(character):
            made.append(one)
            places.append(place)
    places.append(len(text))
    return Plain("".join(made), places)


def _spelled(character: str) -> str:
    replaced = character.translate(_SAME)
    if replaced != character:
        return replaced
    category = unicodedata.category(character)
    if category == "Nd":  # the digits of any script
        return str(unicodedata.decimal(character))
    if category in {"Cf", "Mn", "Me", "Cs"}:  # invisible, or hung on another character
        return ""
    if category in {"Zs", "Zl", "Zp"}:
        return "\n" if category != "Zs" else " "
    folded = unicodedata.normalize("NFKD", character)
    return "".join(one for one in folded if unicodedata.category(one) != "Mn")[:8].translate(_SAME)
