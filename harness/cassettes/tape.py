"""The recordings of one trial, found again by what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from harness.frozen import frozen
from harness.model.value import fingerprint

from .miss import ReplayMiss


@frozen(slots=False)
class Recording:
    """One question and its answer."""

    channel: str
    """Who was asked: `model`, `judge`, `tool`, `http`."""

    request: Mapping[str, Any]
    """What was asked, without what changes from one run to the next."""

    reply: Mapping[str, Any]
    """What was answered; `error` in it is a failure that asking brings about every time."""

    edited: bool = False
    """Whether somebody changed it on purpose, and said so."""

    @cached_property
    def key(self) -> str:
        """What it is found by."""
        return key_of(self.channel, self.request)

    @cached_property
    def seal(self) -> str:
        """What it was when it was recorded: twelve hexadecimal digits."""
        return fingerprint([self.channel, self.request, self.reply])[:12]


def key_of(channel: str, request: Mapping[str, Any]) -> str:
    """What a request is found by."""
    return fingerprint([channel, request])


class Tape:
    """What was asked in one trial and what was answered: each recording is played once, equal ones in their order."""

    def __init__(self, recordings: Iterable[Recording] = (), *, trial: str = "") -> None:
        self.trial = trial
        """Whose it is."""
        self.recordings: list[Recording] = []
        """All of them, in the order of recording."""
        self.missed: ReplayMiss | None = None
        """The first question that nothing was recorded for."""
        self._waiting: dict[str, list[int]] = {}
        self._used: set[int] = set()
        for recording in recordings:
            self._add(recording)

    def has(self, channel: str) -> bool:
        """Whether anything was recorded on a channel."""
        return any(recording.channel == channel for recording in self.recordings)

    def take(self, channel: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recorded reply, which is then used up.

        Raises:
            ReplayMiss: when there is none, or none left.
        """
        waiting = self._waiting.get(key_of(channel, request))
        if waiting:
            place = waiting.pop(0)
            self._used.add(place)
            return self.recordings[place].reply
        miss = self.miss(channel, request, times=None if waiting is None else self._times(channel, request))
        self.missed = self.missed or miss
        raise miss

    def put(self, channel: str, request: Mapping[str, Any], reply: Mapping[str, Any]) -> Recording:
        """Record a question and its answer; it counts as used."""
        made = Recording(channel, request, reply)
        self._used.add(len(self.recordings))
        self.recordings.append(made)
        return made

    def used(self) -> tuple[Recording, ...]:
        """Recordings that were played or made, in their order."""
        return tuple(item for place, item in enumerate(self.recordings) if place in self._used)

    def find(self, channel: str, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """As `take`, but None where there is nothing, which is no miss then."""
        waiting = self._waiting.get(key_of(channel, request))
        return self.take(channel, request) if waiting else None

    def unused(self) -> tuple[Recording, ...]:
        """Recordings that nobody asked for."""
        return tuple(item for place, item in enumerate(self.recordings) if place not in self._used)

    def miss(self, channel: str, request: Mapping[str, Any], *, times: int | None = None) -> ReplayMiss:
        """The error for a question without an answer, with the recording that is nearest to it."""
        same = [item.request for item in self.recordings if item.channel == channel]
        return ReplayMiss(channel, request, same, trial=self.trial, times=times)

    def _add(self, recording: Recording) -> None:
        self._waiting.setdefault(recording.key, []).append(len(self.recordings))
        self.recordings.append(recording)

    def _times(self, channel: str, request: Mapping[str, Any]) -> int:
        key = key_of(channel, request)
        return sum(item.key == key for item in self.recordings)
