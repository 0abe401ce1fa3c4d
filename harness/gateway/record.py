"""What the trace says of one model call that went through the gateway."""

from __future__ import annotations

from typing import Any

from harness.limits.values import Used
from harness.llm.recorded import facts_of as reply_facts
from harness.llm.request import ModelReply
from harness.model import Usage

from .directory import Target


def facts_of(target: Target, reply: ModelReply | None, used: Used, usage: Usage, problem: str) -> dict[str, Any]:
    """The data of an `llm_call` event, but for its times.

    Args:
        target: The model that was asked.
        reply: What it answered; None when it did not.
        used: What that was settled as.
        usage: Tokens as far as they are known of a reply that was cut short.
        problem: What went wrong; empty when nothing did.
    """
    known: dict[str, Any] = {"model": target.model, "provider": target.settings.provider}
    if target.settings.provider == "offline":
        known["offline"] = True
    if reply is not None:
        return known | reply_facts(reply, target.price)
    tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    cost = {"cost_usd": 0.0} if used.micro_usd == 0 else {}
    return known | {name: number for name, number in tokens.items() if number is not None} | cost | {"error": problem}
