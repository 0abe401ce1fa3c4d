"""Has a judge changed? Its verdicts on answers that do not change, then and now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.errors import UserError
from harness.frozen import frozen
from harness.judge.prompt import TEMPLATE
from harness.rubrics import Rubric
from harness.shape import MisfitsError, plain, read, value
from harness.stats import Kappa, kappa, mcnemar
from harness.store.draft import write_json
from harness.workspace import Workspace

from .ratings import ABSTAINED, UNREADABLE
from .record import place
from .rehearsal import Judged

MOST_FLIPS: Final = 0.05
"""Largest share of verdicts that may change."""

ALPHA: Final = 0.05
"""Level of the paired test."""


@value
class Golden:
    """Verdicts of a judge on a frozen set of answers."""

    rubric: str
    """Rubric's id, or `claim`."""

    hash: str
    """Rubric's hash."""

    template: str
    """What the wording of requests was known by."""

    judges: tuple[str, ...]
    """Exact ids of the models."""

    labels: str
    """What the file of answers was known by."""

    at: str
    """When they were given."""

    verdicts: dict[str, dict[str, str]]
    """Verdict by answer and criterion."""


@frozen
class Drift:
    """What changed."""

    verdicts: int
    """Verdicts that were compared."""

    to_yes: tuple[str, ...]
    """Verdicts that are yes now and were not."""

    to_no: tuple[str, ...]
    """Verdicts that were yes and are not now."""

    p: float
    """Two-sided mid-p of McNemar's test: how surprising such a lean to one side is, were the judge the same."""

    kappa: Kappa | None
    """Agreement of then and now."""

    unreadable: int
    """Verdicts that cannot be read now, among those that changed or not."""

    @property
    def flips(self) -> float:
        """Share of verdicts that changed."""
        return (len(self.to_yes) + len(self.to_no)) / self.verdicts if self.verdicts else 0.0

    @property
    def failed(self) -> bool:
        """Whether the judge is another one than it was."""
        return self.flips > MOST_FLIPS or self.p < ALPHA or self.unreadable > MOST_FLIPS * self.verdicts


def golden_path(workspace: Workspace, rubric: str, judges: Sequence[str]) -> Path:
    """Where the golden set of a judge and a rubric is kept."""
    return workspace.judges / "golden" / place(workspace, rubric, judges).name


def freeze(path: Path, golden: Golden) -> None:
    """Keep verdicts as the golden ones."""
    write_json(path, plain(golden), indent=1)


def read_golden(path: Path) -> Golden:
    """Read a golden set.

    Raises:
        UserError: when there is none, or it cannot be read.
    """
    if not path.is_file():
        raise UserError(
            "there are no golden verdicts of this judge",
            remedy="keep the ones it gives now: finharness judge drift --freeze",
            where=str(path),
        )
    try:
        found: Golden = read(Golden, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, MisfitsError) as error:
        raise UserError(f"it cannot be read: {error}", remedy="freeze it again", where=str(path)) from None
    return found


def golden_of(judged: Sequence[Judged], rubric: Rubric, *, judges: tuple[str, ...], labels: str, at: str) -> Golden:
    """The verdicts of now as a golden set."""
    return Golden(
        rubric=rubric.id,
        hash=rubric.hash,
        template=TEMPLATE,
        judges=judges,
        labels=labels,
        at=at,
        verdicts={item.row.id: dict(item.votes) for item in judged},
    )


def compare(golden: Golden, judged: Sequence[Judged]) -> Drift:
    """Compare the verdicts of now with golden ones, answer by answer.

    Raises:
        UserError: when they have nothing in common.
    """
    now = {item.row.id: item.votes for item in judged}
    pairs = [
        (f"{name}:{criterion}", was, now[name][criterion])
        for name, votes in golden.verdicts.items()
        for criterion, was in votes.items()
        if criterion in now.get(name, {})
    ]
    if not pairs:
        raise UserError("the golden set has none of these answers", remedy="freeze it again", where=golden.rubric)
    read_now = [pair for pair in pairs if pair[2] != UNREADABLE]
    to_yes = tuple(name for name, was, is_now in read_now if was != "yes" and is_now == "yes")
    to_no = tuple(name for name, was, is_now in read_now if was == "yes" and is_now != "yes")
    categories = ("yes", "no", ABSTAINED, UNREADABLE)
    agreement = kappa([(was, is_now) for _, was, is_now in pairs], categories)
    return Drift(
        len(pairs), to_yes, to_no, mcnemar(len(to_no), len(to_yes)).two_sided, agreement, len(pairs) - len(read_now)
    )


def words(found: Drift) -> list[str]:
    """What changed, in words."""
    told = [
        f"{found.verdicts} verdicts compared: {len(found.to_yes)} turned to yes, {len(found.to_no)} turned from it",
        f"flips: {found.flips:.1%} (at most {MOST_FLIPS:.0%}), paired mid-p {found.p:.4f} (at least {ALPHA:g})",
    ]
    if found.kappa is not None and found.kappa.value is not None:
        told.append(f"kappa of then and now: {found.kappa.value:.4f}")
    if found.unreadable:
        told.append(f"unreadable now: {found.unreadable}")
    told += [f"  to yes: {name}" for name in found.to_yes[:20]] + [f"  from yes: {name}" for name in found.to_no[:20]]
    return [*told, "DRIFTED: check the judge again before it gates" if found.failed else "no drift"]


def as_data(found: Drift) -> Mapping[str, object]:
    """What changed, as plain data."""
    return {
        "verdicts": found.verdicts,
        "to_yes": list(found.to_yes),
        "to_no": list(found.to_no),
        "flips": found.flips,
        "p": found.p,
        "kappa": None if found.kappa is None else found.kappa.value,
        "unreadable": found.unreadable,
        "drifted": found.failed,
    }
