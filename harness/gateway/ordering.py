"""From a request's body to what is asked for at most."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from harness.limits.estimate import most_output_tokens
from harness.limits.values import Ask, micro
from harness.llm.prices import Price
from harness.llm.request import ModelRequest
from harness.model import Usage

from .directory import Target, is_passed
from .refusal import Refusal
from .routing import Route
from .upstream import Order
from .values import Plan
from .wire import About, UnreadableError

UNBOUNDED: Final = 4096
"""Tokens that a reply may have when neither client nor plan says."""

_PER_REQUEST: Final = 600


def order_of(
    route: Route,
    raw: bytes,
    body: Mapping[str, Any],
    *,
    target: Target,
    plan: Plan,
    request_id: str,
    headers: Mapping[str, str],
) -> Order:
    """Read a request.

    Raises:
        Refusal: when it is none of its protocol.
    """
    wire = route.wire
    try:
        request = wire.read(body)
    except UnreadableError as error:
        # A provider's own body that we cannot read is still the provider's to judge.
        if not (wire.name == "invoke" and is_passed(wire, target)):
            raise Refusal("bad_request", str(error)) from error
        request = ModelRequest((), max_tokens=UNBOUNDED)
    options = body.get("stream_options")
    wants_usage = not isinstance(options, dict) or options.get("include_usage") is True
    asked = route.model or str(body.get("model") or target.name)
    return Order(
        wire=wire,
        operation=route.operation,
        body=body,
        raw=raw,
        request=request,
        streaming=wire.streams(route.operation, body),
        about=About(request_id, asked, int(time.time()), wants_usage=wants_usage),
        headers=headers,
        bound=_bound(wire.name, body, target, plan),
    )


def ask_of(order: Order, target: Target) -> Ask:
    """The most that a request can take: a token is at least a byte, and JSON adds more than a provider does."""
    copies = order.body.get("n")
    most_output = order.bound if order.bound is not None else most_output_tokens(order.request)
    most_output *= copies if isinstance(copies, int) and copies > 1 else 1
    most_input = len(order.raw) + _PER_REQUEST
    return Ask(target.name, most_input, most_output, _ceiling(target.price, most_input, most_output))


def _bound(wire: str, body: Mapping[str, Any], target: Target, plan: Plan) -> int | None:
    """A bound for a reply that has none, where somebody counts what is written."""
    given = body.get("max_tokens") or body.get("max_completion_tokens")
    if wire == "bedrock":
        given = (body.get("inferenceConfig") or {}).get("maxTokens")
    most = [plan.limits_of(*target.names).output_tpm, None if plan.total is None else plan.total.output_tpm]
    if given or wire == "invoke" or (most == [None, None] and plan.budget is None):
        return None
    return min(number for number in (UNBOUNDED, *most) if number is not None)


def _ceiling(price: Price | None, most_input: int, most_output: int) -> int | None:
    """The most that a request can cost; what is written to a cache costs more than fresh input."""
    if price is None:
        return None
    usage = Usage(most_input, most_output)
    fresh, cached = micro(price.of(usage)), micro(price.of(usage, cache_write_tokens=most_input))
    return None if fresh is None or cached is None else max(fresh, cached) + 1
