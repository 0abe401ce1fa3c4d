"""A local server that speaks the protocols of model providers, for tests of agents and of model code.

    with ModelServer([ModelReply("Buy low."), rate_limit("3")]) as server:
        model = connect(server.settings("anthropic"), environ=server.environ)
        ...
    assert len(server.requests) == 1

The real libraries talk to it over a socket, so that what is tested is what runs.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias

from harness.frozen import frozen
from harness.llm.request import ModelReply, ModelRequest
from harness.workspace import ModelSettings

from . import http
from .faults import Fault
from .responses import Exchange
from .wire import Wire
from .wire_anthropic import AnthropicWire
from .wire_bedrock import BedrockWire
from .wire_openai import OpenAIWire
from .wire_responses import ResponsesWire

Answer: TypeAlias = ModelReply | Fault
Served: TypeAlias = Literal["anthropic", "bedrock", "litellm"]

_PATHS: Final[tuple[tuple[str, Wire], ...]] = (
    ("/v1/messages", AnthropicWire()),
    ("/chat/completions", OpenAIWire()),
    ("/responses", ResponsesWire()),
    ("/converse", BedrockWire()),
    ("/converse-stream", BedrockWire()),
)
_NOTHING_LEFT: Final = Fault("status", status=500, message="the script has no reply left")


@frozen
class SeenRequest:
    """A request that the server received."""

    provider: str
    """Provider whose protocol it speaks."""

    path: str
    """Path."""

    headers: Mapping[str, str]
    """Headers by lower-case name."""

    body: Mapping[str, Any]
    """JSON body."""

    request: ModelRequest | None
    """What a model would see; None when it cannot be read."""


class ModelServer:
    """Serves scripted replies, or a policy, as Anthropic, Bedrock and OpenAI do, on a free port of this machine."""

    environ: Final[Mapping[str, str]] = {
        "ANTHROPIC_API_KEY": "sk-test-anthropic",
        "OPENAI_API_KEY": "sk-test-openai",
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_REGION": "us-east-1",
    }
    """Made-up credentials to connect with."""

    def __init__(self, answers: Iterable[Answer] | Callable[[ModelRequest], Answer] = ()) -> None:
        """Serve.

        Args:
            answers: Replies and faults, one per request in order; or a function of the request, such as an offline
                policy.
        """
        self._answer: Callable[[ModelRequest], Answer]
        if callable(answers):
            self._answer = answers
        else:
            queue = iter(answers)
            self._answer = lambda _: next(queue, _NOTHING_LEFT)
        self._seen: list[SeenRequest] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """Every request so far."""
        return tuple(self._seen)

    def settings(self, provider: Served, model: str = "test-model") -> ModelSettings:
        """Settings of a model that is served here."""
        if provider == "litellm":
            return ModelSettings(provider=provider, id=f"openai/{model}", base_url=f"{self.url}/v1", name=model)
        return ModelSettings(provider=provider, id=model, base_url=self.url, region="us-east-1", name=model)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="model-server", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._closing is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._closing.wait()
        server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                while request := await http.read_request(reader):
                    if not await self._respond(request, writer):
                        break
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _respond(self, request: http.HttpRequest, writer: asyncio.StreamWriter) -> bool:
        wire = next((wire for end, wire in _PATHS if request.path.endswith(end)), None)
        body = _body(request)
        if wire is None or body is None or self._closing is None:
            writer.write(http.head(404 if wire is None else 400, {"Content-Length": "0"}))
            await writer.drain()
            return True
        seen, answer = self._decided(wire, request, body)
        self._seen.append(seen)
        model = body.get("model") or request.path.split("/")[2]
        exchange = Exchange(wire, writer, str(model), wire.streams(request.path, body), self._closing)
        return await exchange.send(answer)

    def _decided(self, wire: Wire, request: http.HttpRequest, body: Any) -> tuple[SeenRequest, Answer]:
        """Read the request and choose the answer; a function that fails answers 500 with its words."""
        decoded: ModelRequest | None = None
        answer: Answer
        try:
            decoded = wire.decode(request.path, body)
            answer = self._answer(decoded)
        except Exception as error:  # noqa: BLE001 - the script is the user's, and the client must hear of it
            answer = Fault("status", status=500, message=f"the script failed: {type(error).__name__}: {error}")
        return SeenRequest(wire.name, request.path, request.headers, body, decoded), answer


def _body(request: http.HttpRequest) -> dict[str, Any] | None:
    try:
        found = json.loads(request.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
