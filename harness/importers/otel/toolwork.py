"""Tool calls: what was asked of which tool with which arguments, and what it gave, from its span or from messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from harness.model import Step

from .forest import Node
from .kinds import is_tool_message
from .messages import Call, Gave
from .plainly import loose
from .spoken import read_in, read_out

_NAMES: Final = (
    "gen_ai.tool.name",
    "tool.name",
    "ai.toolCall.name",
    "traceloop.entity.name",
    "mcp.tool.name",
    "tool_name",
)
_IDS: Final = ("gen_ai.tool.call.id", "ai.toolCall.id", "tool.id", "tool_call.id", "tool.call.id")
_ARGS: Final = (
    "gen_ai.tool.call.arguments", "tool_arguments", "gen_ai.tool.input", "ai.toolCall.args", "gcp.vertex.agent.tool_call_args",
    "langfuse.observation.input", "input.value", "traceloop.entity.input", "mlflow.spanInputs", "input",
)  # fmt: skip
_RESULTS: Final = (
    "gen_ai.tool.call.result", "tool_response", "gen_ai.tool.output", "ai.toolCall.result", "gcp.vertex.agent.tool_response",
    "langfuse.observation.output", "output.value", "traceloop.entity.output", "mlflow.spanOutputs", "output",
)  # fmt: skip
_BEFORE: Final = ("execute_tool ", "running tool: ", "running tool ", "tool.")
_HANDOVERS: Final = ("transfer_to_", "transfer_back_to_", "handoff_to_")


class Tooling:
    """Everything that a trace's messages say of tools."""

    def __init__(self, models: Sequence[Node], tools: Sequence[Node]) -> None:
        self.tools = tools
        self.calls: dict[str, Call] = {}
        self.wanted: dict[str, Call] = {}
        self.loose: Counter[str] = Counter()
        self.results: dict[str, Gave] = {}
        self.named: dict[str, list[Gave]] = {}
        for node in models:
            self._listen(node)
        self._spanned = {found for node in tools if (found := node.span.text(*_IDS))}
        self.told = self._told()

    def _listen(self, node: Node) -> None:
        """Note what a model call asked for, and what had been asked and given before it."""
        asked, heard = read_out(node.span), read_in(node.span)
        for call in (call for message in asked for call in message.calls if call.id):
            self.wanted.setdefault(call.id, call)
        for call in (call for message in (*asked, *heard) for call in message.calls if call.id):
            self.calls.setdefault(call.id, call)
        self.loose.update(call.name for message in asked for call in message.calls if call.name and not call.id)
        for gave in (gave for message in heard for gave in message.results):
            if gave.id:
                self.results.setdefault(gave.id, gave)
            if gave.name and gave not in self.named.setdefault(gave.name, []):
                self.named[gave.name].append(gave)

    def call_id(self, node: Node) -> str:
        """The id of the call that a tool's span is about; empty where nothing says."""
        own = node.span.text(*_IDS)
        if own:
            return own
        message = _message_of(node)
        found = message.get("tool_call_id") if message else None
        if isinstance(found, str) and found:
            return found
        name = tool_name(node)
        open_calls = [call for call in self._unspanned(name) if _alike(call.args, arguments(node))]
        return open_calls[0].id if len(open_calls) == 1 else ""

    def _unspanned(self, name: str) -> list[Call]:
        return [call for call in self.wanted.values() if call.name == name and call.id not in self._spanned]

    def _told(self) -> list[tuple[Call, Gave]]:
        """Calls without a span whose result a message brings."""
        spare = Counter(tool_name(node) for node in self.tools if not node.span.text(*_IDS))
        found: list[tuple[Call, Gave]] = []
        for call in self.calls.values():
            if call.id in self._spanned or not call.name:
                continue
            if spare[call.name]:
                spare[call.name] -= 1
            elif call.id in self.results and not call.name.startswith(_HANDOVERS):
                found.append((call, self.results[call.id]))
        return found

    def unanswered(self) -> dict[str, int]:
        """Tools that models asked for more often than they were called."""
        asked = Counter(call.name for call in self.wanted.values() if call.name) + self.loose
        done = Counter(tool_name(node) for node in self.tools) + Counter(call.name for call, _ in self.told)
        return {
            name: count - done[name]
            for name, count in asked.items()
            if count > done[name] and not name.startswith((*_HANDOVERS, "final_result"))
        }

    def told_steps(self, at: float) -> Iterator[Step]:
        """Steps of the calls that only messages tell of; nobody says when they were."""
        for call, gave in self.told:
            yield Step(
                id=call.id,
                kind="tool",
                name=call.name,
                args=_mapping(call.args),
                result=gave.content,
                status="ok",
                t0=at,
                t1=at,
            )

    def asked(self, call_id: str) -> Call | None:
        """The call of an id."""
        return self.calls.get(call_id)

    def gave(self, call_id: str, name: str) -> Gave | None:
        """The result of a call: by its id, or by the tool's name where it was called once."""
        if call_id in self.results:
            return self.results[call_id]
        named = self.named.get(name, [])
        return named[0] if len(named) == 1 and sum(tool_name(node) == name for node in self.tools) == 1 else None


def tool_name(node: Node) -> str:
    """What the tool is called."""
    span = node.span
    found = span.text(*_NAMES)
    if found:
        return found
    message = _message_of(node)
    if message and isinstance(message.get("name"), str) and message["name"]:
        return str(message["name"])
    name = span.name
    for before in _BEFORE:
        name = name.removeprefix(before)
    return name.removesuffix(".tool") or "tool"


def tool_step(node: Node, tooling: Tooling, about: Mapping[str, Any]) -> Step:
    """The step of a tool's span; arguments or result that it lacks come from messages."""
    name, call_id = tool_name(node), tooling.call_id(node)
    args = arguments(node)
    asked = tooling.asked(call_id)
    if args is None and asked is not None:
        args = asked.args
    result, error = _outcome(node)
    if result is None and not error:
        gave = tooling.gave(call_id, name)
        result = None if gave is None else gave.content
    return Step(
        kind="tool",
        name=name,
        args=_mapping(args),
        result=None if error else result,
        status="error" if error else "ok",
        error=error or None,
        **about,
    )


def arguments(node: Node) -> Any:
    """The arguments that a tool's span carries; None where it has none."""
    span = node.span
    given = span.input if span.input is not None else span.any(*_ARGS)
    for event in span.events:
        if given is None and event.name == "gen_ai.tool.message":
            given = event.attributes.get("content")
        if given is None and isinstance(event.body, Mapping):
            given = _only_content(event.body.get("input"))
    if given is None:
        held = loose(span.attributes.get("tool.parameters"))
        given = None if isinstance(held, Mapping) and _is_schema(held) else held
    return _unwrapped(loose(given), span.attributes.get("tool.parameters"))


def _unwrapped(given: Any, parameters: Any) -> Any:
    """Arguments without what an instrumentation put around them."""
    if not isinstance(given, Mapping):
        return given
    if isinstance(given.get("inputs"), Mapping) and given.keys() & {"tags", "metadata", "kwargs", "input_str"}:
        return dict(given["inputs"])
    if isinstance(given.get("kwargs"), Mapping) and isinstance(given.get("args", []), list) and len(given) <= 3:
        names = loose(parameters)
        order = list(names) if isinstance(names, Mapping) else []
        placed = {
            (order[number] if number < len(order) else f"arg{number}"): item
            for number, item in enumerate(given.get("args") or ())
        }
        return {**placed, **given["kwargs"]}
    return given


def _is_schema(found: Mapping[str, Any]) -> bool:
    """Whether this describes parameters rather than giving them."""
    return "properties" in found or (
        bool(found) and all(isinstance(item, Mapping) and "type" in item for item in found.values())
    )


def _outcome(node: Node) -> tuple[Any, str]:
    """What the span says that the tool gave, and why it failed."""
    span = node.span
    given = span.output if span.output is not None else span.any(*_RESULTS)
    for event in span.events:
        if given is None and event.name == "gen_ai.choice":
            given = event.attributes.get("message")
        if given is None and isinstance(event.body, Mapping):
            given = _only_content(event.body.get("output"))
    read = loose(given)
    kind = span.text("error.type")
    if span.failed or kind:
        return None, ": ".join(dict.fromkeys(part for part in (kind, span.message) if part)) or _shown(
            read
        ) or "it failed"
    message = _message_in(read)
    if message is None:
        return read, ""
    content = loose(message.get("content"))
    return (None, _shown(content) or "it failed") if message.get("status") == "error" else (content, "")


def _message_of(node: Node) -> Mapping[str, Any] | None:
    span = node.span
    given = span.output if span.output is not None else span.any(*_RESULTS)
    for event in span.events:
        if given is None and isinstance(event.body, Mapping):
            given = _only_content(event.body.get("output"))
    return _message_in(loose(given))


def _message_in(read: Any) -> Mapping[str, Any] | None:
    """LangChain's message with a result, in any of its forms."""
    if not isinstance(read, Mapping):
        return None
    inner = (
        read.get("kwargs")
        if read.get("lc") == 1
        else read.get("output")
        if isinstance(read.get("output"), Mapping)
        else read
    )
    inner = inner.get("kwargs", inner) if isinstance(inner, Mapping) else inner
    if not isinstance(inner, Mapping):
        return None
    return inner if is_tool_message(inner) or (is_tool_message(read) and "content" in inner) else None


def _only_content(found: Any) -> Any:
    messages = found.get("messages") if isinstance(found, Mapping) else None
    if isinstance(messages, list) and messages and isinstance(messages[0], Mapping):
        return messages[0].get("content")
    return None


def _mapping(args: Any) -> dict[str, Any]:
    if isinstance(args, Mapping):
        return {str(key): item for key, item in args.items()}
    return {} if args is None or args == "" else {"": args}


def _alike(one: Any, other: Any) -> bool:
    return other is None or one == other or not other


def _shown(found: Any) -> str:
    return "" if found is None else str(found)[:2000]
