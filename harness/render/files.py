"""Write a run to a file whose suffix names the format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from harness.errors import UserError, nearest, os_errors
from harness.model import Result
from harness.store.draft import draft
from harness.summary import Summary

Writer: TypeAlias = Callable[[Summary, Iterable[Result], Path | None], Iterator[str]]

FORMATS: Mapping[str, str] = {
    "json": "harness.render.data:json_text",
    "jsonl": "harness.render.data:jsonl_text",
    "csv": "harness.render.table:csv_text",
    "md": "harness.render.page:markdown",
    "html": "harness.render.page:html",
    "xml": "harness.render.junit:junit",
    "junit.xml": "harness.render.junit:junit",
}
"""Suffix to the function that writes it."""


def check_target(path: str | Path) -> None:
    """Make sure that `write` will be able to write there; call it before anything is spent.

    Raises:
        UserError: for an unknown suffix, a missing folder or a place that cannot be written.
    """
    target = Path(path)
    _format(target)
    folder = target.parent
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", remedy=f"mkdir -p {folder}", where=str(target))
    if target.is_dir():
        raise UserError("it is a folder", remedy="name a file in it", where=str(target))
    if not os.access(target if target.exists() else folder, os.W_OK):
        raise UserError("it cannot be written", remedy="make it writable, or name another file", where=str(target))


def write(
    path: str | Path, summary: Summary, results: Iterable[Result], *, templates: Path | None = None, **more: Any
) -> None:
    """Write a run; the file appears whole or not at all.

    Args:
        path: Where; the suffix is one of `FORMATS`.
        summary: The figures.
        results: The run's results, with whole traces where full answers are wanted.
        templates: The workspace's own templates, which replace ours of the same name.
        more: What only HTML can show: `tell` and `also`, see `harness.render.page.html`.
    """
    target = Path(path)
    check_target(target)
    module, _, name = _format(target).partition(":")
    writer: Writer = getattr(import_module(module), name)
    if name == "html" and more:
        writer = partial(writer, **more)
    with (
        os_errors(UserError, "it cannot be written", remedy="free some space, or name another file", where=target),
        draft(target) as file,
    ):
        for piece in writer(summary, results, templates):
            file.write(piece.encode("utf-8", "backslashreplace"))


def _format(target: Path) -> str:
    name = target.name.lower()
    for suffix in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(f".{suffix}"):
            return FORMATS[suffix]
    raise UserError(
        f"{target.suffix or 'no suffix'!r} names no report format",
        remedy=nearest(target.suffix.removeprefix("."), FORMATS),
        where=str(target),
    )
