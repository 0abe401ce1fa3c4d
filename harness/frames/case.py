"""What the page of one trial shows: the trial, its story, and what it is compared with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.frozen import frozen
from harness.render.pieces import Markup, contents, element, figures, section, verdict_line
from harness.render.pieces.told import Section, sections
from harness.store import RunRow, Store, facts
from harness.store.facts import TrialFact
from harness.story.change import last_passing
from harness.story.raw import raw, raw_text
from harness.story.story import Story, story
from harness.text import one_line
from harness.workspace import Workspace

from .places import rerun_command
from .trial import Found, find_trial
from .words import shown

MOST_OPTIONS = 1_000
"""Most cases that a list offers; the run page finds the others."""

ROWS_LOOKED_AT = 100_000


@frozen
class CasePage:
    """One trial, ready to be shown."""

    found: Found
    """The trial and those beside it."""

    story: Story
    """What happened."""

    sections: tuple[Section, ...]
    """The story in sections."""

    rerun: str
    """The command that runs it again."""

    @property
    def title(self) -> str:
        """Which case."""
        return self.found.result.job.case.id

    @property
    def trials(self) -> Mapping[int, str]:
        """How the trials of the case ended, by number from 0."""
        return {item.job.index: item.status for item in self.found.siblings}

    @property
    def file_name(self) -> str:
        """A name for a file of it."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{self.found.run.id}-{self.title}-{self.found.result.job.index}")[:120]

    def query(self, trial: int) -> dict[str, str]:
        """The address of another trial of the same case."""
        job = self.found.result.job
        return {
            "run": self.found.run.id,
            "suite": job.case.suite,
            "case": job.case.id,
            "agent": job.variant,
            "trial": str(trial),
        }


@frozen
class Option:
    """A case to choose."""

    label: str
    """What a list shows."""

    query: Mapping[str, str]
    """The address of its worst trial."""


def options(store: Store, run: RunRow) -> tuple[Option, ...]:
    """The cases of a run, those that did not pass first; at most `MOST_OPTIONS`."""
    order = ("failed", "errored", "undecided", "missing", "passed")
    worst: dict[tuple[str, str, str], TrialFact] = {}
    for trial in store.ask(facts.find, run.id, {}, limit=ROWS_LOOKED_AT):
        key = (trial.suite, trial.case, trial.agent)
        known = worst.get(key)
        if known is None or order.index(trial.status or "missing") < order.index(known.status or "missing"):
            worst[key] = trial
    ranked = sorted(worst.values(), key=lambda trial: order.index(trial.status or "missing"))
    return tuple(
        Option(
            f"{shown(trial.status or 'missing')}  {one_line(trial.case, 80)}  ({one_line(trial.agent, 40)}, {one_line(trial.suite, 60)})",
            {"run": run.id, "suite": trial.suite, "case": trial.case, "agent": trial.agent, "trial": str(trial.trial)},
        )
        for trial in ranked[:MOST_OPTIONS]
    )


def case_page(workspace: Workspace, store: Store, query: Mapping[str, str]) -> CasePage:
    """Read one trial and tell its story.

    Raises:
        UserError: when there is no such trial, with the nearest there is.
    """
    found = find_trial(store, query)
    told = story(
        found.run,
        found.result,
        workspace.root,
        statuses=[item.status for item in found.siblings],
        passing=last_passing(store, found.run, found.result),
    )
    return CasePage(
        found, told, sections(told, found.result), rerun_command(workspace, found.run.manifest, found.result.job)
    )


def top(page: CasePage) -> Markup:
    """The verdict line, and links to the sections below it."""
    job = page.found.result.job
    more = [("Run", page.found.run.id), ("Agent", job.variant), ("Suite", job.case.suite)]
    return Markup("").join(
        (
            verdict_line(page.story.heading, about=job.case.description, more=more),
            contents([(part.anchor, part.title) for part in page.sections]),
        )
    )


def body(page: CasePage) -> Markup:
    """The sections, in the order in which a person looks for what went wrong."""
    return Markup("").join(section(part.anchor, part.title, part.piece, about=part.about) for part in page.sections)


def origin(page: CasePage) -> Markup:
    """Where the trial comes from: run, versions, seed, place in the suite."""
    manifest, result = page.found.run.manifest, page.found.result
    job = result.job
    tags = ", ".join(f"{key}={value}" if value else key for key, value in job.case.tags.items())
    return figures(
        (
            ("Run", manifest.id),
            ("Case defined at", str(job.case.where or "–")),
            ("Agent variant", job.variant),
            ("Model", manifest.models.get(job.variant, "–")),
            ("Seed", str(job.seed)),
            ("Outcome", f"{result.outcome.status}, {result.outcome.attempts} attempt(s)"),
            ("Started", result.started_at or "–"),
            ("Commit", f"{manifest.git_commit or '–'}{' with changes' if manifest.git_dirty else ''}"),
            ("Tags", tags or "–"),
        )
    )


def again(page: CasePage) -> Markup:
    """The command that runs the trial again; one click selects all of it."""
    return element("div", element("pre", page.rerun, class_="fh-command"), class_="fh")


def raw_data(page: CasePage) -> Any:
    """The trial as bounded JSON without secrets."""
    return raw(page.found.result)


def raw_file(page: CasePage) -> str:
    """The whole trial as JSON text without secrets, for saving."""
    return raw_text(page.found.result)
