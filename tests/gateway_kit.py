"""A gateway for tests: plans, models, ASGI without a socket, and the libraries that talk to it over one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from harness.gateway import Gateway, Surroundings, open_gateway
from harness.gateway.keys import digest
from harness.gateway.relay import Patience
from harness.gateway.values import Budget, Plan, PlanFile, RateLimits
from harness.llm.request import ModelReply, ModelRequest, ToolCall
from harness.testing import ModelServer
from harness.workspace import ModelSettings, Workspace

KEY = "fgw-test-key-of-the-desk"
OFFLINE = ModelSettings(
    provider="offline", id="offline", name="offline", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0
)
TOOL = {"name": "get_price", "description": "A price.", "input_schema": {"type": "object"}}


def priced(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:
    """Look up a price where a tool is there, and say it."""
    last = request.messages[-1]
    if last.role == "user" and request.tools:
        return ModelReply("Let me look.", tool_calls=(ToolCall("", "get_price", {"symbol": "VTI"}),))
    return ModelReply(f"You said: {last.text}")


def plan(**given: Any) -> Plan:
    return Plan(**{"entity": "desk", "models": ("*",), "keys": (digest(KEY),), **given})


def plans(*given: Plan, **budgets: Budget) -> PlanFile:
    return PlanFile(plans=given or (plan(),), budgets=budgets)


def limits(**given: int | None) -> RateLimits:
    return RateLimits(**{"rpm": None, "input_tpm": None, "output_tpm": None, **given})


def gateway(file: PlanFile | None = None, **given: Any) -> Gateway:
    """A gateway to the offline model, and to others that are given."""
    models = {"offline": OFFLINE, **given.pop("models", {})}
    around = {field.name: given.pop(field.name) for field in fields(Surroundings) if field.name in given}
    known = {"policy": priced, "environ": {}, "around": Surroundings(**around), **given}
    return open_gateway(Workspace.at(Path(), agents={}, models=models), plans=file, **known)


def behind(server: ModelServer, *, patience: Patience | None = None, **given: Any) -> Gateway:
    """A gateway to a provider that is served here, once for each protocol."""
    models = {
        kind: replace(
            server.settings(kind, f"up-{kind}"), name=kind, api_key_env="UPSTREAM_KEY" if kind != "bedrock" else None
        )
        for kind in ("anthropic", "litellm", "bedrock")
    }
    environ = {**server.environ, "UPSTREAM_KEY": "sk-upstream-secret"}
    return gateway(models=models, environ=environ, patience=patience or Patience(5.0, 1.5, 10.0), **given)


@dataclass(frozen=True)
class Heard:
    """What an ASGI application answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def asked(
    app: Any,
    path: str = "/v1/messages",
    body: Any = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    gone_after: int | None = None,
    on_piece: Callable[[bytes], None] = lambda _: None,
) -> Heard:
    """Ask an application; `gone_after` pieces of the answer the client hangs up."""
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()
    given = {"x-api-key": KEY, **(headers or {})}
    queue = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if queue:
            return queue.pop(0)
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and message.get("body"):
            on_piece(message["body"])
            pieces = sum(bool(one.get("body")) for one in sent)
            if gone_after is not None and pieces >= gone_after:
                gone.set()
                await asyncio.sleep(0)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "headers": [(name.encode(), text.encode()) for name, text in given.items()],
    }
    await app(scope, receive, send)
    start = next((one for one in sent if one["type"] == "http.response.start"), {"status": 0, "headers": []})
    shown = {name.decode(): text.decode() for name, text in start["headers"]}
    return Heard(start["status"], shown, b"".join(one.get("body", b"") for one in sent[1:]))


def message(text: str = "hello", *, model: str = "offline", max_tokens: int = 50, **more: Any) -> dict[str, Any]:
    """A request of Anthropic's."""
    return {"model": model, "max_tokens": max_tokens, "messages": [{"role": "user", "content": text}], **more}
