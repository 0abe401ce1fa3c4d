"""Where a span keeps the messages that went into it and came out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from .messages import Call, Gave, Said, said_in
from .plainly import json_of, loose
from .seen import Seen

_IN: Final = (
    "gen_ai.input.messages", "ai.prompt.messages", "ai.prompt", "gcp.vertex.agent.llm_request",
    "langfuse.observation.input", "input.value", "traceloop.entity.input", "mlflow.spanInputs", "llm.prompts", "crew.inputs", "gen_ai.prompt",
    "gen_ai.task", "inputs", "input",
)  # fmt: skip
_OUT: Final = (
    "gen_ai.output.messages", "ai.response.text", "ai.response.object", "gcp.vertex.agent.llm_response", "final_result",
    "langfuse.observation.output", "output.value", "traceloop.entity.output", "mlflow.spanOutputs", "gen_ai.completion",
    "outputs", "output",
)  # fmt: skip
_WHOLE: Final = ("pydantic_ai.all_messages", "all_messages_events", "events", "gen_ai.events")
_PIECE: Final = re.compile(
    r"(?:tool_calls|message\.tool_calls)\.(\d{1,4})\.(?:tool_call\.)?(?:function\.)?(id|name|arguments)"
)
_CONTENT: Final = re.compile(r"(?:message\.)?contents?\.(\d{1,4})(?:\.message_content\.text|\.text)?")
_MOST: Final = 4000


def read_in(span: Seen) -> list[Said]:
    """What the span was given."""
    return _first(
        lambda: _numbered(span.attributes, "llm.input_messages.", "message."),
        lambda: _numbered(span.attributes, "gen_ai.prompt.", ""),
        lambda: _of_events(span, out=False),
        lambda: _of_whole(span, out=False),
        lambda: said_in(span.input),
        *(lambda name=name: said_in(span.attributes.get(name)) for name in _IN if name in span.attributes),
    )


def read_out(span: Seen) -> list[Said]:
    """What the span gave back."""
    found = _first(
        lambda: _numbered(span.attributes, "llm.output_messages.", "message."),
        lambda: _numbered(span.attributes, "gen_ai.completion.", ""),
        lambda: _of_events(span, out=True),
        lambda: _of_whole(span, out=True),
        lambda: said_in(span.output, "assistant"),
        *(
            lambda name=name: said_in(span.attributes.get(name), "assistant")
            for name in _OUT
            if name in span.attributes
        ),
    )
    called = json_of(span.attributes.get("ai.response.toolCalls"))
    if isinstance(called, list):
        found = [*found, *said_in({"role": "assistant", "content": "", "tool_calls": called})]
    return found


def _first(*ways: Any) -> list[Said]:
    """What the first way finds that finds words, calls or results."""
    for way in ways:
        found: list[Said] = way()
        if any(message.text or message.calls or message.results for message in found):
            return found
    return []


def _numbered(attributes: Mapping[str, Any], prefix: str, inner: str) -> list[Said]:
    """Messages that were flattened into numbered attributes."""
    groups: dict[int, dict[str, Any]] = {}
    for name, item in attributes.items():
        if name.startswith(prefix):
            number, _, rest = name[len(prefix) :].partition(".")
            if number.isdigit() and rest and len(groups) < _MOST and len(number) < 6:
                groups.setdefault(int(number), {})[rest.removeprefix(inner)] = item
    return [_built(groups[number]) for number in sorted(groups)]


def _built(found: Mapping[str, Any]) -> Said:
    role = str(found.get("role") or "")
    calls: dict[int, dict[str, Any]] = {}
    texts: dict[int, str] = {}
    for name, item in found.items():
        piece = _PIECE.fullmatch(name)
        if piece:
            calls.setdefault(int(piece[1]), {})[piece[2]] = item
        elif isinstance(item, str) and (part := _CONTENT.fullmatch(name)):
            texts[int(part[1])] = item
    content = found.get("content")
    if not isinstance(content, str | list):
        content = "\n".join(texts[number] for number in sorted(texts))
    made = tuple(
        Call(str(item.get("id") or ""), str(item.get("name") or ""), loose(item.get("arguments")))
        for item in calls.values()
    )
    message = said_in({"role": role or "assistant", "content": content, "tool_call_id": found.get("tool_call_id")})
    base = message[0] if message else Said(role)
    name = str(found.get("name") or "")
    results = tuple(Gave(item.id, item.name or name, item.content) for item in base.results)
    return Said(base.role, base.text, made or base.calls, results)


def _of_events(span: Seen, *, out: bool) -> list[Said]:
    """Messages in the span's events: one each, all in one, or the body of a log record."""
    found: list[Said] = []
    for event in span.events:
        if isinstance(event.body, Mapping) and ("input" in event.body or "output" in event.body):
            found += said_in(event.body.get("output" if out else "input"), "assistant" if out else "")
        elif event.name == "gen_ai.client.inference.operation.details" or "gen_ai.input.messages" in event.attributes:
            found += said_in(event.attributes.get("gen_ai.output.messages" if out else "gen_ai.input.messages"))
        elif event.name in {"gen_ai.choice", "gen_ai.content.completion"}:
            found += _choice(event.attributes, event.body) if out else []
        elif event.name.startswith("gen_ai.") and event.name.endswith((".message", ".prompt")) and not out:
            found += _message(event.name, event.attributes, event.body)
    return found


def _choice(attributes: Mapping[str, Any], body: Any) -> list[Said]:
    held = body if isinstance(body, Mapping) else attributes
    inner = (
        held.get("message") or held.get("gen_ai.completion") or held.get("content") or held.get("gen_ai.event.content")
    )
    return said_in(inner, "assistant")


def _message(name: str, attributes: Mapping[str, Any], body: Any) -> list[Said]:
    role = name.removeprefix("gen_ai.").removesuffix(".message")
    held = body if isinstance(body, Mapping) else attributes
    inner = held.get("content", held.get("gen_ai.prompt", held.get("gen_ai.event.content")))
    if role == "tool":
        return said_in({"role": "tool", "content": json_of(inner), "id": held.get("id")})
    calls = {"tool_calls": held["tool_calls"]} if held.get("tool_calls") else {}
    return said_in({"role": {"content.prompt": "user"}.get(role, role), "content": json_of(inner), **calls})


def _of_whole(span: Seen, *, out: bool) -> list[Said]:
    """The whole conversation in one attribute: what comes after the last question or result is the span's own."""
    for name in _WHOLE:
        said = said_in(span.attributes.get(name))
        if said:
            ends = [number for number, message in enumerate(said) if message.role != "assistant"]
            cut = ends[-1] + 1 if ends else 0
            return said[cut:] if out else said[:cut]
    return []


def last_text(messages: Iterable[Said], role: str) -> str:
    """The last words of a role; empty where it said none."""
    return next(
        (message.text for message in reversed(list(messages)) if message.role == role and message.text.strip()), ""
    )
