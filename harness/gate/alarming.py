"""Floors that a run must keep, whatever its baseline says: the alarm rules that gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from harness.alarms import AlarmState, check_run
from harness.alarms.pages import alarm_row
from harness.model import Result
from harness.shape import plain
from harness.text import one_line
from harness.workspace import CONFIG_FILE, Workspace

from .judged import Admission


def ruling_of(workspace: Workspace, base: str | None) -> Workspace:
    """The workspace whose rules hold: the base branch's checkout, so that a change cannot lower its own floor.

    Without settings there, our own rules hold.

    Raises:
        ConfigError: for settings that cannot be read.
    """
    if base is None:
        return workspace
    config = Path(base) / CONFIG_FILE
    return Workspace.find(config=str(config)) if config.is_file() else Workspace.at(Path(base))


def raised(workspace: Workspace, ruling: Workspace, results: Iterable[Result]) -> tuple[AlarmState, ...]:
    """The alarms of a run that fail a gate; like the gate they listen to judges with a passing check only.

    Args:
        workspace: The run's.
        ruling: Whose rules hold.
        results: What it did.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    admission = Admission(workspace)
    heard = (admission.admitted(result)[0] for result in results)
    return tuple(state for state in check_run(ruling, heard) if state.rule.gate and state.state == "ALARM")


def alarm_lines(found: Sequence[AlarmState]) -> Iterator[str]:
    """What a gate says of them."""
    for state in found:
        yield f"ALARM        {one_line(state.name, 80)}: {state.reason}"
        if state.rule.description:
            yield f"             {one_line(state.rule.description, 160)}"


class Named(Protocol):
    """An alarm, as it was judged or as it was read."""

    @property
    def name(self) -> str:
        """The rule with its group."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


def alarm_markdown(found: Sequence[Named]) -> str:
    """The same for a comment or a job's page; nothing without any."""
    if not found:
        return ""
    from .words import code

    rows = "\n".join(f"| {code(state.name)} | {code(state.reason)} |" for state in found)
    return f"\n### Alarms\n\n| alarm | why |\n|---|---|\n{rows}\n"


def alarm_document(found: Sequence[Named]) -> list[object]:
    """The same for programs."""
    return [alarm_row(state) if isinstance(state, AlarmState) else plain(state) for state in found]
