"""The text layer: flag what reads like an instruction in somebody else's text, with its place, and change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.text import one_line

from .normalise import Normal, Reading, normalise
from .report import Flag, TextReport
from .rules import anchors, compiled

_MOST_FLAGS = 100
_MOST_TEXTS = 20_000
_SHOWN = 160
_DEEPEST = 200


def scan_text(text: str) -> TextReport:
    """Look for instructions in a text; never raises and never changes it.

    Look-alike letters, invisible characters, entities, spaced and leet spelling, base64, hex, percent and rot13 are undone first;
    a flag's place is that in the text as it was given. A rule that does not flag alone needs another one beside it, or to be
    hidden.
    """
    try:
        return _report(tuple(_flags(text, "")), cut=False)
    except Exception as error:  # noqa: BLE001 - a guardrail that crashes must not let anything pass
        return TextReport(False, problem=_failed(error))


def scan(item: Any) -> TextReport:
    """Look for instructions in every text of JSON-like data, keys too; flags name the text's path."""
    try:
        flags: list[Flag] = []
        for count, (path, text) in enumerate(_texts(item)):
            if count >= _MOST_TEXTS or len(flags) >= _MOST_FLAGS:
                return _report(tuple(flags), cut=count >= _MOST_TEXTS)
            flags += _flags(text, path)
        return _report(tuple(flags), cut=False)
    except Exception as error:  # noqa: BLE001 - as above
        return TextReport(False, problem=_failed(error))


def _report(flags: tuple[Flag, ...], *, cut: bool) -> TextReport:
    cut = cut or any(flag.rule == "cut" for flag in flags)
    found = [flag for flag in flags if flag.rule != "cut"]
    by_text: dict[str, float] = {}
    for path, _, weight in {(flag.path, flag.rule, flag.weight) for flag in found}:
        by_text[path] = by_text.get(path, 0.0) + weight
    kept = [flag for flag in found if by_text[flag.path] >= 1]
    kept.sort(key=lambda flag: (-flag.weight, flag.path, flag.start))
    problem = "the text is too long to be looked at whole" if cut else ""
    hidden = sum(flag.end - flag.start for flag in found if flag.rule == "invisible-text")
    return TextReport(not kept and not problem, tuple(kept[:_MOST_FLAGS]), hidden, problem)


def _flags(text: str, path: str) -> Iterator[Flag]:
    normal = normalise(text)
    if normal.cut:
        yield Flag("cut", "hidden", 1.0, 0, len(text), "", path=path)
    yield from _hidden(normal, text, path)
    told: dict[str, list[Flag]] = {}
    for reading in normal.readings:
        for flag in _matches(reading, path):
            # Another reading of the same place tells nothing new.
            known = told.setdefault(flag.rule, [])
            if len(known) < _MOST_FLAGS and not any(one.start < flag.end and flag.start < one.end for one in known):
                known.append(flag)
                yield flag


def _matches(reading: Reading, path: str) -> Iterator[Flag]:
    words = anchors()
    # Encoded or spaced instructions are hidden on purpose: any rule flags them alone.
    hidden = reading.how not in ("plain", "leet")
    content = reading.text if reading.how != "spaced" else _unspaced(reading.text)
    for rule, pattern in compiled():
        if not any(anchor in content for anchor in words[rule.id]):
            continue
        for found in pattern.finditer(content):
            start, end = (
                reading.span(found.start(), found.end())
                if content is reading.text
                else reading.span(0, len(reading.text))
            )
            yield Flag(
                rule.id,
                rule.style,
                1.0 if hidden else rule.weight,
                start,
                end,
                one_line(found[0], _SHOWN),
                reading.how,
                path,
            )


def _hidden(normal: Normal, text: str, path: str) -> Iterator[Flag]:
    """Characters that nobody sees: tags always carry a message; the others are flagged where they part the letters of words."""
    tags = [(start, end) for start, end, kind in normal.hidden if kind == "tag"]
    for start, end in tags[:10]:
        meant = "".join(chr(ord(one) - 0xE0000) for one in text[start:end] if 0xE0020 <= ord(one) <= 0xE007E)
        if end - start >= 3 and not _is_flag(text, start):
            yield Flag("invisible-text", "hidden", 1.0, start, end, one_line(meant, _SHOWN), "tag", path)
    inside = [
        (start, end)
        for start, end, kind in normal.hidden
        if kind == "zero-width" and start > 0 and end < len(text) and _latin(text[start - 1]) and _latin(text[end])
    ]
    if len(inside) >= 3:
        yield Flag(
            "split-words",
            "hidden",
            0.6,
            inside[0][0],
            inside[-1][1],
            f"{len(inside)} words are split",
            "zero-width",
            path,
        )
    turned = [place for place, _, kind in normal.hidden if kind == "direction" and text[place] in "\u202d\u202e"]
    if turned:
        yield Flag(
            "turned-text", "hidden", 0.6, turned[0], turned[-1] + 1, "text is displayed backwards", "direction", path
        )
    if normal.folded >= 4 and _mixed(text):
        yield Flag(
            "mixed-letters", "hidden", 0.6, 0, len(text), "words mix letters of several alphabets", "look-alike", path
        )


def _is_flag(text: str, start: int) -> bool:
    """Whether tag characters belong to the emoji of a country's part, such as Scotland's flag."""
    return start > 0 and text[start - 1] == "\U0001f3f4"


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _mixed(text: str) -> bool:
    """Whether several words have both Latin letters and letters of another script that look like them."""
    count = 0
    for word in text.split():
        if not word.isascii():
            latin = sum(map(_latin, word))
            other = sum(one.isalpha() and not one.isascii() and ("\u0370" <= one <= "\u052f") for one in word)
            count += latin > 0 and other > 0 and len(word) > 2
    return count >= 2


def _unspaced(letters: str) -> str:
    """Letters without spaces, with the words that rules look for set apart again."""
    import re

    return re.sub(
        r"(ignore|disregard|forget|override|bypass|all|any|the|your|previous|prior|above|earlier|system|instructions?|rules?|prompts?|"
        r"reveal|print|show|send|transfer|to|account|password|secret|you|must|are|now)",
        r" \1 ",
        letters,
    ).replace("  ", " ")


def _texts(item: Any) -> Iterator[tuple[str, str]]:
    stack: list[tuple[str, Any, int]] = [("$", item, 0)]
    while stack:
        path, here, depth = stack.pop()
        if isinstance(here, str):
            yield path, here
        elif isinstance(here, Mapping) and depth < _DEEPEST:
            stack += [(f"{path}.{key}", inner, depth + 1) for key, inner in reversed(list(here.items()))]
            for key in here:
                if isinstance(key, str) and len(key) > 20:
                    yield f"{path}.{key[:40]}", key
        elif isinstance(here, list | tuple) and depth < _DEEPEST:
            stack += [(f"{path}[{place}]", here[place], depth + 1) for place in range(len(here) - 1, -1, -1)]


def _failed(error: Exception) -> str:
    return f"the guardrail failed and blocks to be safe: {type(error).__name__}: {one_line(str(error), 200)}"
