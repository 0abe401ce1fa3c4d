"""One thing that is to go wrong around an agent, as a case says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from harness.bounds import Ge, Gt, Le, Len
from harness.errors import nearest
from harness.shape import Misfit, MisfitsError, value

from .value import Json

Seam: TypeAlias = Literal["model", "tool", "store", "queue", "gateway"]
FaultKind: TypeAlias = Literal[
    "rate_limit",
    "server_error",
    "overloaded",
    "timeout",
    "slow",
    "reset",
    "truncated",
    "invalid_reply",
    "malformed",
    "wrong_schema",
    "empty",
    "error",
    "duplicate",
    "result",
    "stale",
    "unadjusted",
    "missing_fx",
    "market_closed",
    "partial_fill",
    "reject",
    "down",
    "crash",
]

_WIRE: Final = (
    "rate_limit", "server_error", "overloaded", "timeout", "slow", "reset", "truncated", "malformed", "wrong_schema", "empty",
)  # fmt: skip
_MARKET: Final = ("stale", "unadjusted", "missing_fx", "market_closed", "partial_fill", "reject")

KINDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "model": (*_WIRE, "invalid_reply"),
    "tool": (*_WIRE, "error", "duplicate", "result", *_MARKET),
    "store": ("down", "timeout", "slow", "stale", "unadjusted", "missing_fx"),
    "queue": ("duplicate", "crash", "slow"),
    "gateway": (*_WIRE, "invalid_reply"),
}
"""What can go wrong at each seam."""

_TAKERS: Final[Mapping[str, tuple[str, ...]]] = {
    "retry_after_s": ("rate_limit", "overloaded", "server_error"),
    "seconds": ("slow",),
    "real": ("slow", "timeout"),
    "message": ("error", "reject"),
    "result": ("result",),
    "days": ("stale",),
    "ratio": ("unadjusted",),
    "share": ("partial_fill",),
}
"""Which kinds each argument belongs to."""


@value
class Fault:
    """Something that goes wrong around the agent: at which seam, what, and when.

    Without `calls`, `times` and `probability` it strikes at every call that it fits. Each application is an event of the
    trial's trace; a trial in which a fault never struck proves nothing about it and is undecided.
    """

    seam: Seam
    """Where: `model`, `tool`, `store`, `queue` or `gateway`."""

    kind: FaultKind
    """What: see the table of kinds in docs/faults.md."""

    name: Annotated[str, Len(1)] = "*"
    """The tool, model, service or route that is meant; `*` matches anything."""

    calls: Annotated[tuple[Annotated[int, Ge(1)], ...], Len(1)] | None = None
    """Numbers of the calls it strikes at, counted from 1 among those it fits."""

    times: Annotated[int, Ge(1)] | None = None
    """How often it strikes at most."""

    probability: Annotated[float, Gt(0), Le(1)] | None = None
    """How likely it strikes at each call it fits, drawn under the trial's seed."""

    retry_after_s: Annotated[float, Ge(0)] | None = None
    """For refusals: seconds that the other side asks to wait; none are named without it."""

    seconds: Annotated[float, Gt(0), Le(86_400)] | None = None
    """For `slow`: how long it takes; 30 by default."""

    real: bool = False
    """For `slow` and `timeout`: whether the time really passes, rather than on the trial's virtual clock."""

    message: str | None = None
    """For `error` and `reject`: what the other side says."""

    result: Json = None
    """For `result`: what the tool returns instead."""

    days: Annotated[int, Ge(1)] | None = None
    """For `stale`: how many days too old prices are; 30 by default."""

    ratio: Annotated[float, Gt(0)] | None = None
    """For `unadjusted`: the split that prices do not know of; 2 by default."""

    share: Annotated[float, Gt(0), Le(1)] | None = None
    """For `partial_fill`: which part of an order is filled; 0.5 by default."""

    seed: int | None = None
    """Mixed into what is drawn, so that another number gives other strikes."""

    optional: bool = False
    """Whether a trial in which it never strikes still counts; for faults at random."""

    def __post_init__(self) -> None:
        misfits = list(_misfits(self))
        if misfits:
            raise MisfitsError(misfits)


def _misfits(fault: Fault) -> list[Misfit]:
    found = []
    allowed = KINDS_OF[fault.seam]
    if fault.kind not in allowed:
        remedy = f"{nearest(fault.kind, allowed)} At this seam there are: {', '.join(allowed)}"
        found.append(Misfit(("kind",), f"{fault.kind!r} cannot happen at the seam {fault.seam!r}", remedy))
    for argument, kinds in _TAKERS.items():
        given = getattr(fault, argument)
        if given is not None and given is not False and fault.kind not in kinds:
            remedy = f"leave it out; it belongs to {', '.join(kinds)}"
            found.append(Misfit((argument,), f"{argument!r} says nothing about {fault.kind!r}", remedy, at_key=True))
    if fault.calls is not None and fault.probability is not None:
        remedy = "keep `calls`, or keep `probability`"
        found.append(Misfit(("probability",), "both 'calls' and 'probability' are given", remedy, at_key=True))
    return found
