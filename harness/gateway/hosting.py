"""Serve an ASGI application on a port: for as long as a command runs, or in a thread behind a `with`."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from harness.errors import ConfigError, Incomplete, MissingExtra

if TYPE_CHECKING:
    import uvicorn

_START_S: Final = 15.0
_GRACE_S: Final = 5


def listening(host: str, port: int) -> socket.socket:
    """Take a port; 0 is any free one.

    Raises:
        ConfigError: when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, accepted connections send at once; asyncio leaves others to wait for an acknowledgement.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(2048)
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"{host}:{port} cannot be used ({error.strerror})", remedy="name another port, or 0 for any", where="--port"
        ) from error
    return taken


def server(app: Any, *, websockets: bool = False) -> uvicorn.Server:
    """A server that is not started yet.

    Args:
        app: ASGI application.
        websockets: Whether it takes WebSockets.

    Raises:
        MissingExtra: when uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtra("the gateway", "gateway") from error
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="critical",  # a fault that cuts a connection is no error of the server's
        lifespan="on",
        loop="asyncio",
        ws="websockets-sansio" if websockets else "none",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def address(taken: socket.socket) -> str:
    """The base URL of a port that was taken."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Serving:
    """An application that is served by a thread of its own, so that nothing its callers do can keep it from answering."""

    def __init__(self, app: Any, *, host: str = "127.0.0.1", port: int = 0, websockets: bool = False) -> None:
        """Start it.

        Args:
            app: ASGI application.
            host: Address to listen on.
            port: Port; 0 takes a free one.
            websockets: Whether it takes WebSockets.

        Raises:
            ConfigError: when the port cannot be had.
            Incomplete: when it does not start.
        """
        self._socket = listening(host, port)
        self.url = address(self._socket)
        """Where it is."""
        self._server = server(app, websockets=websockets)
        self._thread = threading.Thread(target=self._run, name="finharness-gateway", daemon=True)
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_S / 0.005)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.005)
        if not self._server.started:
            self.close()
            raise Incomplete("the gateway did not start", remedy="look at what it printed")

    def close(self) -> None:
        """Stop it; requests under way have a few seconds."""
        self._server.should_exit = True
        self._thread.join(_GRACE_S + _START_S)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


@contextmanager
def serving(app: Any, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve an application while the body runs; gives its base URL."""
    running = Serving(app, host=host, port=port)
    try:
        yield running.url
    finally:
        running.close()
