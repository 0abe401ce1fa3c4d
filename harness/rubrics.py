"""Rubrics: what judges decide, one YAML file each in the judges folder.

id: advice_quality
version: 1
inputs: [question, answer, tool_facts]
criteria:
  - id: risk_named
    ask: Does the answer name at least one material risk of the recommended action?
    evidence: required
    weight: 2
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from harness.bounds import Ge, Gt, Le, Len

from .document import FileProblems, Mistake, Site, read_file
from .errors import SuiteError, nearest
from .model import Json, Where, fingerprint
from .shape import Misfit, MisfitsError, plain, read, value
from .workspace import Workspace

_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_BOUND: Final = re.compile(r"(?:<|<=|>|>=)\s*(?:0(?:\.\d+)?|1(?:\.0+)?|\.\d+)")
_SKIPPED: Final = frozenset({"labels", "golden", "checks", "fixtures", "data"})
_WORD: Final = re.compile(r"(?:not )?(?:(?:tool|tag):[^\s]+|[a-z]+)")

CONDITIONS: Final = ("recommendation", "numbers", "tools", "structured", "reference")
"""Preconditions that a criterion can name in `applies_if`, besides `tool:NAME` and `tag:NAME`."""

Share = Annotated[float, Ge(0), Le(1)]


@value
class Criterion:
    """One question that a judge answers with yes, no or cannot tell."""

    id: str
    """Name in verdicts and reports."""

    ask: str
    """The question; yes is good."""

    type: Literal["binary"] = "binary"
    """How it is answered: yes, no or cannot_tell."""

    evidence: Literal["required", "optional"] = "optional"
    """`required`: the judge must quote a span of the answer, which is checked to be there."""

    weight: Annotated[float, Gt(0)] = 1.0
    """Share in the rubric's score."""

    applies_if: str | None = None
    """When the criterion counts: `recommendation`, `numbers`, `tools`, `structured`, `reference`, `tool:NAME` or `tag:NAME`,
    each perhaps with `not` before it, joined by `and` or by `or`."""

    signals: tuple[str, ...] = ()
    """Words or phrases that speak for yes; the offline judge looks for them."""

    counter_signals: tuple[str, ...] = ()
    """Words or phrases that speak for no, and outweigh the others."""


@value
class Scale:
    """A 1-to-5 view of the score."""

    map: dict[str, str]
    """Grade to the score it needs: `{5: ">=0.95", 4: ">=0.8", 1: "<0.4"}`."""

    veto: dict[str, int] = field(default_factory=dict)
    """Criterion to the grade that its failure caps the view at."""


@value
class Panel:
    """Several judges instead of one."""

    judges: Annotated[tuple[str, ...], Len(1)]
    """Models, by their names in harness.toml."""

    rule: Literal["majority", "unanimous"] = "majority"
    """How their votes become one verdict."""

    min_votes: Annotated[int, Ge(1)] = 1
    """Fewest usable votes; below, the criterion is undecided."""


@value
class Abstain:
    """How much may stay undecided."""

    max_share: Share = 0.2
    """Largest share of criteria, by weight, that may be undecided before the whole verdict is."""


@value
class Calibration:
    """Human labels that the judge is checked against."""

    labels: str
    """JSON Lines file, relative to the rubric."""

    min_kappa: Annotated[float, Ge(-1), Le(1)] = 0.6
    """Least agreement (Cohen's kappa) for a judge that gates."""

    min_n: Annotated[int, Ge(1)] = 50
    """Fewest labelled answers."""


@value
class Rubric:
    """What a judge decides about an answer, criterion by criterion."""

    id: str
    """Name that suites use: `judge: [advice_quality]`."""

    version: Annotated[int, Ge(1)] = 1
    """Raised by hand when the meaning changes."""

    description: str = ""
    """What it is for, for people."""

    inputs: tuple[Literal["question", "answer", "tool_facts", "reference", "structured"], ...] = ("question", "answer")
    """What the judge may see."""

    criteria: Annotated[tuple[Criterion, ...], Len(1)]
    """The questions."""

    threshold: Share = 1.0
    """Least weighted share of yes for the rubric to hold."""

    scale: Scale | None = None
    """A 1-to-5 view, for reports."""

    panel: Panel | None = None
    """Several judges instead of the configured one."""

    abstain: Abstain = Abstain()
    """How much may stay undecided."""

    calibration: Calibration | None = None
    """Human labels, for `judge check`."""

    signals: dict[str, Json] = field(default_factory=dict)
    """More signals for the offline judge, by criterion."""

    probabilities: bool = False
    """Whether the judge also says how likely each verdict is; told beside the verdict, and never instead of it."""

    where: Where | None = None
    """Place of the file."""

    def __post_init__(self) -> None:
        misfits = [*_ids(self), *_conditions(self), *_references(self), *_scale(self.scale)]
        if misfits:
            raise MisfitsError(misfits)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of all that decides a verdict; part of the key of cached verdicts."""
        return fingerprint(plain(replace(self, where=None, calibration=None, description="")))


def load(workspace: Workspace) -> Mapping[str, Rubric]:
    """Read every rubric of a workspace, by id.

    Raises:
        FileProblems: with every mistake of every file.
    """
    rubrics, mistakes = survey(workspace)
    if mistakes:
        raise FileProblems(mistakes)
    return rubrics


def survey(workspace: Workspace) -> tuple[dict[str, Rubric], list[Mistake]]:
    """Read every rubric, and say what is wrong with the others."""
    rubrics: dict[str, Rubric] = {}
    mistakes: list[Mistake] = []
    for path in _files(workspace.judges):
        try:
            rubric = _read(workspace, path)
        except FileProblems as error:
            mistakes.extend(error.mistakes)
            continue
        first = rubrics.setdefault(rubric.id, rubric)
        if first is not rubric and rubric.where is not None:
            mistakes.append(
                Mistake(rubric.where, f"the rubric {rubric.id!r} is also in {first.where}", "give one another id")
            )
    return rubrics, mistakes


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith((".", "_")))
        found.extend(Path(here, name) for name in sorted(files) if name.endswith((".yaml", ".yml")))
    return found


def _read(workspace: Workspace, path: Path) -> Rubric:
    name = os.path.relpath(path, workspace.root)
    try:
        document = read_file(workspace.inside(name), name)
    except SuiteError as error:
        raise FileProblems([Mistake(Where(file=name), error.problem, error.remedy)]) from error
    site = Site(document, document.data)
    if document.data is None:
        raise FileProblems([site.mistake("the rubric is empty", "write `id:` and `criteria:`")])
    try:
        rubric: Rubric = read(Rubric, document.data)
    except MisfitsError as error:
        raise FileProblems(site.mistakes(error)) from error
    _check_labels(workspace, rubric, path, site)
    return replace(rubric, where=Where(file=name))


def _check_labels(workspace: Workspace, rubric: Rubric, path: Path, site: Site) -> None:
    if rubric.calibration is None:
        return
    try:
        workspace.inside(rubric.calibration.labels, base=path.parent)
    except SuiteError as error:
        raise FileProblems([site.mistake(error.problem, error.remedy, "calibration", "labels")]) from error


def _ids(rubric: Rubric) -> list[Misfit]:
    misfits = []
    if not _ID.fullmatch(rubric.id):
        misfits.append(Misfit(("id",), f"{rubric.id[:40]!r} is no id", "use letters, digits, `_`, `.` and `-`"))
    seen: set[str] = set()
    for index, criterion in enumerate(rubric.criteria):
        path = ("criteria", index, "id")
        if not _ID.fullmatch(criterion.id):
            misfits.append(Misfit(path, f"{criterion.id[:40]!r} is no id", "use letters, digits, `_`, `.` and `-`"))
        elif criterion.id in seen:
            misfits.append(Misfit(path, f"a second criterion {criterion.id!r}", "give it another id"))
        if not criterion.ask.strip():
            misfits.append(Misfit(("criteria", index, "ask"), "asks nothing", "write a question"))
        seen.add(criterion.id)
    return misfits


def condition(text: str) -> tuple[Literal["and", "or"], tuple[tuple[bool, str], ...]]:
    """Read an `applies_if`: how its parts are joined, and for each part whether it must hold, and its name.

    Raises:
        ValueError: for text that is no condition, with what is wrong as its words.
    """
    words = " ".join(text.split())
    joints = {joint for joint in ("and", "or") if f" {joint} " in f" {words} "}
    if len(joints) == 2:
        raise ValueError("`and` and `or` cannot be mixed")
    joint: Literal["and", "or"] = "or" if "or" in joints else "and"
    parts = words.split(f" {joint} ")
    for part in parts:
        name = part.removeprefix("not ")
        if not _WORD.fullmatch(part) or (":" not in name and name not in CONDITIONS):
            raise ValueError(f"{part[:60]!r} is no condition")
    return joint, tuple((not part.startswith("not "), part.removeprefix("not ")) for part in parts)


def _conditions(rubric: Rubric) -> list[Misfit]:
    misfits = []
    for index, criterion in enumerate(rubric.criteria):
        if criterion.applies_if is None:
            continue
        try:
            condition(criterion.applies_if)
        except ValueError as error:
            known = f"{', '.join(CONDITIONS)}, tool:NAME, tag:NAME"
            remedy = f"{nearest(criterion.applies_if, CONDITIONS)}; conditions are {known}"
            misfits.append(Misfit(("criteria", index, "applies_if"), str(error), remedy))
    return misfits


def _references(rubric: Rubric) -> list[Misfit]:
    known = {criterion.id for criterion in rubric.criteria}
    remedy = f"name one of: {', '.join(sorted(known))}"
    named: list[tuple[str | int, ...]] = [("signals", name) for name in rubric.signals]
    if rubric.scale is not None:
        named.extend(("scale", "veto", name) for name in rubric.scale.veto)
    misfits = [
        Misfit(path, f"there is no criterion {path[-1]!r}", remedy, at_key=True)
        for path in named
        if path[-1] not in known
    ]
    panel = rubric.panel
    if panel is not None and panel.min_votes > len(panel.judges):
        misfits.append(
            Misfit(
                ("panel", "min_votes"), f"{panel.min_votes} votes of {len(panel.judges)} judges", "ask for fewer votes"
            )
        )
    return misfits


def _scale(scale: Scale | None) -> list[Misfit]:
    misfits = []
    if scale is not None and not scale.map:
        misfits.append(
            Misfit(("scale", "map"), "the scale has no grades", 'write {5: ">=0.95", 3: ">=0.6", 1: "<0.6"}')
        )
    for name, cap in {} if scale is None else scale.veto.items():
        if not 1 <= cap <= 5:
            misfits.append(Misfit(("scale", "veto", name), f"{cap} is no grade", "grades are 1 to 5"))
    for grade, bound in {} if scale is None else scale.map.items():
        if grade not in {"1", "2", "3", "4", "5"}:
            misfits.append(Misfit(("scale", "map", grade), f"{grade!r} is no grade", "grades are 1 to 5", at_key=True))
        if not _BOUND.fullmatch(bound):
            misfits.append(Misfit(("scale", "map", grade), f"{bound!r} is no bound", 'write ">=0.8" or "<0.4"'))
    return misfits
