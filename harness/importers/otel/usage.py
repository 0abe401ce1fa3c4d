"""How many tokens a span says were used, under every name for it, and what a whole trace used without counting twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.frozen import frozen

from .plainly import amount, json_of, whole
from .seen import Seen

_INPUT: Final = (
    "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
    "ai.usage.inputTokens", "ai.usage.promptTokens", "llm.usage.input_tokens", "gen_ai.usage.inputTokens",
    "traceloop.usage.prompt_tokens", "input_tokens", "prompt_tokens",
)  # fmt: skip
_OUTPUT: Final = (
    "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
    "llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens", "llm.usage.output_tokens",
    "gen_ai.usage.outputTokens", "traceloop.usage.completion_tokens", "output_tokens", "completion_tokens",
)  # fmt: skip
_TOTAL: Final = (
    "gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total", "ai.usage.totalTokens",
    "aws.genai.token_count_total", "ai.usage.tokens", "total_tokens",
)  # fmt: skip
_CACHED: Final = (
    "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.input_tokens.cached",
    "llm.token_count.prompt_details.cache_read", "llm.usage.cache_read_input_tokens", "ai.usage.cachedInputTokens",
    "gen_ai.usage.cached_tokens",
)  # fmt: skip
_COST: Final = (
    "gen_ai.usage.cost", "llm.cost.total", "operation.cost", "gen_ai.usage.total_cost", "gen_ai.cost.total_cost", "cost_usd",
)  # fmt: skip
_HELD: Final = ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage", "gen_ai.usage", "usage", "llm.usage")


@frozen
class Tokens:
    """What one span says."""

    input: int | None = None
    """Tokens read, cached ones included."""

    output: int | None = None
    """Tokens written, thoughts included."""

    total: int | None = None
    """Both, as the span says or as they add up to."""

    cached: int | None = None
    """Read from a cache."""

    cost_usd: float | None = None
    """Price, where it is written down."""

    @property
    def known(self) -> bool:
        """Whether anything is said, and not only noughts."""
        return bool(self.input or self.output or self.total)


def tokens_of(span: Seen) -> Tokens:
    """Read the numbers that a span carries."""
    held: dict[str, Any] = {}
    for name in _HELD:
        found = json_of(span.attributes.get(name))
        if isinstance(found, Mapping):
            held = {**{str(key): item for key, item in found.items()}, **held}
    read = _Numbers(span.attributes, held)
    return settle(
        read.first(_INPUT) if read.first(_INPUT) is not None else added(held, "input"),
        read.first(_OUTPUT) if read.first(_OUTPUT) is not None else added(held, "output"),
        read.first(_TOTAL) if read.first(_TOTAL) is not None else whole(held.get("total")),
        cached=read.first(_CACHED),
        cost_usd=next((cost for name in _COST if (cost := amount(span.attributes.get(name))) is not None), None),
    )


def settle(
    read: int | None,
    written: int | None,
    total: int | None,
    *,
    cached: int | None = None,
    cost_usd: float | None = None,
) -> Tokens:
    """Make the numbers agree: what a total has beyond both parts are thoughts, which were written, too."""
    if total is not None and read is None and written is None:
        return Tokens(None, None, total, cached, cost_usd)
    if total is not None and read is not None and total >= read + (written or 0):
        written = total - read
    elif total is not None and written is not None and read is None and total >= written:
        read = total - written
    both = None if read is None and written is None else (read or 0) + (written or 0)
    return Tokens(read, written, both if both is not None else total, cached, cost_usd)


def added(held: Mapping[str, Any], kind: str) -> int | None:
    """Langfuse's details: every number whose name begins with the kind, such as `input` and `input_cached_tokens`."""
    numbers = [number for name, item in held.items() if name.startswith(kind) and (number := whole(item)) is not None]
    return sum(numbers) if numbers else None


class _Numbers:
    """Where numbers are looked for."""

    def __init__(self, attributes: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        self._places = (attributes, held)

    def first(self, names: tuple[str, ...]) -> int | None:
        """The first of these names that has a count."""
        for place in self._places:
            for name in names:
                found = whole(place.get(name))
                if found is not None:
                    return found
        return None
