"""Read a file of recordings, or say everything that is wrong with it and where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from harness.bounds import Ge
from harness.document import FileProblems, Mistake, Site, fetch, read_text
from harness.errors import nearest
from harness.frozen import frozen
from harness.model import Where
from harness.shape import MisfitsError, read, value

from .secrets import Masks
from .tape import Recording
from .writing import FORMAT, JSON, SHARED

LARGEST: Final = 16 << 20
"""Largest file of recordings, in bytes; a trial that needs more cannot be recorded."""

AGAIN: Final = "record it again: finharness eval --record"
CHANNELS: Final = ("model", "judge", "tool", "http")

Channel = Literal["model", "judge", "tool", "http"]


@value
class RecordingFile:
    """One recording as a file has it."""

    channel: Channel
    request: dict[str, Any]
    reply: dict[str, Any]
    seal: str | None = None
    edited: bool = False


@value
class TrialFile:
    """The recordings of one trial as a file has them."""

    trial: str
    recordings: tuple[Any, ...] = ()


@value
class CassetteFile:
    """A whole file."""

    cassette: int
    about: str = ""
    shared: dict[str, Any] | None = None
    trials: tuple[Any, ...] = ()
    recorded: Annotated[int, Ge(0)] | None = None


@frozen
class Contents:
    """What is in a file."""

    about: str
    """Which case it belongs to."""

    trials: dict[str, list[Recording]]
    """Recordings by trial."""

    places: dict[str, Where]
    """Where each trial begins."""


def read_cassette(path: Path, name: str, masks: Masks) -> Contents:
    """Read a file.

    Args:
        path: The file.
        name: How messages call it.
        masks: What must not be in it.

    Raises:
        FileProblems: with every mistake found.
    """
    return parse(fetch(path, name, limit=LARGEST), name, masks)


def parse(data: bytes, name: str, masks: Masks) -> Contents:
    """The same for a file in memory."""
    planted = list(_planted(data, name, masks))
    try:
        document = read_text(data, name)
    except FileProblems as error:
        cut = [] if _has_end(data) else [_cut_off(data, name)]
        raise FileProblems([*planted, *error.mistakes, *cut]) from error
    reader = _Reader(Site(document, document.data), data)
    found = reader.contents(document.data)
    if planted or reader.mistakes:
        raise FileProblems([*planted, *reader.mistakes])
    return found


class _Reader:
    def __init__(self, site: Site, data: bytes) -> None:
        self.site = site
        self.mistakes: list[Mistake] = []
        self._data = data
        self._shared: Mapping[str, Any] = {}

    def contents(self, data: Any) -> Contents:
        version = data.get("cassette") if isinstance(data, dict) else None
        if version != FORMAT:
            self._not_ours(version)
            return Contents("", {}, {})
        file = self._read(CassetteFile, data, self.site)
        if file is None:
            return Contents("", {}, {})
        self._shared = file.shared or {}
        trials, places = self._trials(file)
        count = sum(map(len, trials.values()))
        if file.recorded is None:
            self.mistakes.append(_cut_off(self._data, self.site.document.name))
        elif file.recorded != count and not self.mistakes:
            self._wrong(f"{count} recordings are there, and `recorded` says {file.recorded}", AGAIN, "recorded")
        return Contents(file.about, trials, places)

    def _trials(self, file: CassetteFile) -> tuple[dict[str, list[Recording]], dict[str, Where]]:
        trials: dict[str, list[Recording]] = {}
        places: dict[str, Where] = {}
        for index, raw in enumerate(file.trials):
            site = self.site.inside("trials", index)
            trial = self._read(TrialFile, raw, site)
            if trial is None:
                continue
            if trial.trial in trials:
                problem = f"the trial {trial.trial!r} is there twice, first in line {places[trial.trial].line}"
                self.mistakes.append(site.mistake(problem, "keep one of the two", "trial"))
            made = (self._recording(item, site.inside("recordings", n)) for n, item in enumerate(trial.recordings))
            places[trial.trial] = site.where()
            trials[trial.trial] = [recording for recording in made if recording is not None]
        return trials, places

    def _recording(self, raw: Any, site: Site) -> Recording | None:
        file = self._read(RecordingFile, raw, site)
        if file is None:
            return None
        request, reply = (
            self._whole(side, site.inside(name)) for name, side in (("request", file.request), ("reply", file.reply))
        )
        made = Recording(file.channel, request, reply, file.edited)
        if file.edited:
            return made
        if file.seal is None:
            self.mistakes.append(site.mistake("the recording has no seal", AGAIN))
        elif file.seal != made.seal and not self.mistakes:
            remedy = "write `edited: true` in place of `seal` if the change is meant, or record the case again"
            self.mistakes.append(site.mistake("the recording was changed after it was made", remedy, "seal"))
        return made

    def _whole(self, item: Any, site: Site) -> Any:
        """A value with what is said elsewhere put in."""
        if isinstance(item, dict):
            if len(item) == 1 and SHARED in item:
                return self._referred(item[SHARED], site)
            if len(item) == 1 and JSON in item:
                return self._decoded(item[JSON], site)
            return {key: self._whole(content, site.inside(key)) for key, content in item.items()}
        if isinstance(item, list | tuple):
            return [self._whole(content, site.inside(place)) for place, content in enumerate(item)]
        return item

    def _referred(self, name: Any, site: Site) -> Any:
        if name in self._shared:
            return self._whole_shared(name)
        remedy = nearest(str(name), self._shared) if self._shared else AGAIN
        self.mistakes.append(site.mistake(f"nothing is shared under the name {str(name)[:60]!r}", remedy, SHARED))
        return None

    def _whole_shared(self, name: str) -> Any:
        content = self._shared[name]
        if isinstance(content, dict) and set(content) == {JSON}:
            return self._decoded(content[JSON], self.site.inside("shared", name))
        return content

    def _decoded(self, text: Any, site: Site) -> Any:
        try:
            return json.loads(text)
        except (TypeError, ValueError, RecursionError):
            self.mistakes.append(site.mistake("this is no JSON", AGAIN, JSON))
            return None

    def _not_ours(self, version: Any) -> None:
        if version is None:
            self._wrong("this is no file of recordings: it does not say `cassette: 1`", AGAIN)
        elif isinstance(version, int) and version > FORMAT:
            problem = f"the file has version {version} of the format, this program knows {FORMAT}"
            self._wrong(problem, "update finharness, or record it again with this version", "cassette")
        else:
            self._wrong(f"{str(version)[:40]!r} is no version of the format", AGAIN, "cassette")

    def _wrong(self, problem: str, remedy: str, *path: str | int) -> None:
        self.mistakes.append(self.site.mistake(problem, remedy, *path))

    def _read(self, kind: Any, raw: Any, site: Site) -> Any:
        try:
            return read(kind, raw)
        except MisfitsError as error:
            self.mistakes.extend(site.mistakes(error))
            return None


_END = re.compile(rb"^recorded: \d+\s*\Z", re.MULTILINE)


def _has_end(data: bytes) -> bool:
    return _END.search(data[-64:]) is not None


def _cut_off(data: bytes, name: str) -> Mistake:
    where = Where(file=name, line=data.count(b"\n") + 1)
    return Mistake(where, "the file is cut off: its last line, `recorded: N`, is missing", AGAIN)


def _planted(data: bytes, name: str, masks: Masks) -> Iterator[Mistake]:
    """Places of secrets."""
    text = data.decode("utf-8", "replace")
    if masks.clean(text) == text:
        return
    for number, line in enumerate(text.splitlines(), 1):
        cleaned = masks.clean(line)
        if cleaned != line:
            what = ", ".join(sorted(set(re.findall(r"\[([A-Za-z0-9 _-]+)\]", cleaned)) - set(re.findall(r"\[([A-Za-z0-9 _-]+)\]", line))))  # fmt: skip
            problem = f"the line holds a secret ({what or 'credential'})"
            remedy = "take it out, revoke it, and record the case again; it stays in the history of the repository"
            yield Mistake(Where(file=name, line=number), problem, remedy)
