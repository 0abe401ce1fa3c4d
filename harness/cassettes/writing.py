"""Write recordings as YAML that a person reviews: prompts as blocks of text, what repeats once, a seal on each recording."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.model.value import canonical, fingerprint

from .tape import Recording

FORMAT: Final = 1
"""Version of the files."""

SHARED: Final = "$shared"
"""Key that stands for something said once at the top of the file."""

JSON: Final = "$json"
"""Key of what is nested too deep for a person, or could be taken for one of these keys."""

_HEAD: Final = """\
# Recorded by `finharness eval --record`. Review it like code; secrets were masked before it was written.
# A reply that you change on purpose needs `edited: true` beside it.
"""
_LONG: Final = 160
_WIDE: Final = 100
_DEEPEST: Final = 14
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./-][A-Za-z0-9_]+)*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "none", "nan", "inf"})
_ESCAPED = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\"\\\u2028\u2029]")
_UNBLOCKED = re.compile(r"[^\n\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def text_of(about: str, trials: Mapping[str, list[Recording]]) -> str:
    """The file for one case: its trials in order."""
    shared = _repeated(trials)
    names = {content: name for name, (content, _) in shared.items()}
    lines = [_HEAD, f"cassette: {FORMAT}\n", f"about: {_scalar(about)}\n"]
    if shared:
        lines.append("shared:\n")
        lines += (f"  {name}:{_node(item, 2)}" for name, (_, item) in shared.items())
    lines.append("trials:\n" if trials else "trials: []\n")
    for trial, recordings in trials.items():
        lines.append(f"  - trial: {_scalar(trial)}\n")
        lines.append("    recordings:\n" if recordings else "    recordings: []\n")
        for recording in recordings:
            lines += _recording(recording, names)
    lines.append(f"recorded: {sum(map(len, trials.values()))}\n")
    return "".join(lines)


def _recording(recording: Recording, names: Mapping[str, str]) -> Iterator[str]:
    yield f"      - channel: {_scalar(recording.channel)}\n"
    yield f"        request:{_node(_with_names(recording.request, names), 8)}"
    yield f"        reply:{_node(_with_names(recording.reply, names), 8)}"
    yield "        edited: true\n" if recording.edited else f"        seal: {_scalar(recording.seal)}\n"


# ---- what is said once


def _repeated(trials: Mapping[str, list[Recording]]) -> dict[str, tuple[str, Any]]:
    """Name to canonical form and content of what occurs more than once and is long."""
    counts: Counter[str] = Counter()
    found: dict[str, tuple[str, Any]] = {}
    for recordings in trials.values():
        for recording in recordings:
            for side in (recording.request, recording.reply):
                for name, content, item in _parts(side):
                    counts[content] += 1
                    if counts[content] == 2:
                        found[f"{name}-{fingerprint(item)[:6]}"] = (content, item)
    return found


def _parts(side: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """What may be shared: long members of a request, and the messages of a list of them."""
    for name, item in side.items():
        if isinstance(item, int | float | bool) or item is None or not _PLAIN.fullmatch(name):
            continue
        if isinstance(item, list | tuple) and name == "messages":
            for message in item:
                if len(content := canonical(message)) >= _LONG:
                    yield "message", content, message
        elif len(content := canonical(item)) >= _LONG:
            yield name, content, item


def _with_names(side: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if not names:
        return dict(side)
    places = {id(item): names[content] for _, content, item in _parts(side) if content in names}

    def put(item: Any) -> Any:
        return _Reference(places[id(item)]) if id(item) in places else item

    return {
        name: [put(message) for message in item] if name == "messages" and isinstance(item, list | tuple) else put(item)
        for name, item in side.items()
    }


class _Reference:
    """Stands for something shared."""

    def __init__(self, name: str) -> None:
        self.name = name


# ---- YAML


def _node(item: Any, indent: int) -> str:
    """A value after `key:` or `-`, with its line break."""
    if isinstance(item, _Reference):
        return f" {{{SHARED}: {item.name}}}\n"
    if isinstance(item, Mapping | list | tuple) and item:
        if _depth(item) > _DEEPEST or _is_mark(item):
            return f" {{{JSON}: {_quoted(canonical(item))}}}\n"
        flow = _flow(item)
        if flow is not None and len(flow) + indent <= _WIDE:
            return f" {flow}\n"
        return _members(item, indent) if isinstance(item, Mapping) else _items(item, indent)
    if isinstance(item, str) and ("\n" in item or len(item) > _WIDE) and not _unblocked(item):
        return _block(item, indent)
    return f" {_scalar(item)}\n"


def _members(item: Mapping[str, Any], indent: int) -> str:
    pad = " " * (indent + 2)
    return "\n" + "".join(f"{pad}{_scalar(str(key))}:{_node(content, indent + 2)}" for key, content in item.items())


def _items(item: Any, indent: int) -> str:
    pad = " " * (indent + 2)
    lines = []
    for content in item:
        written = _node(content, indent + 2)
        if isinstance(content, Mapping) and written.startswith("\n"):  # the first key stands beside the dash
            written = " " + written[1:].removeprefix(" " * (indent + 4))
        lines.append(f"{pad}-{written}")
    return "\n" + "".join(lines)


def _block(text: str, indent: int) -> str:
    """A literal block: as it is read."""
    body, ending = text.rstrip("\n"), len(text) - len(text.rstrip("\n"))
    sign = "-" if ending == 0 else "" if ending == 1 else "+"
    first = next(line for line in body.split("\n") if line)
    mark = "2" if first.startswith((" ", "\t")) or body.startswith("\n") else ""
    pad = " " * (indent + 2)
    lines = [f"{pad}{line}" if line else "" for line in body.split("\n")]
    return f" |{mark}{sign}\n" + "\n".join(lines) + "\n" + "\n" * max(0, ending - 1)


def _unblocked(text: str) -> bool:
    return _UNBLOCKED.search(text) is not None or not text.strip("\n") or text.isspace()


def _flow(item: Any) -> str | None:
    """On one line, where it holds scalars only."""
    pieces = []
    pairs = item.items() if isinstance(item, Mapping) else ((None, content) for content in item)
    for key, content in pairs:
        if isinstance(content, _Reference) or (isinstance(content, Mapping | list | tuple) and content):
            return None
        if isinstance(content, str) and ("\n" in content or len(content) > _WIDE):
            return None
        pieces.append(_scalar(content) if key is None else f"{_scalar(str(key))}: {_scalar(content)}")
    return f"{{{', '.join(pieces)}}}" if isinstance(item, Mapping) else f"[{', '.join(pieces)}]"


def _scalar(item: Any) -> str:
    if isinstance(item, str):
        if _PLAIN.fullmatch(item) and item.lower() not in _WORDS and len(item) <= _WIDE:
            return item
        return _quoted(item)
    if isinstance(item, Mapping):
        return "{}"
    if isinstance(item, list | tuple):
        return "[]"
    return canonical(item)


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, _SURROGATES.sub("�", text))}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _depth(item: Any) -> int:
    if isinstance(item, Mapping):
        return 1 + max(map(_depth, item.values()), default=0)
    return 1 + max(map(_depth, item), default=0) if isinstance(item, list | tuple) else 0


def _is_mark(item: Any) -> bool:
    return isinstance(item, Mapping) and len(item) == 1 and next(iter(item)) in (SHARED, JSON)
