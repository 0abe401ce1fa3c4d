"""What is on file about a judge and a rubric: one JSON file for each pair, committed beside the rubrics."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.judge.judge import CLAIM
from harness.judge.prompt import TEMPLATE
from harness.rubrics import Rubric
from harness.shape import MisfitsError, plain, read, value
from harness.store.draft import write_json
from harness.workspace import Workspace

FOLDER: Final = "checks"
"""Folder of the files, inside the judges folder."""


@value
class CheckRecord:
    """A judge's examination on a rubric's labels, as it is kept."""

    rubric: str
    """Rubric's id, or `claim`."""

    hash: str
    """Rubric's hash; another rubric needs another check."""

    template: str
    """What the wording of requests was known by."""

    judges: tuple[str, ...]
    """Exact ids of the models."""

    labels: str
    """What the file of labels was known by."""

    at: str
    """When, UTC."""

    answers: int
    """Labelled answers."""

    kappa: float | None = None
    """Over all criteria; what cannot be read is a class of its own."""

    kappa_low: float | None = None
    """Lower end of its 95 % interval."""

    sensitivity: float | None = None
    """Share of labelled yes that the judge says yes to."""

    specificity: float | None = None
    """Share of labelled no that the judge says no to."""

    youden: float | None = None
    """Both less 1; the gate sees this share of a real drop."""

    abstained: float = 0.0
    """Share of verdicts without a decision."""

    unreadable: float = 0.0
    """Share of verdicts that could not be read."""

    swap: float | None = None
    """Share of verdicts that stay when the criteria stand in the other order; None where it was not tried."""

    length: float | None = None
    """Partial correlation of verdict and length, label given."""

    injected: int = 0
    """Planted orders that were tried."""

    flipped: int = 0
    """Planted orders that turned a verdict to yes."""

    cost_usd: float | None = None
    """What the check cost; None when unknown."""

    passed: bool
    """Whether the judge may gate by this rubric."""

    reasons: tuple[str, ...] = ()
    """Why not; or what is noteworthy."""

    seal: str = ""
    """Fingerprint of the rest: a figure that is changed by hand is no check."""

    def sealed(self) -> CheckRecord:
        """The record with its seal."""
        return replace(self, seal=self.fingerprint())

    def fingerprint(self) -> str:
        """What the seal must be."""
        from harness.model import fingerprint

        return fingerprint(plain(replace(self, seal="")))[:16]


def place(workspace: Workspace, rubric: str, judges: Sequence[str]) -> Path:
    """Where the check of a judge and a rubric is kept."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", "+".join(judges))[:120]
    return workspace.judges / FOLDER / f"{rubric}.{slug}.json"


def keep(workspace: Workspace, record: CheckRecord) -> Path:
    """Put a check on file."""
    path = place(workspace, record.rubric, record.judges)
    write_json(path, asdict(record.sealed()), indent=2)
    return path


def on_file(workspace: Workspace, rubric: str, judges: Sequence[str]) -> CheckRecord | None:
    """The check that is on file; None when there is none.

    Raises:
        UserError: for a file that cannot be read.
    """
    path = place(workspace, rubric, judges)
    if not path.is_file():
        return None
    try:
        found: CheckRecord = read(CheckRecord, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, MisfitsError) as error:
        raise UserError(
            f"this check cannot be read: {error}", remedy="make it again: finharness judge check", where=str(path)
        ) from None
    return found


def lacking(workspace: Workspace, rubric: Rubric | str, judges: Sequence[str], *, hash_start: str = "") -> str:
    """Why a judge may not gate by a rubric; empty when it may.

    Args:
        workspace: Where checks are kept.
        rubric: The rubric, or its id.
        judges: Ids of the judges that gave the verdicts.
        hash_start: Beginning of the hash of the rubric that they were given by, as verdicts carry it.
    """
    name = rubric if isinstance(rubric, str) else rubric.id
    try:
        record = on_file(workspace, name, judges)
    except UserError as error:
        return f"{error.where}: {error.problem}"
    who = ", ".join(judges)
    if record is None:
        return f"there is no check of {who} on {name}"
    if record.seal != record.fingerprint():
        return f"the check of {who} on {name} was changed by hand"
    if name != CLAIM and not record.hash.startswith(hash_start):
        return f"the check of {who} on {name} is of another version of the rubric"
    if record.template != TEMPLATE:
        return f"the check of {who} on {name} is of another wording of the requests"
    if not record.passed:
        return f"the check of {who} on {name} did not pass: {'; '.join(record.reasons)}"
    return ""
