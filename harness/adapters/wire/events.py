"""Turn a stream of an agent elsewhere into our events: by a preset, or by rules that harness.toml gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from typing import Any, Final, Literal, Protocol, TypeAlias

from harness.jsonpath import PathError, parse
from harness.shape import Misfit, MisfitsError, value

from .calls import args_of, call_of, result_of, said, usage_of
from .scribe import Said

Preset: TypeAlias = Literal["seven-event", "ten-event", "openbb", "langgraph"]
RuleKind: TypeAlias = Literal[
    "text_delta", "text_done", "thinking", "tool_call", "tool_result", "error", "done", "llm_call", "handoff",
    "interrupt", "state", "guardrail", "session",
]  # fmt: skip

_PRESETS: Final[Mapping[str, tuple[str, str]]] = {
    "seven-event": ("sevens", "SevenEvents"),
    "ten-event": ("sevens", "TenEvents"),
    "openbb": ("openbb", "OpenBBEvents"),
    "langgraph": ("graphs", "GraphEvents"),
}
_TEXT_KEYS: Final = {"text_delta": "text", "text_done": "text", "thinking": "text", "error": "message"}


class Reader(Protocol):
    """Reads the events of one turn."""

    def feed(self, name: str, data: Any) -> Iterable[Said]:
        """What one of them means.

        Args:
            name: Its name, where the stream gives one; else empty.
            data: Its JSON, or its text where it is none.
        """
        ...


@value
class EventRule:
    """What one kind of event of a stream means."""

    event: str
    """Its name: the stream's own, or what `event_at` leads to; `*` is any other."""

    kind: RuleKind
    """What it becomes; `session` takes the conversation's id from it."""

    data: dict[str, str] = field(default_factory=dict)
    """Key to JSON path: `{text = "$.delta"}`; by default the keys of the seven events."""

    def __post_init__(self) -> None:
        """Refuse paths that cannot be read."""
        misfits = []
        for key, path in self.data.items():
            try:
                parse(path)
            except PathError as error:
                misfits.append(Misfit(("data", key), error.problem, error.remedy))
        if misfits:
            raise MisfitsError(misfits)


def reader_of(preset: Preset, rules: Sequence[EventRule], *, event_at: str) -> Reader:
    """The reader for one turn; rules come before the preset."""
    if rules:
        return RuleReader(rules, event_at=event_at)
    module, name = _PRESETS[preset]
    reader: Reader = getattr(import_module(f"harness.adapters.wire.{module}"), name)()
    return reader


class RuleReader:
    """Reads a stream by rules."""

    def __init__(self, rules: Sequence[EventRule], *, event_at: str) -> None:
        self._rules = {rule.event: rule for rule in rules}
        self._event_at = parse(event_at)

    def feed(self, name: str, data: Any) -> Iterator[Said]:
        """What one event means by the rule for its name."""
        rule = self._rules.get(self._named(name, data)) or self._rules.get("*")
        if rule is None:
            return
        found = {key: _at(path, data) for key, path in rule.data.items()}
        given: Any = {key: item for key, item in found.items() if item is not None} if rule.data else data
        meant = _meant(rule.kind, given)
        if meant is not None:
            yield rule.kind, meant

    def _named(self, name: str, data: Any) -> str:
        if name and name != "message":
            return name
        found = self._event_at.find(data)
        return str(found[0].value) if found else name


def _meant(kind: str, given: Any) -> dict[str, Any] | None:
    if isinstance(given, str) and kind in _TEXT_KEYS:
        given = {_TEXT_KEYS[kind]: given}
    if kind == "done":
        return {}
    if not isinstance(given, Mapping) or not given:
        return None
    if kind == "tool_call":
        return call_of(given)
    if kind == "tool_result":
        return {"id": given.get("id", ""), **result_of(given)}
    if kind == "llm_call":
        return usage_of(given) or None
    return _plain(kind, given)


def _plain(kind: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
    key = _TEXT_KEYS.get(kind)
    if key is None:
        return dict(given)
    text = given.get(key)
    if text in (None, "") and "structured" not in given:
        return None
    known = {"structured": args_of(given["structured"])} if "structured" in given else {}
    return {key: said(text if text is not None else given["structured"]), **known}


def _at(path: str, data: Any) -> Any:
    found = parse(path).find(data)
    return found[0].value if found else None
