"""The command line: find the verb, run it, and turn what happened into an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Final, NoReturn

from . import logs
from .errors import ExitCode, HarnessError, nearest
from .outlet import install, lost

VERBS: Final = {
    "init": "init",
    "eval": "eval",
    "validate": "validate",
    "list": "list",
    "show": "show",
    "compare": "compare",
    "gate": "gate",
    "bless": "bless",
    "score": "score",
    "judge": "judge",
    "mutate": "mutate",
    "report": "report",
    "dashboard": "dashboard",
    "gateway": "gateway",
    "import": "import_",
    "merge": "merge",
    "export": "export",
    "schema": "schema",
    "audit": "audit",
    "alarms": "alarms",
    "doctor": "doctor",
}
"""Verb to its module in `harness.commands`, in the order of the help page."""

ALIASES: Final = {"run": "eval"}

_HELP: Final = """\
usage: finharness <command> [options]

Evaluate and observe financial agents.

commands:
{commands}

options:
  -h, --help     show this, or a command's own help
  --version      show the version

Begin with `finharness init`, then `finharness eval`.
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are ours to report: exit code 2, with the nearest known option."""

    def error(self, message: str) -> NoReturn:
        prefix = "unrecognized arguments: "
        remedy = f"see `{self.prog} --help`"
        if message.startswith(prefix):
            unknown = message.removeprefix(prefix).split()[0]
            options = [option for action in self._actions for option in action.option_strings]
            remedy = f"{nearest(unknown, options)} {remedy}" if unknown.startswith("-") else remedy
        raise _Usage(message, remedy=remedy, where=self.prog)


class _Usage(HarnessError):
    """A command line that cannot be understood."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the return value is the process's exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _dispatch(words)
    except HarnessError as error:
        _refuse(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        _complain("interrupted")
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001 - the last resort: whatever escapes is our bug, and says so
        return _bug()
    finally:
        logs.to_words()


def entry() -> NoReturn:
    """Console script: leave with the exit code, whoever still reads what is written."""
    out, _ = install()
    code = main()
    sys.stdout.flush()
    why = lost(out)
    if why is not None:
        _complain(f"what was to be written is not complete ({why}); results are stored\n  fix: finharness show")
        code = code or ExitCode.INCOMPLETE
    sys.exit(code)


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in {"-h", "--help", "help"}:
        print(_help())
        return ExitCode.PASSED if words else ExitCode.USAGE
    if words[0] in {"--version", "-V", "version"}:
        print(f"finharness {_version()}")
        return ExitCode.PASSED
    verb = ALIASES.get(words[0], words[0])
    if verb not in VERBS:
        raise _Usage(f"unknown command {words[0]!r}", remedy=nearest(verb, [*VERBS, *ALIASES]), where="finharness")
    command = _command(verb)
    options = _parser(verb, command).parse_args(words[1:])
    if options.log_json or os.environ.get("FINHARNESS_LOG", "").strip().lower() == "json":
        logs.to_json(command=verb)
    return int(command.run(options))


def _command(verb: str) -> ModuleType:
    return import_module(f"harness.commands.{VERBS[verb]}")


def _parser(verb: str, command: ModuleType) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"finharness {verb}",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-c", "--config", metavar="FILE", help="harness.toml to use, instead of the nearest one")
    parser.add_argument("-v", "--verbose", action="store_true", help="say more")
    parser.add_argument(
        "--log-json", action="store_true", help="messages as JSON lines with trace ids (FINHARNESS_LOG=json)"
    )
    command.arguments(parser)
    return parser


def _help() -> str:
    lines = [f"  {verb:<10} {_first_line(verb)}" for verb in VERBS]
    return _HELP.format(commands="\n".join(lines))


def _first_line(verb: str) -> str:
    """The first line of a command's docstring, read without importing anything heavy."""
    return (_command(verb).__doc__ or "").strip().splitlines()[0].rstrip(".")


def _version() -> str:
    from .version import __version__

    return __version__


def _refuse(error: HarnessError) -> None:
    known = {"problem": error.problem, "remedy": error.remedy, "where": error.where, "exit_code": int(error.exit_code)}
    if logs.on():
        logs.emit("error", "REFUSED", str(error), **known)
    else:
        _complain(str(error))


def _complain(message: str) -> None:
    from .text import visible

    if logs.on():
        logs.emit("error", "ERROR", message)
    else:
        print(visible(message), file=sys.stderr)


def _bug() -> int:
    import traceback

    _complain(traceback.format_exc())
    _complain(
        "This is a bug in finharness, not in your agent or your cases.\n"
        "  fix: report it with the lines above and the output of `finharness doctor`"
    )
    return ExitCode.BUG


if __name__ == "__main__":
    entry()
