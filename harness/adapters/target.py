"""What can go wrong with an agent that lives elsewhere, and whose fault it is."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from harness.errors import HarnessError

Fault: TypeAlias = Literal["agent", "target", "late"]
"""`agent`: it was reached, and failed; `target`: it was not reached, so that nothing is known about it; `late`: it did not end."""

_STATUS: Final = {"agent": "agent_failed", "target": "infrastructure_failed", "late": "timed_out"}


class TargetError(HarnessError):
    """An agent elsewhere that could not be reached, or that failed; `where` names it.

    Attributes:
        kind: One word for tables: `unreachable`, `exit_3`, `http_500`.
        fault: Whose it is.
    """

    def __init__(self, kind: str, problem: str, *, remedy: str, where: str, fault: Fault = "target") -> None:
        super().__init__(problem, remedy=remedy, where=where)
        self.kind = kind
        self.fault: Fault = fault

    @property
    def status(self) -> str:
        """How a trial ends with it: a failure of the agent counts, and an agent that was not reached does not."""
        return _STATUS[self.fault]

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.kind, self.problem, self.remedy, self.where or "", self.fault))


def _rebuild(kind: str, problem: str, remedy: str, where: str, fault: Fault) -> TargetError:
    return TargetError(kind, problem, remedy=remedy, where=where, fault=fault)
