"""Read an export of Langfuse: one trace with its observations, many of them, or the rows of an observations table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import UserError
from harness.importers.otel.elements import elements
from harness.importers.otel.episode import Episode
from harness.importers.otel.messages import said_in
from harness.importers.otel.spoken import last_text
from harness.importers.traces import Imported, Keeper, files_of, finished

from .forms import Heard, hear, with_trace

REMEDY = "give a trace as Langfuse exports it (trace and observations), a list of them, or JSON lines of observations"


def read_langfuse(path: Path) -> Imported:
    """Read a file, plain or gzipped, or a folder of them.

    Raises:
        UserError: when there is no observation in it, or it cannot be read; with the place.
    """
    heard, keeper = Heard(), Keeper(path, REMEDY)
    for file in files_of(path, REMEDY):
        for element in elements(file, REMEDY):
            for found in hear(element.value, element.place, heard):
                keeper.keep(found)
    return put_together(heard, keeper, path, "langfuse")


def put_together(heard: Heard, keeper: Keeper, path: Path, form: str) -> Imported:
    """Episodes of observations, with what their traces and scores say.

    Raises:
        UserError: when there is none.
    """
    spans = [with_trace(span, heard.traces.get(span.trace, {})) for span in keeper.spans]
    if not spans:
        known = f" ({len(heard.traces)} traces without their observations)" if heard.traces else ""
        notes = keeper.notes()
        seen = f"; {notes[0]}" if notes else ""
        raise UserError(f"there is no observation in it{known}{seen}", remedy=REMEDY, where=str(path))
    imported = finished(spans, keeper.notes(), path, form)
    episodes = tuple(_named(episode, heard) for episode in imported.episodes)
    return replace(imported, episodes=episodes)


def _named(episode: Episode, heard: Heard) -> Episode:
    known: Mapping[str, Any] = heard.traces.get(episode.id, {})
    opinions = tuple(heard.opinions.get(episode.id, ()))
    about = {
        **episode.about,
        **{key: str(known[key]) for key in ("release", "environment", "version") if known.get(key)},
    }
    asked = episode.asked or last_text(said_in(known.get("input")), "user")
    trace = episode.trace
    if not trace.answer:
        answer = last_text(said_in(known.get("output"), "assistant"), "assistant")
        trace = replace(trace, answer=answer, turns=(replace(trace.turns[0], answer=answer),))
    return replace(
        episode, name=str(known.get("name") or episode.name), opinions=opinions, about=about, asked=asked, trace=trace
    )
