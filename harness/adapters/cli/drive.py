"""Run a program for each turn of a trial and read what it answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.adapters.context import Context
from harness.adapters.python import run_turns
from harness.adapters.reply import TurnRecord
from harness.adapters.request import InvalidOutputError, Request
from harness.adapters.target import TargetError
from harness.adapters.wire import Reading, Session, reader_of, require_environ
from harness.adapters.wire.lines import Lines
from harness.adapters.wire.scribe import Scribe
from harness.errors import AgentError, nearest
from harness.text import one_line
from harness.workspace import AgentSettings
from harness.workspace.harmless import harmless

from .process import Finished, Started, TooMuchError, run
from .settings import Settings

if TYPE_CHECKING:
    from harness.gateway.beside import Entrance

_INPUT: Final = "input"
_OUTPUT: Final = "output"


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> CliDrive:
    """Prepare a program.

    Raises:
        AgentError: when it is not there.
    """
    where = f"agents.{agent.name} ({own.place})"
    allowed = {*agent.env, *own.variables}
    seen = {name: text for name, text in environ.items() if harmless(name) or name in allowed}
    require_environ(own.variables, environ, where=where)
    program = own.command[0]
    if "{" not in program:
        program = _found(program, root, seen, where)
    elif program.startswith("{root}/"):
        program = _found(program.replace("{root}", ".", 1), root, seen, where)
    if own.cwd is not None and not (root / own.cwd).is_dir():
        raise AgentError(f"there is no folder {own.cwd!r} in the workspace", remedy="correct `cwd`", where=where)
    return CliDrive(own, (program, *own.command[1:]), root, seen, where=where)


def _found(program: str, root: Path, environ: Mapping[str, str], where: str) -> str:
    """The program's path: a name is looked up in PATH, anything else in the workspace."""
    path = environ.get("PATH", os.defpath)
    found = str(root / program) if "/" in program else shutil.which(program, path=path)
    if found is None:
        raise AgentError(
            f"there is no program {program!r} in PATH", remedy="install it, or write its path", where=where
        )
    file = Path(found)
    if not file.is_file():
        near = [item.name for item in file.parent.iterdir()] if file.parent.is_dir() else []
        remedy = nearest(file.name, near) if near else "write a path relative to the workspace"
        raise AgentError(f"there is no file {program!r}", remedy=remedy, where=where)
    if not os.access(file, os.X_OK):
        raise AgentError(
            f"{program!r} is no program that may be run",
            remedy=f"chmod +x {program}, or name its interpreter",
            where=where,
        )
    return found


class CliDrive:
    """Starts the program for each turn, in a folder that is the trial's own."""

    def __init__(
        self, own: Settings, command: Sequence[str], root: Path, environ: Mapping[str, str], *, where: str
    ) -> None:
        self._own = own
        self._command = command
        self._root = root
        self._environ = environ
        self._where = where

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        session = Session(where=self._where, environ=self._environ)
        with tempfile.TemporaryDirectory(prefix="finharness-", ignore_cleanup_errors=True) as folder:

            async def turn_of(request: Request, context: Context, turn: TurnRecord) -> None:
                await _Turn(self._own, Path(folder), self._where).run(
                    self._started(session, request, Path(folder), context.gateway), context, turn
                )

            await run_turns(inputs, first, context, turn_of, metered=False)

    def _started(self, session: Session, request: Request, trial: Path, gateway: Entrance | None) -> Started:
        """Write the turn's files and fill in the command."""
        own = self._own
        (trial / ".turn").mkdir(exist_ok=True)
        (trial / ".turn" / _INPUT).write_text(request.text, encoding="utf-8", errors="surrogatepass")
        (trial / ".turn" / _OUTPUT).unlink(missing_ok=True)
        home = trial / "files" if own.cwd is None else self._root / own.cwd
        home.mkdir(exist_ok=True)
        values = session.values(
            request,
            root=str(self._root),
            folder=str(home),
            input_file=str(trial / ".turn" / _INPUT),
            output_file=str(trial / ".turn" / _OUTPUT),
        )
        words = [self._command[0], *(session.fill_text(word, values) for word in self._command[1:])]
        if "{" in words[0] and self._command[0] == own.command[0]:
            words[0] = session.fill_text(words[0], values)
        extra = {name: session.fill_text(text, values) for name, text in own.set_env.items()}
        entrance = {} if gateway is None else gateway.environ
        seen = {**self._environ, **entrance, "FINHARNESS_SESSION": session.id, **extra}
        return Started(words, home, seen, self._stdin(values))

    def _stdin(self, values: Mapping[str, Any]) -> bytes | None:
        if self._own.stdin == "nothing":
            return None
        if self._own.stdin == "input" and isinstance(values["input"], str):
            return values["input"].encode("utf-8", "surrogatepass")
        names = ("input", "turn", "history", "session", "seed", "as_of", "world")
        whole = values["input"] if self._own.stdin == "input" else {name: values[name] for name in names}
        return json.dumps(whole).encode()


class _Turn:
    """One run of the program."""

    def __init__(self, own: Settings, trial: Path, where: str) -> None:
        self._own = own
        self._trial = trial
        self._where = where
        self._printed = bytearray()

    async def run(self, started: Started, context: Context, turn: TurnRecord) -> None:
        """Run it, read its answer and collect its files."""
        from .files import Files

        own, scribe = self._own, Scribe(context.recorder, turn, where=self._where)
        lines = Lines(reader_of(own.events, own.map, event_at=own.event_at), scribe)
        streams = own.output == "events" and own.output_from == "stdout"
        files = Files(started.folder)
        try:
            finished = await run(
                started, most=own.max_output_kb << 10, hear=lines.feed if streams else self._printed.extend
            )
        except TooMuchError:
            raise self._failed("output", f"it printed more than {own.max_output_kb} KiB") from None
        except (OSError, ValueError) as error:
            raise self._not_started(error) from None
        if finished.complaint:
            sys.stderr.write(finished.complaint)  # kept with what the trial printed
        self._refuse_exit(finished)
        for name, content in files.collected(own.collect, own.max_output_kb << 10):
            context.recorder.artifact(name, content)
        said = lines.rest() if streams else self._said()
        if own.output == "events":
            lines.finish(said)
        else:
            self._answer(said, context, turn)

    def _said(self) -> bytes:
        """What was printed, or the file it was told to write."""
        if self._own.output_from == "stdout":
            return bytes(self._printed)
        file, most = self._trial / ".turn" / _OUTPUT, self._own.max_output_kb << 10
        if not file.is_file() or file.is_symlink():
            raise InvalidOutputError("{output_file}", "the program ended without writing it")
        if file.stat().st_size > most:
            raise self._failed("output", f"it wrote more than {self._own.max_output_kb} KiB")
        return file.read_bytes()

    def _answer(self, said: bytes, context: Context, turn: TurnRecord) -> None:
        text = said.decode("utf-8", "replace")
        if self._own.output == "text":
            if text.strip():
                turn.returned(text.rstrip("\r\n"))
            return
        Reading(self._own, where=self._where).take(_document(text), context.recorder, turn)

    def _refuse_exit(self, finished: Finished) -> None:
        if finished.code in self._own.exit_codes:
            return
        told = one_line(finished.complaint.strip()[-600:], 600)
        said = f": {told}" if told else " and said nothing on standard error"
        if finished.code < 0:
            name = signal.Signals(-finished.code).name if -finished.code in set(signal.Signals) else "a signal"
            raise self._failed(f"signal_{-finished.code}", f"the program was ended by {name}{said}")
        raise self._failed(f"exit_{finished.code}", f"the program ended with exit code {finished.code}{said}")

    def _failed(self, kind: str, problem: str) -> TargetError:
        remedy = "run the command by hand; `exit_codes` and `max_output_kb` say what is accepted"
        return TargetError(kind, problem, remedy=remedy, where=self._where, fault="agent")

    def _not_started(self, error: Exception) -> TargetError:
        told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return TargetError(
            "not_started",
            f"the program could not be started: {told}",
            remedy="long inputs and those with NUL go through {input_file} or stdin",
            where=self._where,
        )


def _document(text: str) -> Any:
    """The one JSON document that was printed.

    Raises:
        InvalidOutputError: when it is none, or more than one.
    """
    decoder, stripped = json.JSONDecoder(), text.strip()
    if not stripped:
        raise InvalidOutputError("output", "nothing was printed where one JSON document was expected")
    try:
        document, end = decoder.raw_decode(stripped)
    except (ValueError, RecursionError) as error:
        began = one_line(stripped[:80], 80)
        raise InvalidOutputError("output", f"no JSON document ({error}); it begins {began!r}") from None
    rest = stripped[end:].strip()
    if not rest:
        return document
    try:
        decoder.raw_decode(rest)
    except (ValueError, RecursionError):
        raise InvalidOutputError("output", f"a JSON document, then {one_line(rest[:80], 80)!r}") from None
    raise InvalidOutputError(
        "output", 'two JSON documents where one was expected; for a line per event write output = "events"'
    )
