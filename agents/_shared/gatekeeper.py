"""An agent that stands at the gateway's door with a script: who asks for what, and when, on a clock that the script winds."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, Problems
from harness.gateway import Gateway, Surroundings, load_plans, open_gateway
from harness.gateway.keys import digest
from harness.gateway.totals import Totals
from harness.gateway.values import PlanFile
from harness.llm import ModelReply, ModelRequest
from harness.workspace import ModelSettings, Workspace

if TYPE_CHECKING:
    from harness.adapters import Context, Request

_MODEL = ModelSettings(provider="offline", id="offline", input_usd_per_mtok=3.0, output_usd_per_mtok=15.0)
_PATHS = {"anthropic": "/v1/messages", "openai": "/v1/chat/completions", "bedrock": "/model/{model}/converse"}


async def gatekeeper(request: Request, context: Context) -> dict[str, Any]:
    """Play `{plans, budgets, models, requests: [{at, key, model, ...}]}`; what became of it is in the artifacts.

    A request says when it comes (`at`, in seconds), whose key it shows, the model, the tokens that it sends and that the model
    writes, the most it may write, the protocol, and how often it is repeated (`times`).
    """
    script: Mapping[str, Any] = request.input
    plans = _plans(script, context)
    if plans is None:
        return {"served": 0, "refused": 0}
    door = _Door(script, plans)
    ask = context.tool(door.ask)
    for item in script.get("requests", ()):
        for _ in range(item.get("times", 1)):
            await ask(**{name: given for name, given in item.items() if name != "times"})
    await door.gateway.close()
    context.recorder.artifact("answers", door.answers)
    context.recorder.artifact("log", door.lines)
    context.recorder.artifact("totals", list(door.totals.lines()))
    served = [answer for answer in door.answers if answer["status"] == 200]
    return {"served": len(served), "refused": len(door.answers) - len(served)}


def _plans(script: Mapping[str, Any], context: Context) -> PlanFile | None:
    """Write the plans to a file and read it as the command does; an artifact says what is wrong with it."""
    plans = [{**plan, "keys": [digest(key) for key in plan.get("keys", ())]} for plan in script["plans"]]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plans.yaml"
        file.write_text(json.dumps({"plans": plans, "budgets": script.get("budgets", {})}), encoding="utf-8")
        try:
            return load_plans(file, {})
        except Problems as problems:
            context.recorder.artifact("mistakes", [error.problem for error in problems.errors])
        except HarnessError as error:
            context.recorder.artifact("mistakes", [error.problem])
    return None


class _Door:
    """The gateway in this process, asked without a socket."""

    def __init__(self, script: Mapping[str, Any], plans: PlanFile) -> None:
        self.now = 0.0
        self.answers: list[dict[str, Any]] = []
        self.lines: list[Mapping[str, Any]] = []
        self.totals = Totals()
        names = script.get("models", ["offline"])
        models = {name: replace(_MODEL, id=name, name=name) for name in names}
        self.gateway: Gateway = open_gateway(
            Workspace.at(Path.cwd(), agents={}, models=models),
            plans=plans,
            policy=_policy,
            environ={},
            around=Surroundings(on_entry=self._noted, clock=lambda: 6000.0 + self.now),
        )

    async def ask(
        self, at: float, key: str = "", model: str = "offline", sends: int = 20, writes: int = 10, **more: Any
    ) -> dict[str, Any]:
        """Make one request; gives its status and, where it was refused, why."""
        self.now = at
        protocol = more.get("protocol", "anthropic")
        body = _body(protocol, model, f"{writes} " + "x" * (4 * sends), more.get("most", writes + 5))
        told = await self._asked(_PATHS[protocol].format(model=model), key, body)
        told = {"at": at, "sends": sends, "writes": writes, **told}
        self.answers.append(told)
        return told

    async def _asked(self, path: str, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        sent: list[Mapping[str, Any]] = []
        raw = [{"type": "http.request", "body": json.dumps(body).encode()}]

        async def receive() -> Mapping[str, Any]:
            if raw:
                return raw.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        headers = [(b"x-api-key", key.encode())]
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
        await self.gateway(scope, receive, send)
        known = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        told: dict[str, Any] = {"status": sent[0]["status"]}
        if "retry-after" in known:
            told["retry_after_s"] = int(known["retry-after"])
        if told["status"] != 200:
            found = json.loads(b"".join(message.get("body", b"") for message in sent[1:]))
            told["kind"] = known.get("x-amzn-errortype") or found["error"]["type"]
        return told

    def _noted(self, line: Mapping[str, Any]) -> None:
        self.totals.add(line)
        self.lines.append({name: item for name, item in line.items() if name not in {"id", "at", "ms", "first_ms"}})


def _policy(request: ModelRequest, *, seed: int, noise: float) -> ModelReply:  # noqa: ARG001 - an offline policy's signature
    """Write as many tokens as the request says: four characters are taken for one."""
    count = int(request.messages[-1].text.partition(" ")[0])
    return ModelReply("word" * count)


def _body(protocol: str, model: str, text: str, most: int) -> dict[str, Any]:
    if protocol == "bedrock":
        return {"messages": [{"role": "user", "content": [{"text": text}]}], "inferenceConfig": {"maxTokens": most}}
    return {"model": model, "max_tokens": most, "messages": [{"role": "user", "content": text}]}
