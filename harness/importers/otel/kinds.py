"""What a span is: a model call, a tool call, an agent's turn, or something around them, by every convention in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from .plainly import json_of, loose
from .seen import Seen

Kind: TypeAlias = Literal[
    "llm", "tool", "agent", "handoff", "retriever", "embedding", "guardrail", "evaluator", "setup", "chain", "other"
]

_OPERATIONS: Final[Mapping[str, Kind]] = {
    "chat": "llm", "text_completion": "llm", "completion": "llm", "generate_content": "llm", "generate": "llm",
    "generate_text": "llm", "message": "llm", "responses": "llm", "response": "llm", "inference": "llm",
    "embeddings": "embedding", "embedding": "embedding", "execute_tool": "tool", "tool_call": "tool",
    "invoke_agent": "agent", "run_agent": "agent", "create_agent": "setup", "invoke_workflow": "chain", "workflow": "chain",
    "agent_handoff": "handoff", "handoff": "handoff", "retrieval": "retriever", "rerank": "retriever",
    "apply_guardrail": "guardrail", "guardrail": "guardrail", "evaluate": "evaluator", "plan": "chain", "execute_task": "chain",
}  # fmt: skip
_OPENINFERENCE: Final[Mapping[str, Kind]] = {
    "LLM": "llm", "TOOL": "tool", "AGENT": "agent", "CHAIN": "chain", "RETRIEVER": "retriever", "RERANKER": "retriever",
    "EMBEDDING": "embedding", "GUARDRAIL": "guardrail", "EVALUATOR": "evaluator", "PROMPT": "chain",
}  # fmt: skip
_TRACELOOP: Final[Mapping[str, Kind]] = {
    "workflow": "chain", "task": "chain", "agent": "agent", "tool": "tool", "llm": "llm", "chat": "llm", "completion": "llm",
}  # fmt: skip
_MLFLOW: Final[Mapping[str, Kind]] = {
    "LLM": "llm", "CHAT_MODEL": "llm", "TOOL": "tool", "AGENT": "agent", "RETRIEVER": "retriever", "RERANKER": "retriever",
    "EMBEDDING": "embedding", "CHAIN": "chain", "PARSER": "chain", "GUARDRAIL": "guardrail", "EVALUATOR": "evaluator",
}  # fmt: skip
_LANGFUSE: Final[Mapping[str, Kind]] = {
    "GENERATION": "llm", "TOOL": "tool", "AGENT": "agent", "RETRIEVER": "retriever", "EMBEDDING": "embedding",
    "GUARDRAIL": "guardrail", "EVALUATOR": "evaluator", "CHAIN": "chain",
}  # fmt: skip
_LANGSMITH: Final[Mapping[str, Kind]] = {
    "llm": "llm", "tool": "tool", "chain": "chain", "retriever": "retriever", "embedding": "embedding", "prompt": "chain",
    "parser": "chain",
}  # fmt: skip
_TOOL_NAMES: Final = ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "gen_ai.tool.call.id", "ai.toolCall.id")
_MODELS: Final = ("gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "ai.model.id", "llm.request.model")
_TOKENS: Final = ("gen_ai.usage.", "llm.token_count.", "llm.usage.", "ai.usage.")
_NONE: Final = (None, "", "{}")
_AGENTS: Final = ("agent_name", "gen_ai.agent.name", "agent.name")


def kind_of(span: Seen) -> Kind:
    """What a span is. What its own attributes say of its operation goes before what a backend made of them."""
    said = span.attributes
    if said.get("gen_ai.tool.name") == "(merged tools)":  # Google's ADK adds one around calls that ran together
        return "chain"
    operation = _known(_OPERATIONS, said.get("gen_ai.operation.name")) or _called(span.name)
    marked = _marked(span)
    if marked == "tool" and span.name.startswith("handoff to ") and not said.get("tool.name"):
        return "handoff"
    if operation in {"agent", "setup", "tool"} and marked in {"llm", None}:
        return operation  # backends call everything that names a model a generation
    if marked == "agent" and _is_mislabelled_tool(span):
        return "tool"
    return marked or operation or _by_shape(span)


def _called(name: str) -> Kind | None:
    """What a span's name says by the convention, where a backend kept nothing else."""
    first, _, rest = name.partition(" ")
    return _OPERATIONS[first] if rest and first in {"invoke_agent", "create_agent", "execute_tool"} else None


def _marked(span: Seen) -> Kind | None:
    """What a mark made for the purpose says."""
    said = span.attributes
    vercel = _vercel(said.get("ai.operationId") or said.get("operation.name"))
    if vercel is not None:
        return vercel
    observed = str(said.get("langfuse.observation.type") or "").upper()
    for table, mark in (
        (_LANGFUSE, span.type),
        (_LANGFUSE, observed),
        (_OPENINFERENCE, said.get("openinference.span.kind")),
        (_TRACELOOP, said.get("traceloop.span.kind")),
        (_MLFLOW, json_of(said.get("mlflow.spanType"))),
        (_LANGSMITH, said.get("langsmith.span.kind")),
        (_OPENINFERENCE, said.get("aws.genai.span_kind")),
        (_TRACELOOP, said.get("llm.request.type")),
    ):
        found = _known(table, mark)
        if found is not None and not (found == "chain" and table is _LANGFUSE and _names_a_tool(span)):
            return found
    return None


def _known(table: Mapping[str, Kind], mark: object) -> Kind | None:
    if not isinstance(mark, str):
        return None
    return table.get(mark) or table.get(mark.upper()) or table.get(mark.lower())


def _vercel(operation: object) -> Kind | None:
    """The AI SDK's own names: the outer span of a generation repeats what its inner ones say."""
    if not isinstance(operation, str) or not operation.startswith("ai."):
        return None
    name = operation.split(" ")[0]
    if name.endswith((".doGenerate", ".doStream")):
        return "llm"
    if name.endswith(".doEmbed"):
        return "embedding"
    return "tool" if name == "ai.toolCall" else "agent"


def _names_a_tool(span: Seen) -> bool:
    return any(span.attributes.get(name) for name in _TOOL_NAMES)


def _by_shape(span: Seen) -> Kind:
    """What a span without any mark looks like."""
    said = span.attributes
    if "gen_ai.handoff.to_agent" in said:
        return "handoff"
    if _names_a_tool(span):
        return "tool"
    counted = any(name.startswith(_TOKENS) for name in said)
    if any(said.get(name) for name in _AGENTS) or "final_result" in said or "all_messages_events" in said:
        return "agent"
    if (counted and any(said.get(name) for name in _MODELS)) or said.get("gcp.vertex.agent.llm_request") not in _NONE:
        return "llm"
    return _by_content(span)


def _by_content(span: Seen) -> Kind:
    """What a span gave back: LangChain's tools give tool messages, and its models generations."""
    for event in span.events:
        body = event.body
        if isinstance(body, Mapping) and ("output" in body or "input" in body):
            return _of_body(body)
        if event.name == "gen_ai.choice" and any(span.attributes.get(name) for name in _MODELS):
            return "llm"
    given = span.output if span.output is not None else span.any("output.value", "langfuse.observation.output")
    read = loose(given)
    if isinstance(read, Mapping):
        if is_tool_message(read):
            return "tool"
        if "generations" in read:
            return "llm"
    return "other"


def is_tool_message(found: Mapping[str, object]) -> bool:
    """Whether this is LangChain's message with a tool's result."""
    made = found.get("id")
    if found.get("lc") == 1 and isinstance(made, list):
        return bool(made) and made[-1] == "ToolMessage"
    return "tool_call_id" in found and found.get("type", "tool") == "tool" and found.get("role", "tool") == "tool"


def _of_body(body: Mapping[str, object]) -> Kind:
    """What a log record about a span is: its output, of which the content may be JSON again, tells."""
    output = body.get("output")
    messages = output.get("messages") if isinstance(output, Mapping) else None
    for message in messages if isinstance(messages, list) else ():
        inner = json_of(message.get("content")) if isinstance(message, Mapping) else None
        if isinstance(inner, Mapping) and "message" in inner and "generations" not in inner:
            inner = json_of(inner["message"]) if isinstance(json_of(inner["message"]), Mapping) else inner
        if isinstance(inner, Mapping):
            if is_tool_message(inner):
                return "tool"
            if "generations" in inner:
                return "llm"
    return "chain"


def _is_mislabelled_tool(span: Seen) -> bool:
    """LangChain's instrumentation calls a tool an agent when its name has the word in it; its input is that of a call."""
    if not span.scope.endswith(".langchain") or any(
        span.attributes.get(name) for name in ("agent.name", "llm.model_name")
    ):
        return False
    given = loose(span.attributes.get("input.value"))
    return isinstance(given, Mapping) and not (
        {"messages", "input", "chat_history", "intermediate_steps"} & given.keys()
    )
