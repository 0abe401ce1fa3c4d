"""What goes wrong with a provider, as the unmodified libraries see it through the gateway: one test for each row of the list."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from gateway_clients import ASK, CLIENTS
from gateway_kit import KEY, asked, behind, gateway, message, plan, plans

from harness.gateway import serving
from harness.gateway.relay import Patience
from harness.llm.request import ModelReply
from harness.model import Usage
from harness.testing import Fault, ModelServer, rate_limit
from harness.workspace import ModelSettings

PROVIDERS = ["anthropic", "litellm", "bedrock"]
WAYS = [pytest.param(False, id="whole"), pytest.param(True, id="stream")]
GOOD = ModelReply("Hello there.", stop_reason="end", usage=Usage(12, 6, 0))
BROKEN = [
    "overloaded_in_stream",
    "reset",
    "reset_after_first_byte",
    "truncated",
    "truncated_done",
    "malformed_json",
    "html",
    "empty_body",
    "wrong_schema",
    "error_body",
    "empty_choices",
    "null_content",
    "hang",
]


class Line:
    """A gateway to a provider that answers as it is told, one answer after the other."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self._entries: list[Any] = []
        self._asked = 0
        self._noted = threading.Condition()

    def note(self, entry: Any) -> None:
        with self._noted:
            self._entries.append(entry)
            self._noted.notify_all()

    def forget(self) -> None:
        self._entries.clear()
        self._asked = 0

    @property
    def entries(self) -> list[Any]:
        """The usage log, once it has a line for each request: a client may know its failure a moment before."""
        with self._noted:
            self._noted.wait_for(lambda: len(self._entries) >= self._asked, timeout=10)
        return self._entries

    def next(self, _request: object) -> Any:
        self._asked += 1
        return self.answers.pop(0) if self.answers else GOOD


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Line, ModelServer]]:
    line = Line()
    with ModelServer(line.next) as server:
        app = behind(server, on_entry=line.note, patience=Patience(5.0, 1.5, 10.0))
        with serving(app) as url:
            yield url, line, server


@pytest.fixture
def line(served: tuple[str, Line, ModelServer]) -> Line:
    served[1].answers.clear()
    served[1].forget()
    return served[1]


@pytest.fixture(scope="module")
def clients(served: tuple[str, Line, ModelServer]) -> Iterator[dict[str, Any]]:
    with ExitStack() as open_:
        yield {name: open_.enter_context(client(served[0])) for name, client in CLIENTS.items()}


@pytest.fixture
def ask(clients: dict[str, Any]) -> Callable[..., Any]:
    return lambda client, *, stream=False: ASK[client](clients[client], client, stream=stream)


def failure(ask: Callable[..., Any], client: str, *, stream: bool) -> tuple[int, str]:
    """Status and words of the error that a library raises; status 0 for one in the middle of a stream."""
    with pytest.raises(Exception, match=r".") as caught:
        ask(client, stream=stream)
    error: Any = caught.value
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0), str(error)
    return int(getattr(error, "status_code", 0) or 0), str(error)


@pytest.mark.parametrize("stream", WAYS)
@pytest.mark.parametrize("client", PROVIDERS)
@pytest.mark.parametrize("kind", BROKEN)
def test_nothing_broken_is_ever_a_success(
    kind: str, client: str, stream: bool, served: tuple[str, Line, ModelServer], line: Line, ask: Callable[..., Any]
) -> None:
    line.answers.append(Fault(kind, reply=GOOD))  # type: ignore[arg-type]
    before = len(served[2].requests)

    status, words = failure(ask, client, stream=stream)

    assert status != 200 or stream
    assert words
    assert len(served[2].requests) == before + 1
    assert [(entry["outcome"], "output_tokens" in entry) for entry in line.entries] in (
        [("failed", False)],
        [("failed", True)],
    )


@pytest.mark.parametrize("stream", WAYS)
@pytest.mark.parametrize("client", PROVIDERS)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_a_server_that_fails_is_a_server_that_fails(
    status: int, client: str, stream: bool, line: Line, ask: Callable[..., Any]
) -> None:
    line.answers.append(Fault("status", status=status, message="down for a while"))

    found, words = failure(ask, client, stream=stream)

    assert found >= 500 or found == 408
    assert "down for a while" in words
    assert line.entries[0]["micro_usd"] == 0


@pytest.mark.parametrize("client", PROVIDERS)
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_cannot_succeed_is_not_worth_another_try(
    status: int, client: str, served: tuple[str, Line, ModelServer], line: Line
) -> None:
    line.answers += [Fault("status", status=status, message="no such thing")] * 3
    options: dict[str, Any] = {"attempts": 3} if client == "bedrock" else {"max_retries": 2}
    before = len(served[2].requests)

    with CLIENTS[client](served[0], **options) as connected, pytest.raises(Exception, match="no such thing"):
        ASK[client](connected, client)

    assert len(served[2].requests) == before + 1


@pytest.mark.parametrize(
    ("sent", "given"),
    [
        pytest.param("3", "3", id="seconds"),
        pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", "1", id="date-gone-by"),
        pytest.param("86400", None, id="a-day"),
        pytest.param("abc", None, id="no-number"),
        pytest.param("-5", None, id="negative"),
        pytest.param(None, None, id="none"),
    ],
)
@pytest.mark.parametrize("client", PROVIDERS)
def test_a_provider_that_throttles_is_told_apart_and_no_header_holds_anybody_for_a_day(
    client: str, sent: str | None, given: str | None, line: Line, ask: Callable[..., Any]
) -> None:
    line.answers.append(rate_limit(sent))

    with pytest.raises(Exception, match="too many requests") as caught:
        ask(client)

    error: Any = caught.value
    headers = error.response["ResponseMetadata"]["HTTPHeaders"] if client == "bedrock" else error.response.headers
    assert headers.get("retry-after") == given
    assert headers.get("x-should-retry") == ("false" if sent == "86400" else None)


@pytest.mark.parametrize("client", PROVIDERS)
def test_libraries_try_again_through_the_gateway_and_succeed(
    client: str, served: tuple[str, Line, ModelServer], line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    line.answers += [rate_limit("1"), Fault("status", status=503)]
    options: dict[str, Any] = {"attempts": 3} if client == "bedrock" else {"max_retries": 2}

    with CLIENTS[client](served[0], **options) as connected:
        said = ASK[client](connected, client)

    assert said["text"] == "Hello there."
    assert [entry["outcome"] for entry in line.entries] == ["failed", "failed", "ok"]


@pytest.mark.parametrize("stream", WAYS)
@pytest.mark.parametrize("client", PROVIDERS)
def test_tokens_that_nobody_counted_are_unknown(client: str, stream: bool, line: Line, ask: Callable[..., Any]) -> None:
    line.answers.append(Fault("missing_usage", reply=GOOD))
    if (client, stream) == ("anthropic", True):
        return  # its own library cannot put such a stream together
    if client == "anthropic":
        with pytest.raises(AttributeError, match="input_tokens"):
            ask(client, stream=stream)
    else:
        assert ask(client, stream=stream)["text"] == "Hello there."

    assert line.entries[0]["outcome"] == "ok"
    assert not {"input_tokens", "output_tokens", "micro_usd"} & set(line.entries[0])


@pytest.mark.parametrize("client", PROVIDERS)
def test_absurd_counts_are_no_counts(client: str, line: Line, ask: Callable[..., Any]) -> None:
    line.answers += [
        ModelReply("x", stop_reason="end", usage=Usage(given, made)) for given, made in ((-5, 10**15), (10**12, 3))
    ]
    for _ in range(2):
        ask(client)

    assert [entry.get("output_tokens") for entry in line.entries] == [None, 3]
    assert [entry.get("input_tokens") for entry in line.entries] == [None, None]


@pytest.mark.parametrize("stream", WAYS)
@pytest.mark.parametrize("client", PROVIDERS)
@pytest.mark.parametrize("kind", ["refusal", "max_tokens"])
def test_why_a_model_stopped_is_kept(kind: str, client: str, stream: bool, line: Line, ask: Callable[..., Any]) -> None:
    line.answers.append(Fault(kind, reply=GOOD))  # type: ignore[arg-type]

    said = ask(client, stream=stream)

    assert said["stop"] in {"refusal", "content_filter", "content_filtered", "max_tokens", "length"}
    assert line.entries[0]["stop_reason"] == kind


@pytest.mark.parametrize("client", PROVIDERS)
@pytest.mark.parametrize("kind", ["content_filter", "context_length"])
def test_what_the_provider_does_not_take_is_the_clients_mistake(
    kind: str, client: str, line: Line, ask: Callable[..., Any]
) -> None:
    line.answers.append(Fault(kind))  # type: ignore[arg-type]

    assert failure(ask, client, stream=False)[0] == 400


@contextmanager
def provider(respond: Callable[[asyncio.StreamWriter], Any]) -> Iterator[str]:
    """A provider of a few raw bytes."""
    ready, ended = threading.Event(), []

    async def serve() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:"))
                await reader.readexactly(size)
                await respond(writer)
            except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        ended.extend([asyncio.get_running_loop(), asyncio.Event(), server.sockets[0].getsockname()[1]])
        ready.set()
        await ended[1].wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    yield f"http://127.0.0.1:{ended[2]}"
    ended[0].call_soon_threadsafe(ended[1].set)
    thread.join()


def through(url: str, *, stream: bool, patience: Patience | None = None) -> Any:
    """Ask a provider at an address, without a socket on our side."""
    model = ModelSettings(provider="anthropic", id="m", name="m", base_url=url, api_key_env="K")

    async def main() -> Any:
        app = gateway(
            plans(plan()), models={"m": model}, environ={"K": "sk-x" * 5}, patience=patience or Patience(5, 5, 30)
        )
        try:
            return await asked(app, body=message(model="m", stream=stream))
        finally:
            await app.close()

    return asyncio.run(main())


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sConnection: close\r\n\r\n"


def test_a_client_that_hangs_up_in_the_middle_of_a_stream_hangs_up_on_the_provider() -> None:
    left, lines = threading.Event(), []

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % (b"text/event-stream", b""))
        start = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 7, "output_tokens": 1}}}
        writer.write(b"data: " + json.dumps(start).encode() + b"\n\n")
        try:
            while True:
                writer.write(b'data: {"type": "ping"}\n\n')
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            left.set()

    with provider(respond) as url:
        model = ModelSettings(provider="anthropic", id="m", name="m", base_url=url, api_key_env="K")
        app = gateway(plans(plan()), models={"m": model}, environ={"K": "sk-x" * 5}, on_entry=lines.append)
        with serving(app) as address:
            body = json.dumps(message(model="m", stream=True)).encode()
            place = (address.rpartition("//")[2].partition(":")[0], int(address.rpartition(":")[2]))
            with socket.create_connection(place) as client:
                head = f"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: {KEY}\r\ncontent-length: {len(body)}\r\n\r\n"
                client.sendall(head.encode() + body)
                assert b"message_start" in client.recv(65_536) + client.recv(65_536)
            assert left.wait(10)

    assert [(line["outcome"], line["reason"]) for line in lines] == [("cancelled", "client_gone")]
    assert lines[0]["input_tokens"] == 7
    assert "output_tokens" not in lines[0]


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % (b"application/json", b"Content-Encoding: gzip\r\n") + bomb)
        await writer.drain()

    with provider(respond) as url:
        answer = through(url, stream=False)

    assert answer.status == 502
    assert "larger than" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("event", "most"),
    [
        pytest.param(b"data: " + b"x" * 65_536, 12_000_000, id="one-event"),
        pytest.param(b'event: ping\ndata: {"type": "ping"}\n\n' * 2000, 2_000_000, id="many-events"),
    ],
)
def test_a_stream_without_end_is_ended(event: bytes, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.gateway.relay.MOST_BYTES", most)

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % (b"text/event-stream", b""))
        while True:
            writer.write(event)
            await writer.drain()

    with provider(respond) as url:
        answer = through(url, stream=True)

    last = answer.body.rstrip().rsplit(b"data: ", 1)[1]
    assert json.loads(last)["type"] == "error"
    assert "larger than" in json.loads(last)["error"]["message"]


def test_a_provider_that_drips_is_left_at_the_deadline() -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD % (b"text/event-stream", b""))
        while True:
            writer.write(b": still here\n\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    with provider(respond) as url:
        answer = through(url, stream=True, patience=Patience(1, 1, 0.5))

    assert b'"type":"error"' in answer.body
    assert b"no complete reply within 0.5 s" in answer.body


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://no-such-host.invalid", id="no-such-host"),
        pytest.param("http://127.0.0.1:1", id="nobody-listens"),
        pytest.param("https://127.0.0.1:{port}", id="no-tls"),
    ],
)
def test_a_provider_that_cannot_be_reached_is_said_to_be(url: str) -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(b"what?")

    with provider(respond) as other:
        answer = through(url.format(port=other.rpartition(":")[2]), stream=False, patience=Patience(0.5, 0.5, 1))

    assert answer.status in {502, 504}
    assert "the provider" in answer.json["error"]["message"]


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    with provider(respond) as proxy:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        answer = through("http://provider.invalid", stream=False)

    assert answer.status == 502


def test_a_redirect_is_not_followed() -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    with provider(respond) as url:
        answer = through(url, stream=False)

    assert answer.status == 502


def test_a_key_is_in_no_message() -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        body = b'{"error": {"message": "bad key sk-xsk-xsk-xsk-xsk-x", "type": "authentication_error"}}'
        writer.write(b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    with provider(respond) as url:
        answer = through(url, stream=False)

    assert b"sk-x" not in answer.body
    assert b"***" in answer.body
