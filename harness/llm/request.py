"""One request to a language model and its reply, the same for every provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from harness.frozen import frozen
from harness.model import Usage

Role: TypeAlias = Literal["user", "assistant", "tool"]
StopReason: TypeAlias = Literal["end", "tool_use", "max_tokens", "stop_sequence", "refusal", "unknown"]


@frozen
class ToolCall:
    """A tool that the model wants called."""

    id: str
    """Identity of the call; the result names it."""

    name: str
    """Tool name."""

    args: Mapping[str, Any] = field(default_factory=dict)
    """Arguments."""


@frozen
class Message:
    """One message of a conversation."""

    role: Role
    """Who speaks; `tool` carries the result of one call."""

    text: str = ""
    """What is said, or the tool's result."""

    tool_calls: tuple[ToolCall, ...] = ()
    """Calls an assistant message asks for."""

    tool_call_id: str | None = None
    """Call that a tool message answers."""

    is_error: bool = False
    """Whether a tool message reports a failure."""

    replay: tuple[Mapping[str, Any], ...] = ()
    """The provider's own blocks (signed reasoning) that must come back with this assistant message."""


@frozen
class Tool:
    """A tool as the model sees it."""

    name: str
    """Name to call it by."""

    description: str
    """What it does, for the model."""

    parameters: Mapping[str, Any]
    """JSON Schema of its arguments."""


@frozen
class ModelRequest:
    """Everything that a model sees."""

    messages: tuple[Message, ...]
    """The conversation so far."""

    system: str = ""
    """System prompt."""

    tools: tuple[Tool, ...] = ()
    """Tools that may be called."""

    output_schema: Mapping[str, Any] | None = None
    """JSON Schema that the answer must follow; None for free text."""

    max_tokens: int = 4096
    """Most tokens to write."""

    temperature: float | None = None
    """Sampling temperature; None for the provider's default."""

    seed: int | None = None
    """Seed, where the provider takes one."""

    timeout_s: float = 60.0
    """Longest wait for the whole reply."""

    thinking_tokens: int | None = None
    """Tokens the model may spend on reasoning before it answers; 0 lets it decide, None leaves reasoning off.

    Newer models only take 0, and older ones only a number.
    """

    def thinking(self) -> dict[str, Any] | None:
        """The reasoning asked for, as Anthropic's models take it behind any provider."""
        if self.thinking_tokens is None:
            return None
        return (
            {"type": "enabled", "budget_tokens": self.thinking_tokens} if self.thinking_tokens else {"type": "adaptive"}
        )


@frozen
class ModelReply:
    """What a model answered."""

    text: str
    """Visible text."""

    tool_calls: tuple[ToolCall, ...] = ()
    """Tools it wants called."""

    structured: Any = None
    """The answer in the requested schema; None where it was not asked for or is not valid JSON."""

    thinking: str = ""
    """Reasoning text, where the provider shows it."""

    stop_reason: StopReason = "unknown"
    """Why it stopped."""

    usage: Usage = Usage()
    """Tokens; None where the provider did not say."""

    model: str = ""
    """Exact model id that answered."""

    cache_write_tokens: int | None = None
    """Part of the input that was written to the provider's prompt cache, which costs more than reading it anew."""

    estimated: bool = False
    """Whether the tokens are an estimate instead of the provider's count."""

    virtual_s: float | None = None
    """Seconds that a real model would have taken; offline models say so instead of waiting."""

    replay: tuple[Mapping[str, Any], ...] = ()
    """The provider's own blocks that must come back with this reply; `message` carries them."""

    reply_id: str = ""
    """The provider's id of this reply; two replies of one id are one reply."""

    cache_hit: bool = False
    """Whether a cache of whole replies gave it instead of a model."""

    def message(self) -> Message:
        """The reply as the assistant message that continues the conversation."""
        return Message("assistant", self.text, tool_calls=self.tool_calls, replay=self.replay)


DeltaKind: TypeAlias = Literal["text", "thinking"]
OnDelta: TypeAlias = Callable[[DeltaKind, str], Awaitable[None]]


@runtime_checkable
class Model(Protocol):
    """A language model behind any provider."""

    name: str
    """Name in harness.toml."""

    provider: str
    """`anthropic`, `bedrock`, `litellm`, `offline`, ..."""

    model_id: str
    """Id that the provider knows."""

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once, with exactly one HTTP request; stream when `on_delta` is given.

        Raises:
            ModelError: classified, see `harness.llm.errors`.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
