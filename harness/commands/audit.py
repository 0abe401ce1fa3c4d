"""Show, verify and look after the audit log of what agents decided.

finharness audit verify [FILE]       whether every entry is there, in order and unchanged; exit 1 names the first that is not
finharness audit show [FILE]         the newest entries; choose with --event, --agent, --job, --trace, --since
finharness audit export -o FILE      entries as .jsonl (a log again), .json or .csv; --anonymise; --run makes a run's anew
finharness audit prune --keep-days N remove older entries; what is left can still be verified
finharness audit head [FILE]         the last entry as NUMBER:HASH: note it elsewhere, verify from there with --head
finharness audit repair [FILE]       put aside half a line that a killed process left
finharness audit anchor [FILE]       write a lost .head file anew, after verifying

FILE is the workspace's own log by default. The key it is signed with comes from FINHARNESS_AUDIT_KEY.
Exit codes: 0 all is well · 1 the log is not what was written · 2 a mistake in the command · 3 it cannot be written.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ExitCode, UserError

from .amounts import at_least

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from harness.audit.reading import Wanted
    from harness.workspace import Workspace

_ACTIONS = ("verify", "show", "export", "prune", "head", "repair", "anchor")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("what", choices=_ACTIONS, metavar="|".join(_ACTIONS), help="what to do")
    parser.add_argument("file", nargs="?", metavar="FILE", help="the log (default: the workspace's)")
    parser.add_argument("--json", action="store_true", help="write JSON instead of words")
    which = parser.add_argument_group("which entries (show, export)")
    which.add_argument("--event", action="append", default=[], metavar="NAME", help="events, such as AI_DECISION")
    which.add_argument("--agent", default="", metavar="NAME", help="who acted")
    which.add_argument("--job", default="", metavar="ID", help="job that it belongs to")
    which.add_argument("--user", default="", metavar="NAME", help="user, by name or pseudonym")
    which.add_argument("--trace", default="", metavar="ID", help="trace id, or its beginning")
    which.add_argument("--run", default="", metavar="RUN", help="run; with export, its entries made from the store")
    which.add_argument("--since", default="", metavar="TIME", help="not earlier than this, ISO 8601")
    which.add_argument("--until", default="", metavar="TIME", help="earlier than this")
    which.add_argument("--limit", type=at_least(1), default=40, metavar="N", help="show: most entries (default: 40)")
    how = parser.add_argument_group("how")
    how.add_argument("--head", metavar="NUMBER:HASH", help="verify: where the log was at least, as you noted it")
    how.add_argument("--unanchored", action="store_true", help="verify: accept that nobody knows where the log ended")
    how.add_argument("-o", "--output", metavar="FILE", help="export: file to write")
    how.add_argument("--anonymise", action="store_true", help="export: no users, jobs or personal data")
    how.add_argument("--keep-days", type=at_least(1), metavar="N", help="prune: how long entries are kept")
    how.add_argument("--before", metavar="TIME", help="prune: remove what is older than this")
    how.add_argument("--archive", metavar="FILE", help="prune: keep what is removed as a log of its own")


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    from pathlib import Path

    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    path = Path(options.file) if options.file else workspace.audit_log
    return {
        "verify": _verify, "show": _show, "export": _export, "prune": _prune,
        "head": _head, "repair": _repair, "anchor": _anchor,
    }[options.what](options, workspace, path)  # fmt: skip


def _verify(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    from harness.audit import verify
    from harness.audit.pages import words
    from harness.render.terminal import Styled, say

    found = verify(path, _key(workspace), head=_noted(options.head), anchored=not options.unanchored)
    problem = found.problem
    if options.json:
        _dump({
            "file": str(path), "ok": found.ok, "entries": found.entries, "head": str(found.head), "signed": found.signed,
            "anchored": found.anchored, "removed": found.removed, "first": found.first, "last": found.last,
            "problem": None if problem is None else {"line": problem.line, "kind": problem.kind, "problem": problem.problem, "remedy": problem.remedy},
        })  # fmt: skip
    elif problem is None:
        say(Styled("verified", "good"), f"  {path}: {words(found)}")
        say(f"  from {found.first} to {found.last}; head {found.head}")
    else:
        place = f"{path}:{problem.line}" if problem.line else str(path)
        say(Styled("BROKEN", "bad"), f"  {place}: {problem.problem} ({problem.kind})")
        say(f"  fix: {problem.remedy}")
        say(f"  {found.entries} entries before it hold, the last of them {found.head}")
    return ExitCode.PASSED if found.ok else ExitCode.FAILED


def _show(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    from collections import deque

    from harness.audit.reading import read_entries
    from harness.render.terminal import Styled, say
    from harness.text import one_line

    newest = deque(read_entries(path, _wanted(options, workspace)), maxlen=options.limit)
    if options.json:
        _dump(list(newest))
        return ExitCode.PASSED
    for entry in newest:
        about = "  ".join(str(entry[name]) for name in ("agent", "job_id", "user") if entry.get(name))
        say(f"{entry.get('time', ''):<24}  ", Styled(f"{entry.get('event', ''):<24}", "strong"), f"  {about}")
        say(f"{'':<26}  {one_line(_plain(entry.get('details', {})), 160)}")
        if options.verbose:
            say(f"{'':<26}  trace {entry.get('trace_id', '-')}  entry {entry.get('seq')}:{entry.get('hash')}")
    if not newest:
        say("no entry fits")
    return ExitCode.PASSED


def _export(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    import os
    from pathlib import Path

    from harness.audit import Pseudonyms
    from harness.audit.reading import read_entries, write_entries
    from harness.render.terminal import say
    from harness.telemetry.masking import redactor

    if not options.output:
        raise UserError("where to?", remedy="name a file: -o audit.csv", where="audit export")
    target = Path(options.output)
    wanted = _wanted(options, workspace)
    entries: Iterable[dict[str, Any]] = _of_run(workspace, options.run) if options.run else read_entries(path, wanted)
    anonymous, clean = None, redactor(os.environ, workspace.telemetry.redact, workspace.root).text
    if options.anonymise:
        anonymous = Pseudonyms(os.environ.get(workspace.audit.pseudonym_key_env, "").encode() or os.urandom(32))
    count = write_entries(
        entries,
        target,
        anonymous=anonymous,
        clean=clean if options.anonymise or options.run else None,
        key=_key(workspace),
    )
    say(f"wrote {target}: {count} entries{', without users, jobs and personal data' if options.anonymise else ''}")
    return ExitCode.PASSED


def _of_run(workspace: Workspace, name: str) -> Iterator[dict[str, Any]]:
    """The entries of a stored run, made anew."""
    import os

    from harness.audit import Pseudonyms, trial_entries
    from harness.store import Store

    pseudonyms = Pseudonyms(os.environ.get(workspace.audit.pseudonym_key_env, "").encode())
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(name)
        for result in store.results(row.id, traces=True):
            yield from trial_entries(row.manifest, result, pseudonyms=pseudonyms)


def _prune(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    from datetime import UTC, datetime, timedelta
    from pathlib import Path

    from harness.audit import prune
    from harness.render.terminal import say

    days = options.keep_days or workspace.audit.keep_days
    if options.before is None and days is None:
        raise UserError(
            "how long are entries kept?", remedy="give --keep-days 90, or `[audit] keep_days = 90`", where="audit prune"
        )
    before = _moment(options.before, "--before") if options.before else datetime.now(UTC) - timedelta(days=days or 0)
    done = prune(path, before, _key(workspace), archive=Path(options.archive) if options.archive else None)
    kept = f"; they are in {done.archive}" if done.archive else ""
    say(f"removed {done.removed} entries from before {before.isoformat()}{kept}; {done.left} are left")
    return ExitCode.PASSED


def _head(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    from harness.audit import verify
    from harness.render.terminal import say

    found = verify(path, _key(workspace))
    if found.problem is not None:
        return _verify(options, workspace, path)
    say(str(found.head))
    return ExitCode.PASSED


def _repair(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    from harness.audit import verify
    from harness.audit.file import LogFile

    verify(path)  # says so when there is no such file
    log = LogFile(path, _key(workspace))
    try:
        with log.locked():
            pass  # whoever takes the log puts half a line aside
    finally:
        log.close()
    return _verify(options, workspace, path)


def _anchor(options: argparse.Namespace, workspace: Workspace, path: Path) -> int:
    from harness.audit import verify
    from harness.audit.chain import signed_head
    from harness.audit.file import HEAD_BYTES, head_path

    key = _key(workspace)
    found = verify(path, key, anchored=False)
    if found.problem is None:
        head_path(path).write_bytes(signed_head(found.head, key).ljust(HEAD_BYTES - 1) + b"\n")
    return _verify(options, workspace, path)


def _wanted(options: argparse.Namespace, workspace: Workspace) -> Wanted:
    import os

    from harness.audit import Pseudonyms
    from harness.audit.reading import Wanted
    from harness.telemetry.about import pseudonym

    names = Pseudonyms(os.environ.get(workspace.audit.pseudonym_key_env, "").encode())
    # Runs know users by the pseudonym of their traces only, programs by their names.
    users = (options.user, names.user(options.user), names.user(pseudonym(options.user))) if options.user else ()
    times = {name: _iso(getattr(options, name), f"--{name}") for name in ("since", "until")}
    return Wanted(
        events=tuple(options.event), agent=options.agent, job_id=options.job, users=users, trace_id=options.trace,
        run=options.run, **times,
    )  # fmt: skip


def _iso(text: str, option: str) -> str:
    from harness.audit.entry import stamp

    return stamp(_moment(text, option)) if text else ""


def _moment(text: str, option: str) -> datetime:
    from datetime import UTC, datetime

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{text!r} is no time", remedy="write 2026-11-21 or 2026-11-21T10:00:00Z", where=option
        ) from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _noted(text: str | None) -> Any:
    from harness.audit.chain import Head

    if text is None:
        return None
    try:
        return Head.parse(text)
    except ValueError as error:
        raise UserError(
            f"{text!r} is no head: {error}", remedy="write what `finharness audit head` printed", where="--head"
        ) from None


def _key(workspace: Workspace) -> bytes | None:
    import os

    return os.environ.get(workspace.audit.key_env, "").encode() or None


def _plain(content: object) -> str:
    import json

    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _dump(content: object) -> None:
    import json

    from harness.render.terminal import say

    say(json.dumps(content, indent=2, ensure_ascii=False))
