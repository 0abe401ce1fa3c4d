"""Send one request: to addresses that are allowed, with bounded answers, and never a second time."""

from __future__ import annotations

import json
import os
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from harness.adapters.target import Fault, TargetError
from harness.errors import MissingExtra
from harness.frozen import frozen
from harness.text import one_line
from harness.version import __version__

from .guard import is_loopback, resolved
from .settings import Settings

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS: Final = 5
_KEPT: Final = frozenset({307, 308})
_MOVED: Final = frozenset({301, 302, 303, *_KEPT})
_CREDENTIALS: Final = frozenset({"content-type", "accept", "user-agent", "accept-encoding"})
_PER_CLIENT: Final = 50
_NOT_THE_AGENT: Final = frozenset(
    {400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 413, 414, 415, 421, 422, 429, 431}
)
_BEHIND: Final = frozenset({502, 503, 504})


@frozen
class Sent:
    """One request."""

    method: str
    """Method."""

    url: str
    """Address."""

    headers: Mapping[str, str]
    """Headers."""

    content: bytes | None
    """Body."""


class HttpClient:
    """Connections to one agent; the libraries' clients search all of theirs at each event, so each has no more than fifty."""

    def __init__(self, own: Settings, *, where: str) -> None:
        try:
            import httpx
        except ImportError:
            raise MissingExtra(f"the agent at {own.place}", "http") from None
        self._httpx = httpx
        self._own = own
        self._where = where
        self._home = is_loopback(urlsplit(own.url).hostname or "")
        self._clients: dict[str, list[httpx.AsyncClient]] = {}
        self._turn = 0
        self.busy = 0

    async def close(self) -> None:
        """Close the connections."""
        clients, self._clients = [one for some in self._clients.values() for one in some], {}
        for client in clients:
            with suppress(Exception):
                await client.aclose()

    @asynccontextmanager
    async def answer(self, sent: Sent) -> AsyncIterator[Answer]:
        """Send a request and give the answer to be read, after redirects.

        Raises:
            TargetError: when the agent cannot be reached, must not be, or answers with an error.
        """
        self.busy += 1
        try:
            response = await self._answered(sent)
            try:
                answer = Answer(response, self._own, self._where)
                await answer.refuse_errors()
                yield answer
            finally:
                await response.aclose()
        except self._httpx.TimeoutException as error:
            raise self._silent(error) from None
        except (self._httpx.RemoteProtocolError, self._httpx.ReadError, self._httpx.WriteError) as error:
            raise self._broken(error, fault="agent") from None
        finally:
            self.busy -= 1

    async def _answered(self, sent: Sent) -> httpx.Response:
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._once(sent)
            if response.status_code not in _MOVED or "location" not in response.headers:
                return response
            await response.aclose()
            sent = self._moved(sent, response.status_code, response.headers["location"])
        raise self._error("redirect", f"it redirects more than {_MOST_REDIRECTS} times", "name the last address")

    def _moved(self, sent: Sent, status: int, location: str) -> Sent:
        """The request for where it says that the agent is; what a key is for stays with the host that it was meant for."""
        url = urljoin(sent.url, location)
        shown = one_line(url, 200)
        if urlsplit(url).scheme not in {"http", "https"} or (sent.url.startswith("https:") and url.startswith("http:")):
            raise self._error("redirect", f"it redirects to {shown}, which is refused", "name the agent's own address")
        if status not in _KEPT and sent.method != "GET":
            raise self._error(
                "redirect",
                f"it answers {status} and redirects to {shown}",
                f"write that address into `url`: a {sent.method} is not sent on",
            )
        same = urlsplit(url)[:2] == urlsplit(sent.url)[:2]
        headers = {name: text for name, text in sent.headers.items() if same or name.lower() in _CREDENTIALS}
        return Sent(sent.method, url, headers, sent.content)

    async def _once(self, sent: Sent) -> httpx.Response:
        parts = urlsplit(sent.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        addresses = await resolved(host, port, loopback=self._home, private=self._own.private, where=self._where)
        client, failed = self._client(parts.scheme), ""
        for address in addresses:
            request = client.build_request(
                sent.method,
                _with_host(parts, address),
                headers={
                    "User-Agent": f"finharness/{__version__}",
                    "Accept-Encoding": "gzip",
                    **sent.headers,
                    "Host": parts.netloc,
                },
                content=sent.content,
                extensions={"sni_hostname": host, "timeout": self._timeout()},
            )
            try:
                return await client.send(request, stream=True)
            except (self._httpx.ConnectError, self._httpx.ConnectTimeout) as error:
                failed = str(error) or type(error).__name__
            except (self._httpx.RemoteProtocolError, self._httpx.ReadError, self._httpx.WriteError) as error:
                raise self._broken(error, fault="target") from None
        raise self._error(
            "unreachable", f"it cannot be reached: {one_line(failed, 300)}", "start the agent, or correct `url`"
        )

    def _timeout(self) -> dict[str, float | None]:
        return {"connect": self._own.connect_s, "read": self._own.idle_s, "write": self._own.idle_s, "pool": None}

    def _client(self, scheme: str) -> httpx.AsyncClient:
        clients = self._clients.setdefault(scheme, [])
        wanted = self.busy // _PER_CLIENT
        if wanted >= len(clients):
            limits = self._httpx.Limits(max_connections=None, max_keepalive_connections=_PER_CLIENT)
            # Nothing is verified where nothing is encrypted: reading the certificates takes longer than the request.
            verify = trust() if scheme == "https" else False
            clients.append(
                self._httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, limits=limits)
            )
            return clients[-1]
        self._turn += 1
        return clients[self._turn % len(clients)]

    def _silent(self, error: Exception) -> TargetError:
        del error
        problem = f"it said nothing for {self._own.idle_s:g} s" if self._own.idle_s else "it did not answer"
        return TargetError("silent", problem, remedy="`idle_s` says how long", where=self._where, fault="agent")

    def _broken(self, error: Exception, *, fault: Any) -> TargetError:
        told = one_line(str(error), 200) or type(error).__name__
        kind, problem = (
            ("broken_off", "broke off in the middle of its answer")
            if fault == "agent"
            else ("no_answer", "closed the connection without an answer")
        )
        return TargetError(kind, f"it {problem} ({told})", remedy="look into its log", where=self._where, fault=fault)

    def _error(self, kind: str, problem: str, remedy: str) -> TargetError:
        return TargetError(kind, problem, remedy=remedy, where=self._where)


class Answer:
    """An answer that is being received."""

    def __init__(self, response: httpx.Response, own: Settings, where: str) -> None:
        self._response = response
        self._own = own
        self._where = where
        self.kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def refuse_errors(self) -> None:
        """Refuse what is no success, with what it says.

        Raises:
            TargetError: naming the status.
        """
        status = self._response.status_code
        if 200 <= status < 300:
            return
        told = await self._beginning()
        said = f" and says: {told}" if told else ""
        fault = fault_of(status)
        remedy = _REMEDIES.get(
            status, "look into its log" if fault == "agent" else "correct `url`, `headers` or `body`"
        )
        raise TargetError(f"http_{status}", f"it answers {status}{said}", remedy=remedy, where=self._where, fault=fault)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, unpacked and bounded.

        Raises:
            TargetError: when it is too long, or packed in a way that was not asked for.
        """
        packed = self._response.headers.get("content-encoding", "identity").strip().lower()
        if packed not in {"identity", "", "gzip", "deflate"}:
            raise self._invalid(f"it is packed with {packed}, which was not asked for")
        unpack = zlib.decompressobj(47) if packed in {"gzip", "deflate"} else None
        left = self._own.max_answer_kb << 10
        async for data in self._response.aiter_raw():
            for piece in (data,) if unpack is None else _unpacked(unpack, data):
                left -= len(piece)
                if left < 0:
                    problem = f"its answer is longer than {self._own.max_answer_kb} KiB"
                    raise TargetError(
                        "output", problem, remedy="`max_answer_kb` says how long", where=self._where, fault="agent"
                    )
                yield piece

    async def document(self) -> Any:
        """The one JSON document that it holds.

        Raises:
            TargetError: when it is none.
        """
        text = await self.text()
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            if not text.strip():
                raise self._invalid("it is empty, where one JSON document was expected") from None
            began = one_line(text.strip()[:80], 80)
            what = (
                "a web page"
                if self.kind == "text/html" or began.lower().startswith(("<!doctype", "<html"))
                else "no JSON"
            )
            extra = "; is `url` the agent's own, and does it need a key?" if what == "a web page" else f" ({error})"
            raise self._invalid(f"it is {what}{extra}; it begins {began!r}") from None

    async def text(self) -> str:
        """All of it as text."""
        return b"".join([piece async for piece in self.pieces()]).decode("utf-8", "replace")

    def refuse_page(self) -> None:
        """Refuse a web page where events were expected.

        Raises:
            TargetError: when it is one.
        """
        if self.kind in {"text/html", "application/xhtml+xml"}:
            raise self._invalid(
                "it is a web page where events were expected; is `url` the agent's own, and does it need a key?"
            )

    def _invalid(self, problem: str) -> TargetError:
        remedy = "`stream` says what is expected; ask it once by hand, with curl"
        return TargetError(
            "invalid_output", f"its answer cannot be read: {problem}", remedy=remedy, where=self._where, fault="agent"
        )

    async def _beginning(self) -> str:
        with suppress(TargetError):
            read = b""
            async for piece in self.pieces():
                read += piece
                if len(read) > 2000:
                    break
            return one_line(read[:2000].decode("utf-8", "replace").strip(), 300)
        return ""


def fault_of(status: int) -> Fault:
    """Whose fault an HTTP status is: what was asked wrongly, or did not get through, says nothing about the agent."""
    return "target" if status in _NOT_THE_AGENT | _BEHIND else "agent"


_REMEDIES: Final = {
    401: "give it a key under `headers`",
    403: "give it a key under `headers` that may do this",
    404: "correct `url`",
    405: "correct `method` or `url`",
    422: "correct `body`: it says what it expects",
    429: "run with a smaller -j",
}


def trust() -> ssl.SSLContext:
    """Certificates to trust: the system's, or those of SSL_CERT_FILE and SSL_CERT_DIR, and the library's own."""
    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _unpacked(unpack: Any, data: bytes) -> list[bytes]:
    """Unpack in small pieces, so that a small answer that unpacks to gigabytes is noticed at its first megabyte."""
    pieces = []
    while data:
        pieces.append(unpack.decompress(data, 1 << 20))
        data = unpack.unconsumed_tail
        if len(pieces) > 64:
            break
    return pieces


def _with_host(parts: SplitResult, address: str) -> str:
    host = f"[{address}]" if ":" in address else address
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
