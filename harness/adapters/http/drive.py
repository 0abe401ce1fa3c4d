"""Ask an agent behind HTTP once for each turn of a trial, and read what it answers as it comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from harness.adapters.context import Context
from harness.adapters.python import run_turns
from harness.adapters.reply import TurnRecord
from harness.adapters.request import Request
from harness.adapters.target import TargetError
from harness.adapters.wire import Reader, Reading, Session, reader_of, require_environ
from harness.adapters.wire.lines import Lines
from harness.adapters.wire.scribe import Scribe
from harness.jsonpath import parse
from harness.workspace import AgentSettings

from .client import Answer, HttpClient, Sent
from .settings import Settings
from .sse import EventStream, ServerEvent

_MOST_QUESTIONS: Final = 20


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> HttpDrive:
    """Prepare an agent behind HTTP.

    Raises:
        AgentError: when a variable of the environment is missing.
        MissingExtra: when the library is not installed.
    """
    where = f"agents.{agent.name} ({own.place})"
    require_environ(own.variables, environ, where=where)
    if own.stream == "websocket":
        from .websocket import library

        library(own)
    return HttpDrive(own, HttpClient(own, where=where), environ, where=where)


class HttpDrive:
    """Asks it; shared by all trials of a process, and so are its connections."""

    def __init__(self, own: Settings, client: HttpClient, environ: Mapping[str, str], *, where: str) -> None:
        self._own = own
        self._client = client
        self._environ = {name: environ[name] for name in own.variables}
        self._where = where

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns of one conversation."""
        talk = Talk(self._own, self._client, Session(where=self._where, environ=self._environ), self._where)
        try:
            await talk.open(first)
            await run_turns(inputs, first, context, talk.turn, metered=False)
        finally:
            await talk.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


class Talk:
    """One conversation with the agent."""

    def __init__(self, own: Settings, client: HttpClient, session: Session, where: str) -> None:
        self._own = own
        self._client = client
        self._session = session
        self._where = where
        self._socket: Any = None

    async def open(self, request: Request) -> None:
        """Begin it, where it must be begun."""
        if self._own.open_url is not None:
            values = self._session.values(request)
            sent = self._request(self._own.open_url, self._own.open_body, values, method="POST")
            async with self._client.answer(sent) as answer:
                self._learn(await answer.document())

    async def turn(self, request: Request, context: Context, turn: TurnRecord) -> None:
        """Say something, and answer what the agent asks a person meanwhile."""
        own = self._own
        scribe = Scribe(context.recorder, turn, where=self._where, named=self._named)
        reader = reader_of(own.events, own.map, event_at=own.event_at)
        values, body = self._session.values(request), own.body
        for _ in range(_MOST_QUESTIONS):
            scribe.is_done = False
            await self._exchange(body, values, Hearing(context, turn, scribe, reader))
            answers = [context.ask(str(item["question"]), details=item.get("details")) for item in scribe.asked]
            if not answers:
                break
            asked = str(scribe.asked[-1]["question"])
            if own.resume is None:
                if not turn.has_spoken:
                    turn.yielded(("text_done", {"text": asked}))
                break
            scribe.asked.clear()
            body, values = own.resume, self._session.values(request, answer=answers[-1], question=asked)
        scribe.close()

    async def close(self) -> None:
        """End it."""
        if self._socket is not None:
            await self._socket.close()

    async def _exchange(self, body: Any, values: Mapping[str, Any], hearing: Hearing) -> None:
        if self._own.stream == "websocket":
            await self._speak(body, values, hearing)
            return
        sent = self._request(self._own.url, body, values, method=self._own.method)
        async with self._client.answer(sent) as answer:
            if self._own.stream == "text":
                hearing.turn.returned(await answer.text())
            elif self._own.stream == "json":
                document = await answer.document()
                self._learn(document)
                Reading(self._own, where=self._where).take(document, hearing.context.recorder, hearing.turn)
            else:
                answer.refuse_page()
                await self._stream(answer, hearing)

    async def _stream(self, answer: Answer, hearing: Hearing) -> None:
        if self._own.stream == "lines":
            lines = Lines(hearing.reader, hearing.scribe, learn=self._learn)
            async for piece in answer.pieces():
                lines.feed(piece)
                if hearing.scribe.is_done:
                    break
            else:
                lines.end(lines.rest())
        else:
            events = EventStream()
            async for piece in answer.pieces():
                self._hear(events.feed(piece), hearing)
                if hearing.scribe.is_done:
                    break
            else:
                self._hear(events.rest(), hearing)
        self._refuse_cut(hearing)

    def _hear(self, events: Any, hearing: Hearing) -> None:
        event: ServerEvent
        for event in events:
            data: Any = event.data
            with suppress(ValueError, RecursionError):  # what is no JSON is text, such as `[DONE]`
                data = json.loads(event.data)
            hearing.take("" if event.name == "message" else event.name, data, self._learn)

    async def _speak(self, body: Any, values: Mapping[str, Any], hearing: Hearing) -> None:
        from .websocket import Socket

        if self._socket is None:
            sent = self._request(self._own.url, None, values, method="GET")
            self._socket = await Socket.opened(self._own, sent, where=self._where)
        filled = self._session.fill(body, values)
        await self._socket.say(filled if isinstance(filled, str) else json.dumps(filled))
        async for data in self._socket.messages():
            hearing.take("", data, self._learn)
            if hearing.scribe.is_done or hearing.scribe.asked:
                return
        self._refuse_cut(hearing)

    def _request(self, url: str, body: Any, values: Mapping[str, Any], *, method: str) -> Sent:
        """Fill in one request."""
        headers = {name: self._session.fill_text(text, values) for name, text in self._own.headers.items()}
        for name, text in headers.items():
            if any(mark in text for mark in "\r\n\0"):
                raise TargetError(
                    "template", f"the header {name!r} would hold a line break", remedy="correct it", where=self._where
                )
        address = self._session.fill_text(url, values, quote=lambda text: quote(text, safe=""))
        content, kind = None, "application/json"
        if method != "GET" and body is not None:
            filled = self._session.fill(body, values)
            content = filled.encode() if isinstance(filled, str) else json.dumps(filled).encode()
            kind = "text/plain; charset=utf-8" if isinstance(filled, str) else kind
        usual = {"Accept": _ACCEPT[self._own.stream], **({} if content is None else {"Content-Type": kind})}
        return Sent(method, address, {**usual, **headers}, content)

    def _learn(self, document: Any) -> None:
        """Take the conversation's id from what the agent says, where it gives one."""
        if self._own.session is not None:
            found = parse(self._own.session).find(document)
            if found and found[0].value is not None:
                self._session.id = str(found[0].value)

    def _named(self, name: str) -> None:
        self._session.id = name

    def _refuse_cut(self, hearing: Hearing) -> None:
        """Refuse a stream that ended before its end was announced, where its kind always announces it."""
        if hearing.announces_end(self._own) and not hearing.scribe.is_done and hearing.scribe.heard:
            raise TargetError(
                "cut_short",
                "its stream ended without the event that ends it",
                remedy="look into its log; where it never sends one, give `map` rules without `done`",
                where=self._where,
                fault="agent",
            )


class Hearing:
    """Who listens during one turn."""

    def __init__(self, context: Context, turn: TurnRecord, scribe: Scribe, reader: Reader) -> None:
        self.context = context
        self.turn = turn
        self.scribe = scribe
        self.reader = reader

    def take(self, name: str, data: Any, learn: Any) -> None:
        """Take one event."""
        self.scribe.heard[name or (str(data.get("type", "")) if isinstance(data, Mapping) else "")] += 1
        learn(data)
        self.scribe.take(self.reader.feed(name, data))

    def announces_end(self, own: Settings) -> bool:
        """Whether every stream of this kind ends with `done`; one that stopped to ask, or failed, need not."""
        if self.scribe.asked or self.scribe.has_failed:
            return False
        if own.map:
            return any(rule.kind == "done" for rule in own.map)
        return own.events in {"seven-event", "ten-event"}


_ACCEPT: Final = {
    "json": "application/json",
    "text": "text/plain, */*",
    "sse": "text/event-stream",
    "lines": "application/x-ndjson, application/jsonl",
    "websocket": "*/*",
}
