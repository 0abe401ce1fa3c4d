"""A cassette of the gateway's own: one tape for each trial that paths name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.cassettes import Cassette


class CassetteTape:
    """One trial's recordings in a cassette."""

    def __init__(self, cassette: Cassette, trial: str) -> None:
        self._cassette = cassette
        self._trial = trial

    @property
    def replays(self) -> bool:
        """Whether nobody is asked."""
        return self._cassette.mode == "replay"

    def take(self, channel: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Play a recording; see `Cassette.take`."""
        return self._cassette.take(channel, request, trial=self._trial)

    def put(self, channel: str, request: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
        """Make one; see `Cassette.put`."""
        self._cassette.put(channel, request, reply, trial=self._trial)


def tapes_of(cassette: Cassette) -> Callable[[str], CassetteTape]:
    """The tape of each trial; requests that name none share one."""
    return lambda trial: CassetteTape(cassette, trial)
