"""A run inside GitHub Actions: an annotation at the place of each failed check, and the job's summary page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.errors import UserError, os_errors
from harness.model import Result, Verdict
from harness.summary import Summary
from harness.text import one_line

from .page import markdown
from .picture import Shown, picture, troubles

MOST_ANNOTATIONS = 10
"""GitHub shows no more of one kind in one step."""

MOST_BYTES = 1_000_000
"""GitHub refuses a step summary above 1 MiB."""

_MESSAGE_SHOWN = 500


def annotation_lines(summary: Summary, results: Iterable[Result]) -> Iterator[str]:
    """Workflow commands, ready to print: data in them is escaped, so that it can neither end a command nor begin one."""
    shown = picture(summary, results)
    for level, items in (("error", shown.failed), ("warning", (*shown.errored, *shown.undecided))):
        for item in items[:MOST_ANNOTATIONS]:
            yield command(level, _place(item), f"{item.title}: {_reason(item)}")


def step_summary(path: Path, summary: Summary, results: Iterable[Result], *, templates: Path | None = None) -> None:
    """Add the Markdown report to the job's summary page; a report that is too long is cut and says so.

    Raises:
        UserError: when the file cannot be written.
    """
    text = "".join(markdown(summary, results, templates)).encode("utf-8", "backslashreplace")
    if len(text) > MOST_BYTES:
        text = text[:MOST_BYTES].rpartition(b"\n")[0] + b"\n\nThe report is longer than GitHub shows.\n"
    _append(path, text)


def add_to_summary(path: str, text: str) -> None:
    """Add Markdown to the job's summary page.

    Raises:
        UserError: when the file cannot be written.
    """
    _append(Path(path), text.encode("utf-8", "backslashreplace")[:MOST_BYTES])


def _append(path: Path, text: bytes) -> None:
    remedy = "check GITHUB_STEP_SUMMARY"
    with os_errors(UserError, "the step summary cannot be written", remedy=remedy, where=path), path.open("ab") as file:
        file.write(text)


def _reason(item: Shown) -> str:
    error = item.result.outcome.error
    if error is not None:
        return f"{item.result.outcome.status}: {error.message}"
    return "; ".join(f"{verdict.check}: {verdict.reason}" for verdict in troubles(item.result)) or item.result.status


def _place(item: Shown) -> Mapping[str, str]:
    """Where the first failed check, or the case, stands."""
    verdicts: tuple[Verdict, ...] = troubles(item.result)
    case = item.result.job.case.where
    words = next((verdict.where for verdict in verdicts if verdict.where), "" if case is None else str(case))
    file, _, rest = words.partition(":")
    line, _, column = rest.partition(":")
    found = {"file": file, "line": line if line.isdecimal() else "", "col": column if column.isdecimal() else ""}
    return {name: text for name, text in found.items() if text}


def command(level: str, place: Mapping[str, str], message: str) -> str:
    """One workflow command, ready to print."""
    properties = ",".join(f"{name}={_property(text)}" for name, text in {**place, "title": "finharness"}.items())
    return f"::{level} {properties}::{_data(one_line(message, _MESSAGE_SHOWN))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
