"""Production traces in a file: read, put together and counted, with everything that was not understood."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.frozen import frozen
from harness.text import one_line

from .otel.elements import Element, elements
from .otel.episode import Counts, Episode
from .otel.forest import forests
from .otel.forms import spans_in
from .otel.seen import Seen
from .otel.weave import total, woven

MOST_SPANS: Final = 250_000
"""Most spans of one import."""

MOST_OTHERS: Final = 200_000
"""Most pieces that are no spans, before a file is taken for something else."""

MOST_HELD: Final = 192 << 20
"""Most characters of attributes that one import holds; beyond that a file must be read in parts."""

REMEDY: Final = (
    "give OTLP JSON (resourceSpans), spans as a JSON array or one per line, or an export of Phoenix or Jaeger; "
    "an export of Langfuse is read with `finharness import langfuse`"
)
_SHOWN: Final = 5


@frozen
class Imported:
    """What a file, or several, held."""

    episodes: tuple[Episode, ...]
    """One per trace, in the file's order."""

    counts: Counts
    """All of them together."""

    notes: tuple[str, ...]
    """What was not understood, each with its place."""

    origin: dict[str, str]
    """Format, file and hash."""


def read_otel(path: Path) -> Imported:
    """Read spans of OpenTelemetry, under any of its generative-AI conventions or OpenInference's.

    Args:
        path: A file, plain or gzipped, or a folder of them.

    Raises:
        UserError: when there is no span in it, or it cannot be read; with the place.
    """
    keeper = Keeper(path, REMEDY)
    for file in files_of(path, REMEDY):
        for element in elements(file, REMEDY):
            if _is_langfuse(element):
                raise UserError(
                    f"{element.place}: this is an export of Langfuse",
                    remedy=f"read it with: finharness import langfuse {file.name}",
                    where=str(file),
                )
            for found in spans_in(element.value, element.place):
                keeper.keep(found)
    return finished(keeper.spans, keeper.notes(), path, "otel")


def files_of(path: Path, remedy: str) -> list[Path]:
    """The file itself, or every JSON file in a folder.

    Raises:
        UserError: when there is none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(
        file for file in path.rglob("*") if file.name.endswith((".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz"))
    )
    if not found:
        raise UserError("there is no .json or .jsonl file in it", remedy=remedy, where=str(path))
    return found


def finished(spans: Sequence[Seen], notes: Sequence[str], path: Path, form: str) -> Imported:
    """Put spans together to episodes.

    Raises:
        UserError: when there is none.
    """
    if not spans:
        seen = f"; {notes[0]}" if notes else ""
        raise UserError(f"there is no span in it{seen}", remedy=REMEDY, where=str(path))
    episodes = tuple(woven(forest) for forest in forests(spans))
    origin = {"format": form, "file": path.name}
    if path.is_file():
        origin["sha256"] = _digest(path)
    return Imported(episodes, total(episodes), tuple(notes), origin)


class Keeper:
    """Holds spans, within bounds, and counts what is none."""

    def __init__(self, path: Path, remedy: str) -> None:
        self._path, self._remedy = path, remedy
        self.spans: list[Seen] = []
        self._held = 0
        self._strange: list[str] = []
        self._others = 0

    def keep(self, found: Seen | str) -> None:
        """Hold a span, or note what is none.

        Raises:
            UserError: when there are more than may be held.
        """
        if isinstance(found, str):
            self._others += 1
            if self._others > MOST_OTHERS:
                raise UserError(
                    f"{found}; so are {MOST_OTHERS:,} pieces before it: this is no file of spans",
                    remedy=self._remedy,
                    where=str(self._path),
                )
            if len(self._strange) < _SHOWN:
                self._strange.append(one_line(found))
            return
        self.spans.append(found)
        self._held += size_of(found.attributes) + size_of(found.input) + size_of(found.output)
        if len(self.spans) > MOST_SPANS or self._held > MOST_HELD:
            limit = f"{MOST_SPANS:,} spans" if len(self.spans) > MOST_SPANS else f"{MOST_HELD >> 20} MiB of attributes"
            raise UserError(
                f"{found.place}: it holds more than {limit}",
                remedy="split it, for instance by day or by trace id, and import the parts one after the other",
                where=str(self._path),
            )

    def notes(self) -> list[str]:
        """What was no span."""
        more = self._others - len(self._strange)
        return [*self._strange, *([f"and {more} more pieces that are no spans"] if more > 0 else [])]


def size_of(item: Any) -> int:
    """About how many characters data takes."""
    waiting, size = [item], 0
    while waiting:
        found = waiting.pop()
        size += 16
        if isinstance(found, str):
            size += len(found)
        elif isinstance(found, dict):
            size += sum(map(len, map(str, found)))
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
    return size


def chosen(imported: Imported, *, ids: Sequence[str] = (), only: str = "", most: int | None = None) -> Imported:
    """Some of the traces, with their counts.

    Args:
        imported: All of them.
        ids: What their ids begin with.
        only: `failed` for those whose root or whose calls failed, `disliked` for those that users rated below 0.6.
        most: How many at most.

    Raises:
        UserError: when none is left.
    """
    found = [episode for episode in imported.episodes if not ids or episode.id.startswith(tuple(ids))]
    if only:
        found = [episode for episode in found if (_failed(episode) if only == "failed" else _disliked(episode))]
    found = found[:most] if most else found
    if not found:
        raise UserError(
            f"none of the {len(imported.episodes)} traces is one that was asked for",
            remedy="leave out --trace or --only",
            where=imported.origin["file"],
        )
    return replace(imported, episodes=tuple(found), counts=total(found))


def _failed(episode: Episode) -> bool:
    return bool(episode.failed) or any(step.status == "error" for step in episode.trace.steps)


def _disliked(episode: Episode) -> bool:
    said = [item.value for item in episode.opinions if isinstance(item.value, int | float)]
    return any(value < 0.6 for value in said)


def _is_langfuse(element: Element) -> bool:
    return element.key == "observations" or (isinstance(element.value, dict) and "parentObservationId" in element.value)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def told(imported: Imported) -> Iterator[str]:
    """What was read, in sentences: exact numbers first, then everything that did not fit."""
    counts = imported.counts
    yield (
        f"{counts.spans:,} spans in {counts.traces:,} traces ({counts.roots:,} roots, {counts.orphans:,} orphans): "
        f"{counts.agents:,} agent turns, {counts.model_calls:,} model calls, {counts.tool_calls:,} tool calls, "
        f"{counts.handoffs:,} handoffs, {counts.retrievals:,} retrievals"
    )
    yield (
        f"{counts.tokens:,} tokens on model calls ({counts.input_tokens:,} read, {counts.output_tokens:,} written); "
        f"{counts.repeated_tokens:,} said again by spans around them, not counted twice"
    )
    if counts.agent_tokens:
        yield f"{counts.agent_tokens:,} tokens are told by an agent's span alone, without a span of a model call"
    if counts.silent_calls:
        yield f"{counts.silent_calls:,} of {counts.model_calls:,} model calls say nothing of tokens: their use is unknown"
    if counts.told_tools:
        yield f"{counts.told_tools:,} more tool calls have no span; messages tell of them with their results"
    frameworks = Counter(episode.framework for episode in imported.episodes)
    yield f"written by: {', '.join(f'{name} ({count})' for name, count in frameworks.most_common(8))}"
    yield from _notes(imported.episodes)
    yield from (f"note: {note}" for note in imported.notes)


def _notes(episodes: Iterable[Episode]) -> Iterator[str]:
    """Each kind of note once, with the traces that it is about."""
    about: dict[str, list[str]] = {}
    for episode in episodes:
        for note in episode.notes:
            about.setdefault(note, []).append(episode.id[:16])
    for note, traces in about.items():
        more = f" and {len(traces) - 3} more" if len(traces) > 3 else ""
        yield f"note: {note} (trace {', '.join(traces[:3])}{more})"
