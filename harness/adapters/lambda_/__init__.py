"""Drive an agent that is a Lambda function: invoked once for each turn, waited for longer than any function runs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from harness.adapters.aws.reach import AwsSettings, Reach
from harness.adapters.context import Context
from harness.adapters.http.client import fault_of
from harness.adapters.python import run_turns
from harness.adapters.reply import TurnRecord
from harness.adapters.request import InvalidOutputError, Request
from harness.adapters.target import TargetError
from harness.adapters.wire import Reading, Session
from harness.shape import value
from harness.text import one_line
from harness.workspace import AgentSettings

__all__ = ["Settings", "load"]


@value
class Settings(AwsSettings):
    """A Lambda function."""

    function: str
    """Its name or ARN, with an alias where it has one: `adviser:live`."""

    payload: Any = field(default_factory=lambda: {"input": "{input}", "session_id": "{session}"})
    """What it is invoked with."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        self.refuse([])

    @property
    def place(self) -> str:
        """The function."""
        return self.function

    @property
    def templates(self) -> Mapping[str, Any]:
        """The payload."""
        return {"payload": self.payload}


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> LambdaDrive:
    """Prepare a function.

    Raises:
        MissingExtra: when boto3 is not installed.
        AgentError: when region or credentials are missing.
    """
    return LambdaDrive(own, Reach(own, environ, f"agents.{agent.name} (function {own.function})"))


class LambdaDrive:
    """Invokes it."""

    def __init__(self, own: Settings, reach: Reach) -> None:
        self._own = own
        self._reach = reach
        self._where = reach.where

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        session = Session(where=self._where, environ=self._reach.environ)

        async def turn_of(request: Request, context: Context, turn: TurnRecord) -> None:
            payload = json.dumps(session.fill(self._own.payload, session.values(request))).encode()
            answer = self._unwrapped(await self._invoked(payload))
            if isinstance(answer, str):
                turn.returned(answer) if answer else None
            else:
                Reading(self._own, where=self._where).take(answer, context.recorder, turn)

        await run_turns(inputs, first, context, turn_of, metered=False)

    async def close(self) -> None:
        """Close the connections."""
        self._reach.close()

    async def _invoked(self, payload: bytes) -> Any:
        """Invoke it once and read its whole reply, bounded."""
        most = self._own.max_answer_kb << 10

        def invoke() -> tuple[str, bytes]:
            reply = self._reach.client("lambda").invoke(FunctionName=self._own.function, Payload=payload)
            with reply["Payload"] as stream:
                return reply.get("FunctionError", ""), stream.read(most + 1)

        failed, data = await self._reach.ask(invoke)
        if len(data) > most:
            raise self._failure("output", f"its answer is longer than {self._own.max_answer_kb} KiB")
        try:
            document = json.loads(data or b"null")
        except (ValueError, RecursionError):
            raise InvalidOutputError(
                "payload", f"no JSON: {one_line(data[:80].decode('utf-8', 'replace'), 80)!r}"
            ) from None
        if failed:
            raise self._function_error(failed, document)
        return document

    def _function_error(self, failed: str, document: Any) -> TargetError:
        told = document if isinstance(document, Mapping) else {"errorMessage": document}
        kind, message = str(told.get("errorType") or failed), one_line(str(told.get("errorMessage")), 600)
        late = "Task timed out" in message or kind == "Sandbox.Timedout"
        remedy = "give the function more time, or the case less to do" if late else "look into its log"
        return TargetError(
            "function_timeout" if late else "function_error", f"the function failed: {kind}: {message}",
            remedy=remedy, where=self._where, fault="agent",
        )  # fmt: skip

    def _unwrapped(self, document: Any) -> Any:
        """What stands inside an answer as API Gateway wants it; any other answer as it is."""
        if not isinstance(document, Mapping) or not isinstance(document.get("statusCode"), int):
            return "" if document is None else document
        body, status = document.get("body"), document["statusCode"]
        if document.get("isBase64Encoded") is True and isinstance(body, str):
            try:
                body = base64.b64decode(body, validate=True).decode("utf-8", "replace")
            except ValueError:
                raise InvalidOutputError("body", "it is called base64 and is not") from None
        if isinstance(body, str):
            with suppress(ValueError, RecursionError):  # what is no JSON is plain text
                body = json.loads(body)
        if not 200 <= status < 300:
            said = one_line(body if isinstance(body, str) else json.dumps(body), 300)
            problem = f"it answers {status} and says: {said}"
            raise TargetError(
                f"http_{status}",
                problem,
                remedy="correct `payload`, or look into its log",
                where=self._where,
                fault=fault_of(status),
            )
        return "" if body is None else body

    def _failure(self, kind: str, problem: str) -> TargetError:
        return TargetError(kind, problem, remedy="`max_answer_kb` says how long", where=self._where, fault="agent")
