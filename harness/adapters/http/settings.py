"""What harness.toml says about an agent behind HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from harness.adapters.wire import AnswerPaths, EventRule, check_template, variables_in
from harness.adapters.wire.events import Preset
from harness.bounds import Ge, Gt, Le
from harness.jsonpath import PathError, parse
from harness.shape import Misfit, value
from harness.workspace import Effects

from .guard import is_loopback

_SECRET: Final = frozenset({"authorization", "x-api-key", "api-key", "cookie", "proxy-authorization", "x-auth-token"})
_SCHEMES: Final = {"websocket": ("ws", "wss")}


@value
class Settings(AnswerPaths):
    """An agent behind HTTP, asked once for every turn and never again for the same one."""

    url: str
    """Its address; placeholders may stand behind the host: `https://agents.example.com/threads/{session}/runs`."""

    method: Literal["POST", "PUT", "GET"] = "POST"
    """How it is asked."""

    headers: dict[str, str] = field(default_factory=dict)
    """Headers; secrets come from the environment: `{Authorization = "Bearer {env.ADVISER_KEY}"}`."""

    body: Any = field(default_factory=lambda: {"input": "{input}", "session_id": "{session}"})
    """What is sent, as JSON; a text is sent as it is."""

    stream: Literal["json", "text", "sse", "lines", "websocket"] = "json"
    """How it answers: one JSON document, plain text, server-sent events, JSON lines, or messages of a WebSocket."""

    events: Preset = "seven-event"
    """How events are read, where there are no rules."""

    map: tuple[EventRule, ...] = ()
    """Rules for its events."""

    event_at: str = "$.type"
    """JSON path of an event's name, where the stream itself gives none."""

    session: str | None = None
    """JSON path of the conversation's id in what it answers; without one, `{session}` is an id of ours."""

    open_url: str | None = None
    """Address that is asked once before the first turn, to begin a conversation; `session` is read from its answer."""

    open_body: Any = field(default_factory=dict)
    """What is sent there."""

    resume: Any = None
    """What is sent when it asks a person: `{command = {resume = "{answer}"}}`. Without it, nothing is answered."""

    private: bool = False
    """Whether it may be in a private network, such as 10.0.0.0/8. Link-local addresses are refused always."""

    connect_s: Annotated[float, Gt(0), Le(600)] = 10.0
    """Longest wait for a connection."""

    idle_s: Annotated[float, Gt(0)] | None = None
    """Longest silence in the middle of an answer; a trial's own deadline always holds."""

    max_answer_kb: Annotated[int, Ge(1), Le(1 << 18)] = 8192
    """Most that one answer may have, after unpacking."""

    def __post_init__(self) -> None:
        """Refuse addresses, templates and paths that cannot be used, and secrets that stand in the file."""
        misfits = [*self._addresses(), *self._templates(), *self._secrets()]
        for name, path in (("event_at", self.event_at), ("session", self.session)):
            try:
                parse("$" if path is None else path)
            except PathError as error:
                misfits.append(Misfit((name,), error.problem, error.remedy))
        if self.open_url is not None and self.session is None:
            misfits.append(
                Misfit(("session",), "'session' is missing beside `open_url`", 'write session = "$.thread_id"')
            )
        self.refuse_besides(misfits)

    @property
    def place(self) -> str:
        """The address, without its query."""
        return self.url.partition("?")[0]

    @property
    def effects(self) -> Effects:
        """On this machine it is taken for a test server; anywhere else it may be the real one."""
        return "none" if is_loopback(urlsplit(self.url).hostname or "") else "forbid"

    @property
    def variables(self) -> tuple[str, ...]:
        """Those that its templates name."""
        return variables_in([self.url, self.headers, self.body, self.open_url or "", self.open_body, self.resume])

    def _addresses(self) -> Iterator[Misfit]:
        wanted = _SCHEMES.get(self.stream, ("http", "https"))
        for name, url in (("url", self.url), ("open_url", self.open_url)):
            schemes = wanted if name == "url" else ("http", "https")
            if url is not None:
                yield from (Misfit((name,), problem, remedy) for problem, remedy in _address(url, schemes))

    def _templates(self) -> Iterator[Misfit]:
        for name in ("url", "headers", "body", "open_url", "open_body"):
            yield from check_template(getattr(self, name), path=(name,))
        yield from check_template(self.resume, path=("resume",), more=("answer", "question"))

    def _secrets(self) -> Iterator[Misfit]:
        for name, text in self.headers.items():
            if name.lower() in _SECRET and "{env." not in text and "{session}" not in text:
                remedy = f'write {name} = "{{env.NAME}}" and export NAME'
                yield Misfit(("headers", name), "a secret does not belong in this file", remedy)
            if not name or not name.isascii() or any(mark in name for mark in ' :\r\n"(){}'):
                yield Misfit(("headers", name), f"{name!r} is no name of a header", "write letters, digits and -")


def _address(url: str, schemes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    example = f"{schemes[0]}://127.0.0.1:8000/chat"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        yield f"{url!r} is no address: {error}", f"write {example}"
        return
    if parts.scheme not in schemes or not parts.hostname:
        yield (
            f"{url!r} is no address that begins with {' or '.join(f'{name}://' for name in schemes)}",
            f"write {example}",
        )
    if "{" in parts.netloc:
        yield "a placeholder in the host", "write the host out: who is asked is not for a case to say"
    if "@" in parts.netloc:
        yield "a user or password in the address", "send it in a header, from the environment"
