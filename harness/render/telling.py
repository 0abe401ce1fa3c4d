"""Whole trials inside a report: the same story as on the dashboard, folded, in a page without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from harness.model import Result
from harness.store import RunRow, Store, facts
from harness.story.change import last_passing
from harness.story.raw import raw
from harness.story.rerun import rerun
from harness.story.story import Story, story
from harness.story.words import cell_lines

from .pieces import Markup, code, element, text, verdict_line
from .pieces.told import sections

if TYPE_CHECKING:
    from harness.workspace import Workspace

Teller: TypeAlias = Callable[[Result], Story]
"""Makes the story of a trial."""

STORIES_SHOWN = 40
"""Trials that a report tells whole; those beyond are told in short."""

MOST_CHARACTERS = 12_000_000
"""Longest that all stories together may be; a browser must be able to open the page."""

UNFOLDED = 3
"""Trials whose checks and figures are unfolded from the start; the verdict of every trial always is."""

_OPEN = frozenset({"Checks", "Figures of the answer"})
_RAW = 60_000


def teller(run: RunRow, root: Path | None = None) -> Teller:
    """Tell trials of a run by themselves."""
    return lambda result: story(run, result, root or Path())


def teller_of(store: Store, workspace: Workspace, run: RunRow) -> Teller:
    """Tell trials of a stored run, with their other trials and the last one that passed."""

    def told(result: Result) -> Story:
        job = result.job
        same = {"suite": job.case.suite, "case": job.case.id, "agent": job.variant}
        statuses = [trial.status for trial in store.ask(facts.find, run.id, same) if trial.status is not None]
        return story(run, result, workspace.root, statuses=statuses, passing=last_passing(store, run, result))

    return told


class Stories:
    """The stories of a report, as many as fit."""

    def __init__(self, run: RunRow, tell: Teller) -> None:
        self._run, self._tell = run, tell
        self._number = self._length = 0

    def __call__(self, result: Result) -> Markup:
        """The trial as HTML; nothing once there have been enough."""
        if self._number >= STORIES_SHOWN or self._length >= MOST_CHARACTERS:
            return Markup("")
        self._number += 1
        made = self._made(result, f"c{self._number}")
        self._length += len(made)
        return made

    def _made(self, result: Result, anchor: str) -> Markup:
        told = self._tell(result)
        parts = [verdict_line(told.heading, about=result.job.case.description)]
        parts += [
            _folded(
                part.title, part.piece, anchor=part.anchor, unfolded=part.title in _OPEN and self._number <= UNFOLDED
            )
            for part in sections(told, result, anchor)
        ]
        parts += _troubles(result)
        raw_text = element("pre", text(cell_lines(raw(result)), _RAW))
        parts.append(_folded("Raw data", element("div", raw_text, class_="fh"), anchor=f"{anchor}-raw", unfolded=False))
        again = rerun("cases", self._run.manifest, result.job)
        parts.append(element("p", "Run it again: ", code(again), class_="fh"))
        return Markup("\n").join(parts)


def _troubles(result: Result) -> list[Markup]:
    """What ended the trial, and what the agent printed."""
    outcome = result.outcome
    found = [
        ("Traceback", outcome.error.traceback if outcome.error else ""),
        ("What the agent printed", outcome.stdout),
    ]
    return [
        element("details", element("summary", title), element("pre", text(content)), class_="fh fh-fold")
        for title, content in found
        if content
    ]


def _folded(title: str, piece: Markup, *, anchor: str, unfolded: bool) -> Markup:
    return element("details", element("summary", title), piece, id=anchor, class_="fh fh-fold", open=unfolded)
