"""The error for a question that nothing was recorded for: which recording is nearest, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import ExitCode, HarnessError

_MOST_LINES = 6
_MOST_CANDIDATES = 60


class ReplayMiss(HarnessError):
    """A question in a replayed trial that was not asked when it was recorded.

    Attributes:
        channel: Who was asked.
        request: What was asked.
        nearest: The recorded request that resembles it most; None when nothing was recorded on the channel.
        differs: What differs from it, one line each.
    """

    exit_code = ExitCode.INCOMPLETE

    def __init__(
        self,
        channel: str,
        request: Mapping[str, Any],
        recorded: Sequence[Mapping[str, Any]],
        *,
        trial: str = "",
        times: int | None = None,
    ) -> None:
        from .nearest import differences, nearest_of

        self.channel = channel
        self.request = request
        self.recorded = tuple(recorded)
        self.times = times
        self.nearest = None if times is not None else nearest_of(request, recorded[:_MOST_CANDIDATES])
        self.differs = () if self.nearest is None else tuple(differences(channel, self.nearest, request))
        super().__init__(self._said(times), remedy=_remedy(times), where=trial or None)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.channel, self.request, self.recorded, self.where, self.times))

    def _said(self, times: int | None) -> str:
        what = _NAMES.get(self.channel, f"{self.channel} call")
        if times is not None:
            return f"this {what} was recorded {times} time{'s' * (times != 1)} and is asked once more"
        if self.nearest is None:
            return f"no {what} was recorded here, and one is asked for"
        told = "; ".join(self.differs[:_MOST_LINES])
        more = f"; and {len(self.differs) - _MOST_LINES} more differences" if len(self.differs) > _MOST_LINES else ""
        return f"this {what} was not recorded; it differs from the nearest recording: {told}{more}"


def _remedy(times: int | None) -> str:
    if times is not None:
        return "look for a loop or a retry that is new, or record the case again: finharness eval --record --case ID"
    return "if the change is meant, record the case again: finharness eval --record --case ID"


def _rebuild(channel: str, request: Any, recorded: Any, where: str | None, times: int | None) -> ReplayMiss:
    return ReplayMiss(channel, request, recorded, trial=where or "", times=times)


_NAMES: Mapping[str, str] = {
    "model": "model call", "judge": "call of a judge", "tool": "tool call", "http": "request",
}  # fmt: skip
