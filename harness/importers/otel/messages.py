"""What was said in a conversation, from any of the forms that providers and frameworks write messages in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from harness.frozen import frozen

from .plainly import json_of, loose

_DEEPEST: Final = 10
_ROLES: Final[Mapping[str, str]] = {
    "human": "user", "ai": "assistant", "model": "assistant", "developer": "system", "function": "tool", "tool-response": "tool",
    "tool_response": "tool", "HumanMessage": "user", "AIMessage": "assistant", "AIMessageChunk": "assistant",
    "SystemMessage": "system", "ToolMessage": "tool", "chatbot": "assistant", "agent": "assistant", "tool-call": "assistant",
    "MessageRole.USER": "user", "MessageRole.ASSISTANT": "assistant", "MessageRole.SYSTEM": "system",
}  # fmt: skip
_LISTS: Final = ("messages", "new_messages", "contents", "chat_history", "items")
_ASKED: Final = (
    "task",
    "query",
    "question",
    "prompt",
    "user_input",
    "user_message",
    "user_prompt",
    "instruction",
    "topic",
    "text",
)
_ANSWERED: Final = (
    "answer",
    "final_answer",
    "final_output",
    "final_result",
    "response",
    "result",
    "raw",
    "output",
    "text",
)


@frozen
class Call:
    """A tool call that a message asks for."""

    id: str
    """Its id; empty where the provider gives none."""

    name: str
    """Tool."""

    args: Any = None
    """Arguments, read where they were JSON in text."""


@frozen
class Gave:
    """A tool's result, as a message reports it."""

    id: str
    """Id of the call."""

    name: str
    """Tool, where the message says so."""

    content: Any = None
    """What it gave."""


@frozen
class Said:
    """One message."""

    role: str
    """`system`, `user`, `assistant`, `tool`, or what the framework wrote."""

    text: str = ""
    """Its words."""

    calls: tuple[Call, ...] = ()
    """Tools that it calls."""

    results: tuple[Gave, ...] = ()
    """Results that it brings."""


def said_in(found: Any, role: str = "", depth: int = 0) -> list[Said]:
    """The messages in data of any usual form; none where there is nothing that was said.

    Args:
        found: Text, JSON in text, a message, a list of them, a request or an answer of a provider.
        role: Who speaks where the data does not say.
        depth: How deep it stands in what was read.
    """
    found = loose(found)
    if found is None or depth > _DEEPEST:
        return []
    if isinstance(found, str):
        return [Said(role or "user", found)] if found.strip() else []
    if isinstance(found, list):
        return _of_list(found, role, depth)
    if isinstance(found, Mapping):
        return _of_mapping(found, role, depth)
    return [Said(role or "user", str(found))]


def _of_list(found: list[Any], role: str, depth: int) -> list[Said]:
    if found and all(isinstance(item, Mapping) and "role" not in item and _is_part(item) for item in found):
        return [_parts(role or "user", found)]
    return [message for item in found for message in said_in(item, role, depth + 1)]


def _is_part(item: Mapping[str, Any]) -> bool:
    kind = item.get("type")
    return (
        ("text" in item and kind in (None, "text", "input_text", "output_text"))
        or "toolUse" in item
        or "toolResult" in item
    )


def _of_mapping(found: Mapping[str, Any], role: str, depth: int) -> list[Said]:
    for read in (_langchain, _envelope, _responses_item, _gemini_answer, _typed):
        made = read(found, role, depth)
        if made is not None:
            return made
    return []


def _langchain(found: Mapping[str, Any], role: str, depth: int) -> list[Said] | None:
    """`{"lc": 1, "kwargs": {...}}` and `{"kwargs": {"content": ..., "type": "human"}}`."""
    inner = found.get("kwargs")
    if not isinstance(inner, Mapping) or "args" in found:
        return None
    made = found.get("id")
    kind = str(made[-1]) if isinstance(made, list) and made else ""
    return said_in({**inner, **({"role": kind} if kind in _ROLES else {})}, role, depth + 1)


def _envelope(found: Mapping[str, Any], role: str, depth: int) -> list[Said] | None:
    """Requests and answers that hold messages: of OpenAI, LangChain, Anthropic, and events with a message inside."""
    if isinstance(found.get("generations"), list):
        return [message for item in _flat(found["generations"]) for message in _generation(item, depth)]
    if isinstance(found.get("choices"), list):
        messages = [item.get("message") or item.get("text") for item in found["choices"] if isinstance(item, Mapping)]
        return [message for item in messages for message in said_in(item, "assistant", depth + 1)]
    if isinstance(found.get("candidates"), list):
        return said_in(found["candidates"], "assistant", depth + 1)
    held = found.get("message")
    if isinstance(json_of(held), Mapping) and "content" not in found:
        return said_in(held, role or "assistant", depth + 1)
    for name in _LISTS:
        if isinstance(loose(found.get(name)), list) and loose(found[name]) and "role" not in found:
            return [*_system(found), *said_in(found[name], role, depth + 1)]
    if isinstance(found.get("contents"), str) and "role" not in found:
        return [Said("user", found["contents"])]
    return None


def _system(found: Mapping[str, Any]) -> list[Said]:
    config = found.get("config")
    given = found.get("system") or (config.get("system_instruction") if isinstance(config, Mapping) else None)
    return [Said("system", text_of(given))] if text_of(given) else []


def _flat(found: Any) -> Iterable[Any]:
    for item in found if isinstance(found, list) else ():
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _generation(item: Any, depth: int) -> list[Said]:
    """LangChain's generation: a text beside the message that it is part of."""
    if not isinstance(item, Mapping):
        return said_in(item, "assistant", depth + 1)
    inner = said_in(item.get("message"), "assistant", depth + 1)
    text = item.get("text")
    if inner and (inner[0].text or not isinstance(text, str)):
        return inner
    calls = tuple(call for message in inner for call in message.calls)
    said = text if isinstance(text, str) else ""
    return [Said("assistant", said, calls)] if said or calls else []


def _responses_item(found: Mapping[str, Any], role: str, depth: int) -> list[Said] | None:
    """OpenAI's Responses: items of an input or output, and the answer that holds them."""
    kind = found.get("type")
    if kind == "function_call" and "name" in found:
        return [Said("assistant", "", (_call(found),))]
    if kind == "function_call_output":
        return [Said("tool", "", (), (Gave(str(found.get("call_id") or ""), "", loose(found.get("output"))),))]
    if kind in ("reasoning", "web_search_call", "file_search_call") and "role" not in found:
        return []
    output = found.get("output")
    if found.get("object") == "response" or (isinstance(output, list) and "id" in found):
        return said_in(output, role or "assistant", depth + 1)
    return None


def _gemini_answer(found: Mapping[str, Any], role: str, depth: int) -> list[Said] | None:
    """`{"content": {"role": "model", "parts": [...]}}` and `{"new_message": {...}}`."""
    for name in ("content", "new_message"):
        inner = found.get(name)
        if isinstance(inner, Mapping) and ("parts" in inner or "role" in inner):
            return said_in(inner, role or "assistant", depth + 1)
    return None


def _typed(found: Mapping[str, Any], role: str, depth: int) -> list[Said] | None:
    """A message: a role and content or parts; else the one value that is the question or the answer."""
    who = _role_of(found) or role
    content = found.get("parts") if isinstance(found.get("parts"), list) else found.get("content")
    if isinstance(content, str) and isinstance(json_of(content), Mapping | list) and depth < _DEEPEST and who != "tool":
        inner = said_in(content, who, depth + 1)  # a whole answer that was put into a message as text
        if inner and any(message.calls or message.results or message.text != content for message in inner):
            return inner
    if "role" in found or "parts" in found or ("content" in found and _role_of(found)):
        return [_message(found, who or "user", content)]
    return _question_or_answer(found, who, depth)


def _question_or_answer(found: Mapping[str, Any], who: str, depth: int) -> list[Said] | None:
    names = (
        (*_ANSWERED, "content", "output")
        if who == "assistant"
        else (*_ASKED, "input", "inputs", "input_value", "content")
    )
    for name in names:
        inner = found.get(name)
        if isinstance(inner, str) and inner.strip():
            return [Said(who or "user", inner)]
        if isinstance(inner, Mapping | list) and inner:
            return said_in(inner, who, depth + 1)
    given = found.get("args")
    if isinstance(given, list) and given:
        return said_in(given[0], who, depth + 1)
    return said_in(found["kwargs"], who, depth + 1) if isinstance(found.get("kwargs"), Mapping) else None


def _role_of(found: Mapping[str, Any]) -> str:
    for mark in (found.get("role"), found.get("type"), found.get("event.name")):
        if isinstance(mark, str):
            name = mark.removeprefix("gen_ai.").removesuffix(".message")
            if name in _ROLES:
                return _ROLES[name]
            if mark is found.get("role") or name in {"user", "assistant", "system", "tool"}:
                return name.lower()
            if name == "choice":
                return "assistant"
    return ""


def _message(found: Mapping[str, Any], role: str, content: Any) -> Said:
    base = _parts(role, content) if isinstance(content, list) else Said(role, text_of(content))
    extra = found.get("additional_kwargs")
    listed = found.get("tool_calls") or (extra.get("tool_calls") if isinstance(extra, Mapping) else None)
    calls = [*base.calls, *(_call(item) for item in json_of(listed) or () if isinstance(item, Mapping))]
    results = base.results
    if role == "tool" and not results:
        call_id = str(found.get("tool_call_id") or found.get("id") or "")
        results = (Gave(call_id, str(found.get("name") or ""), loose(content)),)
    return Said(role, "" if role == "tool" else base.text, tuple(calls), results)


def _parts(role: str, parts: list[Any]) -> Said:
    """A message in parts, of any provider's kinds."""
    texts: list[str] = []
    calls: list[Call] = []
    results: list[Gave] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            _part(part, texts, calls, results)
    return Said(role, "\n".join(texts), tuple(calls), tuple(results))


def _part(part: Mapping[str, Any], texts: list[str], calls: list[Call], results: list[Gave]) -> None:
    kind = str(part.get("type") or "").replace("-", "_")
    held = part.get("functionCall") or part.get("function_call") or part.get("toolUse")
    given = part.get("functionResponse") or part.get("function_response") or part.get("toolResult")
    if isinstance(held, Mapping):
        calls.append(_call(held))
    elif isinstance(given, Mapping):
        results.append(_gave(given))
    elif kind in {"tool_call", "tool_use", "function_call"}:
        calls.append(_call(part))
    elif kind in {"tool_call_response", "tool_result", "function_call_output", "tool_response"}:
        results.append(_gave(part))
    elif kind not in {"reasoning", "thinking", "redacted_thinking"}:
        text = part.get("text", part.get("content"))
        if isinstance(text, str) and not part.get("thought"):
            texts.append(text)


def _call(item: Mapping[str, Any]) -> Call:
    function = item.get("function")
    inner = function if isinstance(function, Mapping) else item
    args = next(
        (inner[name] for name in ("arguments", "args", "input", "parameters") if inner.get(name) is not None), None
    )
    call_id = (
        item.get("call_id")
        or item.get("id")
        or item.get("toolUseId")
        or item.get("toolCallId")
        or item.get("tool_call_id")
    )
    name = inner.get("name") or item.get("toolName") or item.get("tool_name") or ""
    return Call(str(call_id or ""), str(name), loose(args))


def _gave(item: Mapping[str, Any]) -> Gave:
    names = ("response", "result", "output", "content")
    content = next((item[name] for name in names if item.get(name) is not None), None)
    call_id = (
        item.get("id")
        or item.get("tool_use_id")
        or item.get("toolUseId")
        or item.get("toolCallId")
        or item.get("tool_call_id")
    )
    return Gave(str(call_id or ""), str(item.get("name") or item.get("toolName") or ""), loose(_unpacked(content)))


def _unpacked(content: Any) -> Any:
    """A result that is a list with one text or one JSON block is that text or data."""
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping):
        return content[0].get("text", content[0].get("json", content))
    return content


def text_of(content: Any) -> str:
    """The words of content: text, parts with text, or a mapping of them; what is neither has none."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text for item in content if (text := text_of(item)))
    if isinstance(content, Mapping):
        inner = content.get("parts", content.get("text", content.get("content")))
        return text_of(inner) if inner is not content else ""
    return ""
