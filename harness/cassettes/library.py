"""The recordings of a run's cases: one file for each case, read before the first trial and written after the last."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from harness.document import FileProblems, Mistake
from harness.errors import StoreError
from harness.model import Job
from harness.model.value import fingerprint
from harness.text import one_line

from .cassette import Cassette
from .deck import Deck, Doing
from .here import JUDGED
from .secrets import Masks
from .tape import Recording, Tape

if TYPE_CHECKING:
    from harness.workspace import Workspace

_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_KEPT_OUTCOMES: Final = frozenset({"completed", "agent_failed", "timed_out", "over_budget"})
_SHOWN: Final = 5


class Library:
    """What a run records, or plays. The supervisor alone reads and writes files; workers get their trial's recordings.

    While a run records, finished trials are kept in a journal beside the store; the files of the cases are written at its end.
    A run that was killed and is taken up again finds its journal.
    """

    def __init__(self, workspace: Workspace, doing: Doing, jobs: Sequence[Job], *, run: str) -> None:
        """Open the recordings of the cases of jobs.

        Raises:
            FileProblems: with every mistake in files that are to be played.
            StoreError: when nothing was recorded for any of them.
        """
        self.doing: Doing = doing
        self.masks = Masks.of(own=workspace.telemetry.redact, root=workspace.root)
        self.warnings: list[str] = []
        """What a person should know when the run has ended."""
        self._root = workspace.root
        self._folder = (
            workspace.store.parent / "replies" if doing == "auto" else workspace.root / workspace.cassettes.folder
        )
        self._tools = workspace.cassettes.tools
        self._journal = workspace.store.parent / "recording" / f"{run}.jsonl"
        self._file: IO[str] | None = None
        self._left: dict[str, list[str]] = {}
        self._skipped = 0
        self._hits = 0
        self._cassettes = self._opened(jobs)

    def spec(self, job: Job) -> dict[str, Any]:
        """What a worker is told of a trial's recordings."""
        if self.doing == "record":
            return {"mode": "record", "tools": self._tools, "trial": job.key}
        tape = self._tape(job)
        recordings = [[item.channel, item.request, item.reply] for item in tape.recordings if item.channel != "judge"]
        return {"mode": self.doing, "trial": job.key, "recordings": recordings}

    def ended(self, job: Job, status: str, told: Mapping[str, Any] | None) -> None:
        """A trial has ended: keep what it recorded, or note what it left over."""
        told = told or {}
        if self.doing == "replay":
            for channel, title in told.get("unused", ()):
                self._left.setdefault(job.key, []).append(f"{channel}: {title}")
        elif status in _KEPT_OUTCOMES and "unwritable" not in told:
            self._write({"trial": job.key, "case": [job.case.suite, job.case.id], "name": trial_of(job)})
            for channel, request, reply in told.get("recordings", ()):
                self._write({"trial": job.key, "recording": [channel, request, reply]})
            self._hits += told.get("hits", 0)
        else:
            self._skipped += 1

    @contextmanager
    def grading(self, job: Job) -> Iterator[None]:
        """While a trial is graded, its judges are recorded with it, or played."""
        judged = [] if self.doing == "record" else [one for one in self._tape(job).recordings if one.channel == "judge"]
        deck = Deck(self.doing, self.masks, tape=Tape(judged, trial=job.key))
        token = JUDGED.set(deck)
        try:
            yield
        finally:
            JUDGED.reset(token)
            if self.doing != "replay":
                self._hits += deck.hits
                for item in deck.tape.used():
                    self._write({"trial": job.key, "recording": [item.channel, item.request, item.reply]})
            elif left := len(deck.tape.unused()):
                self._left.setdefault(job.key, []).append(f"{left} of a judge")

    def finish(self, *, complete: bool) -> None:
        """Write the files of what was recorded, or say what was left over.

        Args:
            complete: Whether every trial has ended; the journal of a run that can be taken up again is kept.

        Raises:
            StoreError: when a file cannot be written, or would hold a secret.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.doing == "replay":
            self._report_unused()
        elif not complete:
            self.warnings.append(
                "what was recorded so far is written once the run has been taken up again and is complete"
            )
        elif self._journal.exists():
            self._merge()
            self._journal.unlink()

    # ---- files

    def place_of(self, suite: str, case: str) -> Path:
        """The file of a case."""
        safe = case if _NAMED.fullmatch(case) else f"{re.sub('[^A-Za-z0-9._-]+', '_', case)}-{fingerprint(case)[:6]}"
        return self._folder / suite / f"{safe}.yaml"

    def _opened(self, jobs: Iterable[Job]) -> dict[tuple[str, str], Cassette]:
        found: dict[tuple[str, str], Cassette] = {}
        mistakes: list[Mistake] = []
        if self.doing == "record":
            return found
        for suite, case in dict.fromkeys((job.case.suite, job.case.id) for job in jobs):
            path = self.place_of(suite, case)
            if not path.exists():
                continue
            try:
                found[suite, case] = Cassette.open(path, masks=self.masks, name=self._named(path))
            except FileProblems as error:
                if self.doing == "replay":  # a cache that cannot be read is made anew
                    mistakes += error.mistakes
        if mistakes:
            raise FileProblems(mistakes)
        if not found and self.doing == "replay":
            raise StoreError(
                "nothing was recorded for any of these cases",
                remedy="make recordings first: finharness eval --record",
                where=self._named(self._folder),
            )
        return found

    def _tape(self, job: Job) -> Tape:
        cassette = self._cassettes.get((job.case.suite, job.case.id))
        name = trial_of(job)
        return Tape(trial=name) if cassette is None or name not in cassette.trials else cassette.tape(name)

    def _named(self, path: Path) -> str:
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)

    def _merge(self) -> None:
        trials = _journaled(self._journal)
        for (suite, case), recorded in trials.items():
            path = self.place_of(suite, case)
            cassette = self._to_change(path, f"{suite}::{case}")
            for name, recordings in recorded.items():
                cassette.replace(name, recordings)
            if cassette.recordings or path.exists():
                cassette.save()
        if self.doing == "auto":
            self.warnings.append(f"{self._hits} model calls were answered from the cache and cost nothing")
            return
        files = sum(any(recorded.values()) for recorded in trials.values())
        count = sum(map(len, trials.values()))
        self.warnings.append(f"recorded {count} trials in {files} files under {self._named(self._folder)}/")
        if self._skipped:
            self.warnings.append(f"{self._skipped} trials could not be recorded; what was there of them is as it was")

    def _to_change(self, path: Path, about: str) -> Cassette:
        try:
            return Cassette.open(path, "record", about=about, masks=self.masks, name=self._named(path))
        except FileProblems:
            if self.doing == "record":
                self.warnings.append(f"{self._named(path)} could not be read and was made anew")
            return Cassette(path, {}, mode="record", about=about, masks=self.masks)

    def _report_unused(self) -> None:
        self.warnings.append("recordings answered, and nobody was asked: tokens and costs are those of the recording")
        for trial, left in list(self._left.items())[:_SHOWN]:
            count = f"{len(left)} recording{'s' * (len(left) != 1)}"
            self.warnings.append(one_line(f"{trial}: {count} not asked for any more: {'; '.join(left[:3])}", 300))
        if len(self._left) > _SHOWN:
            self.warnings.append(f"and {len(self._left) - _SHOWN} more trials asked for less than was recorded")
        if self._left:
            self.warnings.append("recordings that are not asked for go when their cases are recorded again")

    # ---- the journal

    def _write(self, item: Mapping[str, Any]) -> None:
        if self._file is None:
            try:
                self._journal.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._journal.open("a", encoding="utf-8")
                self._journal.chmod(0o600)
                if self._file.tell():
                    self._file.write("\n")  # whoever was killed may have left half a line
            except OSError as error:
                remedy = "look at the disk's space and the folder's permissions"
                raise StoreError(
                    f"cannot be written ({error.strerror})", remedy=remedy, where=str(self._journal)
                ) from error
        self._file.write(json.dumps(self.masks.plain(item)) + "\n")
        self._file.flush()


def trial_of(job: Job) -> str:
    """What a trial is called in the file of its case."""
    return f"{job.variant}#{job.index + 1}"


def _journaled(path: Path) -> dict[tuple[str, str], dict[str, list[Recording]]]:
    """What a journal says, by case and trial; a trial that began anew is what it became then, half a line is nothing."""
    names: dict[str, tuple[tuple[str, str], str]] = {}
    found: dict[tuple[str, str], dict[str, list[Recording]]] = {}
    for line in path.read_text("utf-8").splitlines():
        try:
            item = json.loads(line)
        except ValueError:
            continue
        if "case" in item:
            suite, case = item["case"]
            names[item["trial"]] = (suite, case), item["name"]
            found.setdefault((suite, case), {})[item["name"]] = []
        elif item["trial"] in names:
            place, name = names[item["trial"]]
            found[place][name].append(Recording(*item["recording"]))
    return found
