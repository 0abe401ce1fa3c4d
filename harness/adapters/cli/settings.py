"""What harness.toml says about an agent that is a program."""

from __future__ import annotations

from dataclasses import field
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal

from harness.adapters.wire import AnswerPaths, EventRule, check_template, variables_in
from harness.adapters.wire.events import Preset
from harness.bounds import Ge, Le, Len
from harness.jsonpath import PathError, parse
from harness.shape import Misfit, value

PLACEHOLDERS: Final = ("root", "folder", "input_file", "output_file")


@value
class Settings(AnswerPaths):
    """A program that is started anew for every turn, without a shell."""

    command: Annotated[tuple[str, ...], Len(1, 1000)]
    """The program and its words: `["node", "{root}/agents/adviser.js", "{input}"]`. Each is one word, whatever is filled in."""

    stdin: Literal["nothing", "input", "request"] = "nothing"
    """What it reads: nothing, the input, or the whole request as JSON."""

    output: Literal["text", "json", "events"] = "text"
    """What it writes: the answer as text, one JSON document, or a line of JSON for each event."""

    output_from: Literal["stdout", "file"] = "stdout"
    """Where the answer is: printed, or in `{output_file}`."""

    events: Preset = "seven-event"
    """How events are read, where there are no rules."""

    map: tuple[EventRule, ...] = ()
    """Rules for its events."""

    event_at: str = "$.type"
    """JSON path of an event's name."""

    collect: dict[str, str] = field(default_factory=dict)
    """Name to pattern of files that it leaves in its folder, to be end states: `{ledger = "out/ledger.json"}`."""

    cwd: str | None = None
    """Folder of the workspace to run it in; by default an empty one for each trial."""

    set_env: dict[str, str] = field(default_factory=dict)
    """Variables to set for it, besides the harmless ones and those under `env`."""

    exit_codes: tuple[int, ...] = (0,)
    """Exit codes with which it has not failed."""

    max_output_kb: Annotated[int, Ge(1), Le(1 << 18)] = 8192
    """Most that it may write to its standard output, or to its output file."""

    def __post_init__(self) -> None:
        """Refuse templates, paths and patterns that cannot be used."""
        misfits = [
            misfit
            for template, name in ((self.command, "command"), (self.set_env, "set_env"))
            for misfit in check_template(template, path=(name,), more=PLACEHOLDERS)
        ]
        if self.command and not self.command[0]:
            misfits.append(Misfit(("command", 0), "the program has no name", 'write command = ["program", "{input}"]'))
        if self.output_from == "file" and not any("{output_file}" in word for word in self.command):
            misfits.append(
                Misfit(("command",), "{output_file} is nowhere in it", "say where it shall write its answer")
            )
        for name, shape in self.collect.items():
            if PurePosixPath(shape).is_absolute() or ".." in PurePosixPath(shape).parts or not shape:
                misfits.append(Misfit(("collect", name), f"{shape!r} leads out of its folder", 'write "out/*.json"'))
        try:
            parse(self.event_at)
        except PathError as error:
            misfits.append(Misfit(("event_at",), error.problem, error.remedy))
        self.refuse_besides(misfits)

    @property
    def place(self) -> str:
        """The program, without what it is given."""
        return " ".join(word for word in self.command[:2] if word != "{input}")

    @property
    def variables(self) -> tuple[str, ...]:
        """Those that its command and its own variables name."""
        return variables_in([self.command, self.set_env])
