"""Bring a text's digits, signs, spaces and quotes to one form without losing where each stood."""

from __future__ import annotations

import unicodedata

from harness.frozen import frozen

_HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe58\ufe63\uff0d"
_SPACES = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_QUOTES = "\u2018\u2019\u02bc\u2032\uff07"
_OTHERS = {
    "\u066a": "%", "\uff05": "%", "\ufe6a": "%", "\u066b": ".", "\u066c": ",", "\uff0e": ".", "\uff0c": ",",
    "\uff04": "$", "\ufe69": "$", "\uffe5": "¥", "\uffe1": "£", "\uff08": "(", "\uff09": ")", "\uff0b": "+",
    "\u223c": "~", "\u2248": "~", "\u2264": "<", "\u2265": ">", "\uff1a": ":", "\u2044": "/", "\u2215": "/",
}  # fmt: skip
_ALIKE = {
    **dict.fromkeys(_HYPHENS, "-"),
    **dict.fromkeys(_SPACES, "\u00a0"),
    **dict.fromkeys(_QUOTES, "'"),
    **_OTHERS,
}


@frozen
class Plain:
    """A text in its plain form, and the way back to the original."""

    text: str
    """ASCII digits, `-` for every minus, a no-break space for every odd space; invisible characters left out."""

    places: tuple[int, ...] | None
    """Original offset of each character; None when nothing was left out."""

    length: int
    """Length of the original."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of a span of the plain one."""
        if self.places is None:
            return start, end
        if start >= end:
            return self.length, self.length
        return self.places[start], self.places[end - 1] + 1


def plain(text: str) -> Plain:
    """Rewrite a text one character for one, then drop invisible (format) characters."""
    if text.isascii():
        return Plain(text, None, len(text))
    table = {ord(character): _alike(character) for character in set(text) if not character.isascii()}
    rewritten = text.translate({code: to for code, to in table.items() if to != ""})
    hidden = {chr(code) for code, to in table.items() if to == ""}
    if not hidden:
        return Plain(rewritten, None, len(text))
    kept = tuple(place for place, character in enumerate(rewritten) if character not in hidden)
    return Plain("".join(rewritten[place] for place in kept), kept, len(text))


def _alike(character: str) -> str:
    """The plain twin of a character; empty for one that does not show."""
    if character in _ALIKE:
        return _ALIKE[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return "" if category == "Cf" else character
