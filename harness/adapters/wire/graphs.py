"""The stream of a LangGraph server, in the modes `messages-tuple`, `updates` and `values`, alone or together.

Tokens come from `messages`, calls and their results from any of the three, interrupts from `updates` and `values`. A message that
was seen in one mode is not taken again from another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .calls import call_of, said, usage_of
from .scribe import Said

_ANSWERS: Final = frozenset({"ai", "AIMessage", "assistant", "AIMessageChunk"})
_TOOLS: Final = frozenset({"tool", "ToolMessage"})


class GraphEvents:
    """Reads them."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._called: set[str] = set()
        self._answered: set[str] = set()
        self._streamed: dict[str, str] = {}
        self._asked: set[str] = set()
        self._said = ""

    def feed(self, name: str, data: Any) -> Iterator[Said]:
        """What one event means."""
        mode = name.partition("|")[0]  # a subgraph's events carry its name behind a bar
        if mode == "error":
            told = data.get("message") or data.get("error") if isinstance(data, Mapping) else data
            yield "error", {"message": said(told)}
        elif mode == "messages" and isinstance(data, list) and data:
            yield from self._piece(data[0], data[1] if len(data) > 1 else {})
        elif mode in {"messages/partial", "messages/complete"} and isinstance(data, list):
            for message in data:
                yield from self._grown(message)
        elif mode == "updates" and isinstance(data, Mapping):
            for node, update in data.items():
                yield from self._interrupts(update) if node == "__interrupt__" else self._messages(update, node)
        elif mode == "values" and isinstance(data, Mapping):
            yield from self._messages(data, "", first_time=not self._seen)
            yield from self._interrupts(data.get("__interrupt__"))
        elif mode == "end":
            yield "done", {}

    def _piece(self, message: Any, about: Any) -> Iterator[Said]:
        """A token, or a whole message where the model does not stream."""
        if not isinstance(message, Mapping) or message.get("type") not in _ANSWERS:
            return
        text = said(message.get("content") or "")
        if text:
            key = str(message.get("id"))
            self._streamed[key] = self._streamed.get(key, "") + text
            node = about.get("langgraph_node") if isinstance(about, Mapping) else None
            yield "text_delta", {"text": text, **({"agent": node} if node else {})}

    def _grown(self, message: Any) -> Iterator[Said]:
        """A message that is sent again and again, longer each time."""
        if not isinstance(message, Mapping):
            return
        if message.get("type") in _ANSWERS:
            key, text = str(message.get("id")), said(message.get("content") or "")
            before = self._streamed.get(key, "")
            if text.startswith(before) and len(text) > len(before):
                self._streamed[key] = text
                yield "text_delta", {"text": text[len(before) :]}

    def _messages(self, state: Any, node: str, *, first_time: bool = False) -> Iterator[Said]:
        found = state.get("messages") if isinstance(state, Mapping) else None
        for number, message in enumerate(found if isinstance(found, list) else [found] if found else []):
            if isinstance(message, Mapping):
                key = str(message.get("id") or f"{node} {number} {said(message.get('content') or '')}")
                if key not in self._seen:
                    self._seen.add(key)
                    if not first_time:  # the first state is what the turn began with
                        yield from self._message(message, node)
        structured = state.get("structured_response") if isinstance(state, Mapping) else None
        if structured is not None and not first_time:
            yield "text_done", {"text": self._said or said(structured), "structured": structured}

    def _message(self, message: Mapping[str, Any], node: str) -> Iterator[Said]:
        kind = message.get("type") or message.get("role")
        agent = {"agent": node} if node else {}
        if kind in _TOOLS:
            yield from self._result(message)
        if kind not in _ANSWERS:
            return
        counts = usage_of(message.get("usage_metadata"))
        if counts:
            model = (message.get("response_metadata") or {}).get("model_name")
            yield "llm_call", {**counts, **({"model": model} if isinstance(model, str) else {}), **agent}
        for item in message.get("tool_calls") or ():
            call = call_of(item)
            if call is not None and str(call["id"]) not in self._called:
                self._called.add(str(call["id"]))
                yield "tool_call", {**call, **agent}
        text = said(message.get("content") or "")
        if text:
            self._said = text
            yield "text_done", {"text": text}

    def _result(self, message: Mapping[str, Any]) -> Iterator[Said]:
        call_id = str(message.get("tool_call_id") or "")
        if call_id in self._answered:
            return
        self._answered.add(call_id)
        text = said(message.get("content") or "")
        yield "tool_result", {"id": call_id, "error" if message.get("status") == "error" else "result": text}

    def _interrupts(self, found: Any) -> Iterator[Said]:
        for number, item in enumerate(found if isinstance(found, list | tuple) else ()):
            asked = item.get("value") if isinstance(item, Mapping) else item
            key = str((item.get("id") or item.get("interrupt_id")) if isinstance(item, Mapping) else number)
            if key in self._asked:
                continue
            self._asked.add(key)
            question = asked.get("question", asked) if isinstance(asked, Mapping) else asked
            yield "interrupt", {"id": key, "question": said(question), "details": asked}
