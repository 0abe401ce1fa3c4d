"""Let a run be heard while it goes on: what `finharness eval --stream` adds to a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.engine.options import RunOptions
    from harness.relay.broadcast import Broadcast


def live_of(target: str | None) -> list[Broadcast]:
    """What tells of the run: nothing, unless a port or a file was named.

    Raises:
        ConfigError: when it cannot be had.
    """
    if target is None:
        return []
    import sys

    from harness.relay.broadcast import PortBroadcast, broadcast_to
    from harness.render.terminal import say

    live = broadcast_to(target)
    if isinstance(live, PortBroadcast):
        say(f"listen: curl -N {live.url}/events?trial=NAME · {live.url}/trials lists the names", stream=sys.stderr)
    return [live]


def heard_by(live: Sequence[Broadcast], options: RunOptions) -> RunOptions:
    """The run's options, with somebody who listens."""
    return replace(options, listener=live[0].heard) if live else options


def hang_up(live: Sequence[Broadcast]) -> None:
    """Tell no more."""
    for one in live:
        one.close()
