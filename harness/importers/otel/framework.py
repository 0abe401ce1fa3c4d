"""Tell which framework wrote a trace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from .seen import Seen

_SCOPES: Final = re.compile(
    r"(?:@?opentelemetry[./]instrumentation[./-]|openinference\.instrumentation\.|@arizeai/openinference-instrumentation-)"
    r"([\w-]+)"
)
_PLUMBING: Final = frozenset(
    {"httpx", "requests", "starlette", "fastapi", "asgi", "urllib3", "aiohttp_client", "botocore", "langfuse-sdk", ""}
)
_KNOWN: Final = {
    "ai": "vercel-ai", "gcp.vertex.agent": "google-adk", "pydantic-ai": "pydantic-ai", "autogen-core": "autogen",
    "strands.telemetry.tracer": "strands", "agent_framework": "microsoft-agent", "litellm": "litellm", "logfire": "logfire",
    "crewai.telemetry": "crewai", "ai.koog": "koog", "finharness": "finharness",
}  # fmt: skip
_HINTS: Final = (
    ("langgraph_step", "langgraph"), ("langgraph_node", "langgraph"), ("koog.", "koog"), ("smolagents.", "smolagents"),
    ("crew_", "crewai"), ("ai.operationId", "vercel-ai"), ("pydantic_ai.", "pydantic-ai"), ("agno", "agno"),
    ("gcp.vertex.agent.", "google-adk"), ("logfire.", "logfire"), ("traceloop.", "traceloop"), ("mlflow.", "mlflow"),
    ("gen_ai.", "genai"), ("llm.", "openinference"), ("openinference.", "openinference"), ("langfuse.", "langfuse"),
)  # fmt: skip


def framework_of(spans: Sequence[Seen]) -> str:
    """The framework that most spans name; what their attributes look like, where none does."""
    named = Counter(name for span in spans if (name := _of_scope(span.scope)))
    if named:
        return named.most_common(1)[0][0]
    for hint, name in _HINTS:
        if any(key.startswith(hint) for span in spans for key in span.attributes):
            return name
    return "unknown"


def _of_scope(scope: str) -> str:
    found = _SCOPES.match(scope)
    name = found[1] if found else scope.rpartition("/")[2]
    if name in _PLUMBING:
        return ""
    return _KNOWN.get(scope) or name.replace("_", "-")
