"""Listen to a relay from Python: comes back where it left off when the connection breaks, and can interrupt."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from harness.errors import Incomplete, MissingExtra
from harness.frozen import frozen

if TYPE_CHECKING:
    import httpx

_LONGEST_WAIT_S: Final = 10.0
_SILENCE_S: Final = 60.0


@frozen
class Heard:
    """One event."""

    type: str
    """Its kind, such as `text_delta`."""

    id: int
    """Its number."""

    trial: str
    """Trial that it belongs to."""

    data: Mapping[str, Any] = field(default_factory=dict)
    """All of it."""

    @property
    def text(self) -> str:
        """What is said in it; empty where nothing is."""
        found = self.data.get("text", "")
        return found if isinstance(found, str) else ""


class RelayClient:
    """A listener.

    Args:
        url: Where the relay is.
        tries: Connections in a row that may fail, or end without a new event, before it gives up.
        sleep: Waits for seconds; tests put their own here.
        transport: How to connect; httpx's own by default.
    """

    def __init__(
        self,
        url: str,
        *,
        tries: int = 5,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("the relay's client", "http") from error
        self._http = httpx.Client(base_url=url, transport=transport, timeout=httpx.Timeout(10.0, read=_SILENCE_S))
        self._url, self._tries, self._sleep = url, tries, sleep
        self.reconnects = 0
        """How often the connection was lost and made again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def start(self, agent: str, said: Any, **more: Any) -> str:
        """Run an agent; gives the trial's name.

        Raises:
            Incomplete: when the relay cannot be reached or refuses.
        """
        return str(self._post("/trials", {"agent": agent, "input": said, **more})["trial"])

    def trials(self) -> list[dict[str, Any]]:
        """What can be heard."""
        return list(self._send("GET", "/trials", None)["trials"])

    def interrupt(self, trial: str, redirect: str | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Stop a trial; it is safe to ask again, because the same wish is done once.

        Args:
            trial: Which.
            redirect: What to do instead.
            key: The wish's own id; a new one by default.

        Raises:
            Incomplete: when the relay cannot be reached or refuses.
        """
        wish = {"id": key or uuid.uuid4().hex, **({"redirect": redirect} if redirect is not None else {})}
        return self._post(f"/trials/{trial}/interrupt", wish)

    def events(self, trial: str = "", *, after: int = 0, form: str = "seven") -> Iterator[Heard]:
        """The events of a trial to its end, each once, however often the connection breaks.

        Args:
            trial: Which; the only one that runs by default.
            after: Number of the last event that is known already.
            form: `seven` or `ten`.

        Raises:
            Incomplete: when it cannot be heard to its end.
        """
        import httpx

        failures, at = 0, _Place(after, trial)
        while True:
            before, problem = at.number, "the connection ended before the trial did"
            try:
                yield from self._hear(at, form)
                if at.is_over:
                    return
            except httpx.HTTPError as error:
                problem = f"{type(error).__name__}: {error}".rstrip(": ")
            failures = 1 if at.number > before else failures + 1
            if failures >= self._tries:
                raise Incomplete(
                    problem, remedy="look whether the relay still runs, and ask again with `after`", where=self._url
                )
            self.reconnects += 1
            self._sleep(at.retry_s or min(_LONGEST_WAIT_S, 0.1 * 2**failures) * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    def _hear(self, at: _Place, form: str) -> Iterator[Heard]:
        from harness.adapters.http.sse import EventStream

        headers = {"last-event-id": str(at.number), "accept": "text/event-stream", "accept-encoding": "gzip"}
        params = {"form": form, **({"trial": at.trial} if at.trial else {})}
        with self._http.stream("GET", "/events", params=params, headers=headers) as response:
            if response.status_code != 200:
                response.read()
                raise Incomplete(_problem(response), remedy="ask GET /trials what can be heard", where=self._url)
            at.trial = response.headers.get("x-trial", at.trial)
            stream = EventStream()
            for piece in response.iter_bytes():
                for event in stream.feed(piece):
                    heard = _read(event.data)
                    at.is_over = at.is_over or heard.type == "done"
                    if at.is_new(heard):
                        yield heard
                at.retry_s = stream.retry_s

    def _post(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._send("POST", path, content)

    def _send(self, method: str, path: str, content: Mapping[str, Any] | None) -> dict[str, Any]:
        import httpx

        try:
            response = self._http.request(method, path, json=content)
        except httpx.HTTPError as error:
            raise Incomplete(
                f"{type(error).__name__}: {error}", remedy="start it: finharness eval --stream PORT", where=self._url
            ) from error
        if response.status_code >= 300:
            raise Incomplete(_problem(response), remedy="correct what it says, and ask again", where=self._url)
        return dict(response.json())


@dataclass
class _Place:
    """How far a listener has come."""

    number: int
    trial: str
    is_over: bool = False
    retry_s: float | None = None

    def is_new(self, heard: Heard) -> bool:
        """Whether an event was not heard before; then it is the last one that was."""
        if heard.id <= self.number:
            return False
        self.number = heard.id
        return True


def _read(data: str) -> Heard:
    try:
        found = json.loads(data)
    except ValueError:
        found = {}
    found = found if isinstance(found, dict) else {}
    number = found.get("id")
    return Heard(
        str(found.get("type") or ""),
        number if isinstance(number, int) else 0,
        str(found.get("session_id") or ""),
        found,
    )


def _problem(response: httpx.Response) -> str:
    try:
        return str(response.json().get("error") or f"HTTP {response.status_code}")
    except (ValueError, AttributeError):
        return f"HTTP {response.status_code}"
