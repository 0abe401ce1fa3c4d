"""Turn production traces into cases that wait to be looked at: what `finharness import otel` and `import langfuse` do."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

if TYPE_CHECKING:
    from harness.importers.inbox import Drafted
    from harness.importers.traces import Imported
    from harness.workspace import Workspace

FORMATS = ("otel", "langfuse")


def drafting(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_argument_group("production traces: otel, langfuse")
    which.add_argument("--since", metavar="TIME", help="langfuse without FILE: traces since 24h, 7d or an ISO time")
    which.add_argument("--environment", metavar="NAME", help="langfuse without FILE: only this environment")
    which.add_argument("--trace", action="append", default=[], metavar="ID", help="only traces whose id begins so")
    which.add_argument("--only", choices=["failed", "disliked"], help="only traces that failed, or that users disliked")
    which.add_argument("--most", type=int, metavar="N", help="at most N traces")
    which.add_argument("--dry-run", action="store_true", help="say what is in the traces, and write nothing")


def draft(workspace: Workspace, options: argparse.Namespace) -> int:
    """Read traces, say what was in them, and write the cases that they give."""
    from harness.importers.inbox import INBOX, drafted, known_ids, write_drafts
    from harness.importers.traces import told
    from harness.render.terminal import say

    if options.cases is not None:
        raise UserError(
            "production traces go to the inbox, where somebody looks at them first",
            remedy=f"leave --cases out; move what is good from cases/{INBOX}/ to your suites afterwards",
            where="--cases",
        )
    imported = narrowed(read(options), options)
    for line in told(imported):
        say(line)
    made = drafted(imported.episodes, imported.origin, known_ids(workspace.cases))
    if options.dry_run:
        say(f"{len(made.drafts)} cases would be written; nothing was")
        return ExitCode.PASSED
    if made.drafts:
        about = f"Drafted from {imported.origin['file']} ({options.format})."
        name = (
            options.suite if options.suite != options.format else Path(imported.origin["file"]).name.partition(".")[0]
        )
        path = write_drafts(made.drafts, workspace.cases, name, agent=options.agent, about=about)
        _say_written(made, path, workspace)
    _say_left_out(made)
    return ExitCode.PASSED if made.drafts or made.same else ExitCode.INCOMPLETE


def read(options: argparse.Namespace) -> Imported:
    """The traces of a file, or of Langfuse itself.

    Raises:
        UserError: when there is none, or it cannot be read.
    """
    if options.format == "otel":
        from harness.importers.traces import read_otel

        if options.file is None:
            raise UserError("the file is missing", remedy="name it: finharness import otel spans.json", where="FILE")
        return read_otel(options.file)
    if options.file is not None:
        from harness.importers.langfuse.reading import read_langfuse

        return read_langfuse(options.file)
    from harness.importers.langfuse.fetching import fetch

    return fetch(
        since=options.since, environment=options.environment or "", most=options.most or 100, ids=tuple(options.trace)
    )


def narrowed(imported: Imported, options: argparse.Namespace) -> Imported:
    """The traces that were asked for.

    Raises:
        UserError: when none is left.
    """
    from harness.importers.traces import chosen

    return chosen(imported, ids=tuple(options.trace), only=options.only or "", most=options.most)


def _say_written(made: Drafted, path: Path, workspace: Workspace) -> None:
    from harness.render.terminal import say

    shown = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path
    say(f"wrote {len(made.drafts)} cases to {shown}; {made.replaced} personal values were replaced")
    say(f"next: look at them, then finharness validate {shown}")


def _say_left_out(made: Drafted) -> None:
    from harness.render.terminal import say

    if made.same:
        say(f"{made.same} traces have nothing new: their content is a case already")
    for line in made.empty[:5]:
        say(f"left out: {line}")
    if len(made.empty) > 5:
        say(f"left out: {len(made.empty) - 5} more in which nothing was asked")
