"""One file of recordings: what was asked in the trials of a case, and what was answered."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from harness.document import FileProblems, Mistake
from harness.errors import StoreError

from .miss import ReplayMiss
from .reading import LARGEST, read_cassette
from .secrets import Masks
from .tape import Recording, Tape
from .writing import text_of

PART: Final = 700_000
"""Characters of a part from which it is split, so that it can still be looked at."""

Mode: TypeAlias = Literal["record", "replay", "auto"]
"""`record`: everything anew; `replay`: nothing but what was recorded; `auto`: what was recorded, and the rest anew."""


class Cassette:
    """Recordings by trial. `take` plays one, `put` makes one, `save` writes the file."""

    def __init__(
        self,
        path: Path,
        trials: Mapping[str, Iterable[Recording]],
        *,
        mode: Mode,
        about: str = "",
        masks: Masks | None = None,
    ) -> None:
        self.path = path
        """The file."""
        self.mode: Mode = mode
        """What may be done with it."""
        self.about = about
        """The case, or whatever the recordings belong to."""
        self._masks = masks or Masks.of()
        self._tapes = {trial: Tape(recordings, trial=trial) for trial, recordings in trials.items()}
        self._begun: set[str] = set()
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls, path: Path | str, mode: Mode = "replay", *, about: str = "", masks: Masks | None = None, name: str = ""
    ) -> Cassette:
        """Open a file.

        Args:
            path: The file; one that is to be recorded need not exist.
            mode: What is done with it.
            about: What a new file belongs to.
            masks: What must not get into it; by default credentials and the secrets of the environment.
            name: How messages call it; by default its path.

        Raises:
            FileProblems: with every mistake in it.
            StoreError: for a file to be replayed that does not exist.
        """
        path = Path(path)
        masks = masks or Masks.of()
        if not path.exists():
            if mode == "replay":
                raise nothing_recorded(name or str(path))
            return cls(path, {}, mode=mode, about=about, masks=masks)
        trials: dict[str, list[Recording]] = {}
        mistakes: list[Mistake] = []
        for part in parts_of(path):
            try:
                found = read_cassette(part, part.name if not name else str(Path(name).with_name(part.name)), masks)
            except FileProblems as error:
                mistakes += error.mistakes
                continue
            trials |= found.trials
            about = about or found.about
        if mistakes:
            raise FileProblems(mistakes)
        return cls(path, trials, mode=mode, about=about, masks=masks)

    @property
    def trials(self) -> tuple[str, ...]:
        """Trials that something was recorded of."""
        return tuple(self._tapes)

    @property
    def recordings(self) -> int:
        """How many there are."""
        return sum(len(tape.recordings) for tape in self._tapes.values())

    def tape(self, trial: str = "") -> Tape:
        """The recordings of a trial; empty where there are none."""
        with self._lock:
            return self._tapes.setdefault(trial, Tape(trial=trial))

    def take(self, channel: str, request: Mapping[str, Any], *, trial: str = "") -> Mapping[str, Any]:
        """Play the recording of a request; each is played once, equal ones in the order they were made.

        Raises:
            ReplayMiss: when there is none left: with the nearest recording, and what differs from it.
        """
        with self._lock:
            return self.tape(trial).take(channel, self._masks.plain(request))

    def put(self, channel: str, request: Mapping[str, Any], reply: Mapping[str, Any], *, trial: str = "") -> None:
        """Record a reply; in `record` mode, the first one of a trial replaces what was recorded of it before."""
        with self._lock:
            if self.mode == "record" and trial not in self._begun:
                self._begun.add(trial)
                self._tapes[trial] = Tape(trial=trial)
            self.tape(trial).put(channel, self._masks.plain(request), self._masks.plain(reply))

    async def through(
        self,
        channel: str,
        request: Mapping[str, Any],
        ask: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        trial: str = "",
    ) -> Mapping[str, Any]:
        """The reply to a request: played where the mode has it so, else asked for and recorded.

        Raises:
            ReplayMiss: in `replay` mode, as `take`.
        """
        if self.mode != "record":
            try:
                return self.take(channel, request, trial=trial)
            except ReplayMiss:
                if self.mode == "replay":
                    raise
        reply = await ask()
        self.put(channel, request, reply, trial=trial)
        return reply

    def replace(self, trial: str, recordings: Iterable[Recording]) -> None:
        """Put other recordings in the place of a trial's."""
        with self._lock:
            tape = Tape(trial=trial)
            for item in recordings:
                tape.put(item.channel, self._masks.plain(item.request), self._masks.plain(item.reply))
            self._tapes[trial] = tape

    def unused(self, trials: Iterable[str] | None = None) -> tuple[tuple[str, Recording], ...]:
        """Recordings that nobody asked for, with their trial.

        Args:
            trials: Trials to look at; by default all.
        """
        with self._lock:
            names = tuple(self._tapes) if trials is None else tuple(trials)
            return tuple((name, item) for name in names if name in self._tapes for item in self._tapes[name].unused())

    def save(self) -> None:
        """Write the file as a whole, or not at all; many repeats go into parts beside it: `TG-01.2.yaml`.

        Raises:
            StoreError: when it cannot be written, or would hold a secret.
        """
        with self._lock:
            ordered = sorted(self._tapes, key=_in_order)
            trials = {name: items for name in ordered if (items := self._tapes[name].recordings)}
        texts = self._texts(trials)
        for text in texts:
            self._masks.refuse(text, self.path.name)
        for number, text in enumerate(texts, 1):
            write_whole(part_of(self.path, number), text)
        for old in parts_of(self.path)[len(texts) :]:
            old.unlink()

    def _texts(self, trials: Mapping[str, list[Recording]]) -> list[str]:
        """The file's text, in parts where it is too long for one."""
        text = text_of(self.about, trials)
        if len(text) <= PART:
            return [text]
        if len(trials) > 1:
            names, half = list(trials), len(trials) // 2
            first, second = ({name: trials[name] for name in part} for part in (names[:half], names[half:]))
            return [*self._texts(first), *self._texts(second)]
        if len(text.encode()) > LARGEST:
            raise StoreError(
                f"the trial {next(iter(trials))} took more than {LARGEST >> 20} MiB of recordings",
                remedy="record the case without it, or have its agent say less",
                where=self.path.name,
            )
        return [text]


def part_of(path: Path, number: int) -> Path:
    """The file of a part: the first one has the plain name."""
    return path if number == 1 else path.with_name(f"{path.stem}.{number}{path.suffix}")


def parts_of(path: Path) -> list[Path]:
    """The files that a cassette consists of, in order."""
    found: list[Path] = []
    while (part := part_of(path, len(found) + 1)).exists():
        found.append(part)
    return found


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all, whenever we are killed.

    Raises:
        StoreError: when it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        remedy = "look at the disk's space and the folder's permissions, and record again"
        raise StoreError(f"cannot be written ({error.strerror})", remedy=remedy, where=str(path)) from error


def nothing_recorded(name: str) -> StoreError:
    """The error for a file that is to be replayed and does not exist."""
    return StoreError("there is no such recording", remedy="make it first: finharness eval --record", where=name)


def _in_order(trial: str) -> tuple[str, int]:
    agent, _, number = trial.rpartition("#")
    return (agent, int(number)) if number.isdigit() else (trial, 0)
