"""Pass a request on to its provider as it is, with the provider's key, and listen to the reply on its way back."""

from __future__ import annotations

import asyncio
import importlib
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from harness.errors import HarnessError, MissingExtra
from harness.frozen import frozen
from harness.llm.attempt import attempt, unreadable
from harness.llm.errors import ModelError, from_status
from harness.llm.request import ModelReply
from harness.model import Usage
from harness.workspace import ModelSettings

from .directory import Target
from .signing import region_of, signed
from .upstream import Order
from .wire import Listener
from .wire.wire import sound, tidy

if TYPE_CHECKING:
    import aiohttp

MOST_BYTES: Final = 64 * 1024 * 1024
"""Largest reply, streamed or not, decompressed."""

_MOST_ERROR_BYTES: Final = 64 * 1024
_FORWARDED: Final = ("content-type", "accept", "anthropic-version", "anthropic-beta", "openai-beta", "user-agent")
_RETURNED: Final = ("request-id", "x-request-id", "x-amzn-requestid", "openai-processing-ms")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@frozen
class Patience:
    """How long a provider is waited for."""

    connect_s: float = 10.0
    """For the connection."""

    idle_s: float = 120.0
    """For the first byte, and between bytes."""

    total_s: float = 600.0
    """For the whole reply."""


class Courier:
    """The connections to providers, shared by everything on one event loop."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def session(self, url: str) -> aiohttp.ClientSession:
        """The session for an address; the system's proxies are not asked about this machine.

        Raises:
            MissingExtra: when the library is not installed.
        """
        try:
            import aiohttp
        except ImportError as error:
            raise MissingExtra("the gateway", "gateway") from error
        is_local = urlsplit(url).hostname in _LOOPBACK
        if is_local not in self._sessions:
            self._sessions[is_local] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self.patience.connect_s, sock_read=self.patience.idle_s
                ),
                auto_decompress=False,
                trust_env=not is_local,
                cookie_jar=aiohttp.DummyCookieJar(),
                raise_for_status=False,
            )
        return self._sessions[is_local]

    async def close(self) -> None:
        """Close all connections."""
        held, self._sessions = self._sessions, {}
        for session in held.values():
            await session.close()


def prepare(models: Iterable[ModelSettings]) -> None:
    """Import what requests will need, while nobody waits for it.

    Raises:
        MissingExtra: when it is not installed.
    """
    try:
        importlib.import_module("aiohttp")
    except ImportError as error:
        raise MissingExtra("the gateway", "gateway") from error
    if any(model.provider == "bedrock" for model in models):
        with suppress(ImportError):  # said when such a model is asked
            importlib.import_module("botocore.auth")


class Relay:
    """Makes exactly one HTTP request for each that it is given."""

    def __init__(self, courier: Courier, target: Target, key: str | None, environ: Mapping[str, str]) -> None:
        self._courier = courier
        self._target = target
        self._key = key
        self._environ = environ

    async def open(self, order: Order) -> Passed:
        """See `Upstream`."""
        url, body = self._url(order), self._body(order)
        headers = self._headers(order, url, body)
        async with self._classified():
            import yarl

            session = self._courier.session(url)
            response = await session.post(
                yarl.URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            )
        answer = Passed(order, response)
        try:
            async with self._classified():
                await answer.begin()
        except BaseException:
            await answer.close()
            raise
        return answer

    @asynccontextmanager
    async def _classified(self) -> AsyncIterator[None]:
        try:
            async with attempt(self._courier.patience.total_s, _classify, hidden=self._key or ""):
                yield
        except HarnessError as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError("authentication", error.problem, fault="provider") from error

    def _url(self, order: Order) -> str:
        settings = self._target.settings
        match settings.provider:
            case "anthropic":
                return f"{_base(settings.base_url, 'https://api.anthropic.com')}/v1/messages"
            case "bedrock":
                region = region_of(settings, self._environ)
                base = _base(settings.base_url, f"https://bedrock-runtime.{region}.amazonaws.com")
                return f"{base}/model/{quote(self._target.model, safe='')}/{order.operation}"
        return f"{_base(settings.base_url, 'https://api.openai.com/v1')}/chat/completions"

    def _body(self, order: Order) -> bytes:
        """The body as it came, unless the model has another name there or a bound has to be set."""
        changed: dict[str, Any] = {}
        provider = self._target.settings.provider
        model = self._target.model.removeprefix("openai/") if provider == "litellm" else self._target.model
        if provider != "bedrock" and order.body.get("model") != model:
            changed["model"] = model
        if order.bound is not None:
            changed |= _bound(order, order.bound)
        return tidy({**order.body, **changed}) if changed else order.raw

    def _headers(self, order: Order, url: str, body: bytes) -> dict[str, str]:
        sent = {name: order.headers[name] for name in _FORWARDED if name in order.headers}
        sent |= {"content-type": "application/json", "accept-encoding": "identity"}
        match self._target.settings.provider:
            case "anthropic":
                return {**sent, "x-api-key": self._key or ""}
            case "bedrock":
                known = {name: text for name, text in sent.items() if name in {"content-type", "accept"}}
                try:
                    region = region_of(self._target.settings, self._environ)
                    return signed(url, body, known, region=region, environ=self._environ)
                except HarnessError as error:
                    raise ModelError("authentication", error.problem) from error
        return {**sent, "authorization": f"Bearer {self._key}"} if self._key else sent


class Passed:
    """A provider's reply on its way to the client."""

    def __init__(self, order: Order, response: aiohttp.ClientResponse) -> None:
        self._order = order
        self._response = response
        self._listener: Listener = order.wire.listener(order.request)
        self._inflate = _inflater(response.headers.get("content-encoding", ""))
        self._size = 0
        self._first = b""
        self.content_type = response.headers.get("content-type", "application/json")
        self.headers = {name: response.headers[name] for name in _RETURNED if name in response.headers}

    @property
    def done(self) -> bool:
        """See `Answer`."""
        return self._listener.finished

    @property
    def usage(self) -> Usage:
        """See `Answer`."""
        return self._listener.usage

    async def begin(self) -> None:
        """Wait until it is clear whether there is a reply: then a failure is an HTTP status and no broken stream."""
        if self._response.status != 200:
            await self._fail()
        if not self._order.streaming:
            self._first = await self._whole()
            return
        if "event" not in self.content_type:
            raise ModelError(
                "invalid_reply", f"the provider answered with {self.content_type or 'nothing'}, not a stream"
            )
        self._first = await self._chunk()
        if not self._first:
            raise ModelError("truncated", "the stream ended before it began")

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `Answer`."""
        if not self._order.streaming:
            yield self._first
            return
        chunk = self._first
        while chunk:
            try:
                self._listener.feed(chunk)
            except ModelError as error:
                if error.status is None:
                    raise
                yield chunk  # an error event is the provider's to say
                raise SaidError(error) from error
            yield chunk
            chunk = await self._more()
        if not self._listener.finished:
            raise ModelError("truncated", "the provider's stream ended before the reply did")

    def reply(self) -> ModelReply:
        """See `Answer`."""
        return self._listener.reply()

    async def close(self) -> None:
        """Let go of the connection; one with a reply that is still coming is closed."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()

    async def _more(self) -> bytes:
        """As `_chunk`, with whatever a library throws as a `ModelError`; for every piece, so that it has to be quick."""
        try:
            return await self._chunk()
        except ModelError:
            raise
        except Exception as error:  # a connection may break in ways that only the library knows
            raise _classify(error) from error

    async def _chunk(self) -> bytes:
        """The next bytes, decompressed; empty at the end."""
        while data := await self._response.content.readany():
            found = self._inflate(data)
            self._size += len(found)
            if self._size > MOST_BYTES:
                raise ModelError("invalid_reply", f"the reply is larger than {MOST_BYTES:,} bytes")
            if found:
                return found
        return b""

    async def _whole(self) -> bytes:
        body = bytearray()
        while chunk := await self._chunk():
            body += chunk
        found = _object(bytes(body))
        self._listener.whole(found)
        sound(self._listener)
        return bytes(body)

    async def _fail(self) -> None:
        body = bytearray()
        while len(body) < _MOST_ERROR_BYTES and (chunk := await self._chunk()):
            body += chunk
        message, code = _said(bytes(body), self._response.status)
        code = code or self._response.headers.get("x-amzn-errortype", "")
        raise from_status(self._response.status, message, code=code, headers=_lower(self._response.headers))


class SaidError(Exception):
    """The stream broke off with an error event that the client has already had."""

    def __init__(self, error: ModelError) -> None:
        super().__init__(str(error))
        self.error = error


def _base(given: str | None, usual: str) -> str:
    return (given or usual).rstrip("/")


def _bound(order: Order, most: int) -> dict[str, Any]:
    if order.wire.name == "bedrock":
        return {"inferenceConfig": {**(order.body.get("inferenceConfig") or {}), "maxTokens": most}}
    return {"max_tokens": most}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items()}


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ModelError("invalid_reply", "the provider's reply is not JSON") from error
    if not isinstance(found, dict):
        raise ModelError("invalid_reply", "the provider's reply is no JSON object")
    return found


def _said(body: bytes, status: int) -> tuple[str, str]:
    """The words and the code of an error's body, whatever it is."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        error = found.get("error")
        if isinstance(error, dict):
            return str(error.get("message") or status), str(error.get("type") or error.get("code") or "")
        if isinstance(found.get("message"), str):
            return found["message"], str(found.get("__type") or "")
    return f"HTTP {status}", ""


def _inflater(encoding: str) -> Callable[[bytes], bytes]:
    """Undo the compression of a provider that was asked for none, and never make more of it than a reply may have."""
    if encoding.lower() in {"", "identity"}:
        return lambda data: data
    if encoding.lower() not in {"gzip", "deflate"}:
        raise ModelError("invalid_reply", f"the reply is compressed in a way that nobody asked for ({encoding})")
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def inflated(data: bytes) -> bytes:
        found: bytes = inflate.decompress(data, MOST_BYTES + 1)
        if inflate.unconsumed_tail:
            raise ModelError("invalid_reply", f"the reply is larger than {MOST_BYTES:,} bytes")
        return found

    return inflated


def _classify(error: Exception) -> ModelError:
    import aiohttp

    if isinstance(error, asyncio.TimeoutError | aiohttp.ServerTimeoutError):
        return ModelError("timeout", "the provider did not answer in time")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ModelError("connection", f"the proxy refused (HTTP {error.status})")
    if isinstance(error, aiohttp.ClientError | OSError):
        return ModelError("connection", f"the connection to the provider failed: {type(error).__name__}: {error}")
    return unreadable(error)
