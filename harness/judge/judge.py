"""Decide claims and rubrics about an answer with one structured call for each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from harness.errors import ConfigError, SuiteError, nearest
from harness.limits.chain import chained
from harness.limits.client import Client
from harness.llm.connection import connect
from harness.llm.request import Model
from harness.registry import Finding, Subject
from harness.rubrics import Criterion, Rubric, load
from harness.text import one_line
from harness.workspace import ModelSettings, Workspace

from .asking import Ballot, Question, ask, summed
from .canary import Canary
from .exhibits import answer_of, applies, exhibits, wordless
from .families import warnings
from .heuristic import hint, nobody
from .keeping import FILE, Kept, key_of
from .reading import Item
from .voting import Conclusion, conclude, evidence, merged

CLAIM: Final = "claim"
"""Id of a bare sentence, as a rubric and as its one criterion."""

_CLAIM_INPUTS: Final = ("question", "answer", "tool_facts", "reference")


class Judge:
    """Judges answers with the models of a workspace; call it as `await judge(subject, claim=...)`."""

    def __init__(
        self,
        models: Sequence[Model],
        *,
        rubrics: Mapping[str, Rubric] | None = None,
        timeout_s: float = 60.0,
        canary: bool = False,
        kept: Path | None = None,
        governor: Client | None = None,
    ) -> None:
        """Judge with `models`: the first is the configured judge, panels choose among them by name.

        Args:
            models: Connected models; none makes an offline judge, which only listens for words.
            rubrics: Rubrics by id.
            timeout_s: Longest wait for one reply.
            canary: Whether each judge must first resist one answer that orders it to give full marks.
            kept: File to keep verdicts in; None keeps none.
            governor: Connection that its models ask through, to be closed with them.
        """
        self._models = {model.name: model for model in models}
        self._default = models[0] if models else None
        self._rubrics = rubrics or {}
        self._timeout_s = timeout_s
        self._canaries = {model.name: Canary(model, timeout_s=timeout_s) for model in models} if canary else {}
        self._charged: set[str] = set()
        self._kept = None if kept is None else Kept(kept)
        self._governor = governor

    @property
    def models(self) -> tuple[str, ...]:
        """Ids of its models, the configured one first."""
        return tuple(model.model_id for model in self._models.values())

    async def __call__(self, subject: Subject, *, claim: str | None = None, rubric: str | None = None) -> Finding:
        """Judge one answer by a claim, or by a rubric's id.

        An undecided finding says why in its reason; `judge_error` among its labels means that the judge's replies could
        not be used. One with `error` says nothing about the agent: no judge could be asked, or none could be believed.

        Raises:
            SuiteError: for a rubric that does not exist.
        """
        asked = claimed(claim) if claim is not None else self._rubric(rubric)
        empty = wordless(subject)
        if empty is not None:
            return empty
        if self._default is None:
            return hint(subject, asked) if claim is None else nobody(claim)
        return await self.decide(subject, asked)

    async def decide(self, subject: Subject, rubric: Rubric) -> Finding:
        """Judge one answer by a rubric that need not be in the workspace."""
        criteria = [criterion for criterion in rubric.criteria if applies(criterion.applies_if, subject)]
        if not criteria:
            return Finding(None, "no criterion of the rubric applies to this answer", labels={"rubric": rubric.id})
        shown = exhibits(subject, rubric.inputs)
        question = Question(shown, criteria, answer_of(subject), rubric.probabilities)
        panel = self._panel(rubric)
        keys = [None if self._kept is None else key_of(model, rubric, question, subject) for model in panel]
        asked = (self._ballot(model, key, question) for model, key in zip(panel, keys, strict=True))
        ballots = await asyncio.gather(*asked)
        return _finding(rubric, ballots, subject)

    async def examine(self, rubric: Rubric, question: Question) -> tuple[Ballot, ...]:
        """Ask the rubric's judges about material that belongs to no trial; nothing of it is kept."""
        panel = self._panel(rubric)
        return tuple(await asyncio.gather(*(self._ballot(model, None, question) for model in panel)))

    def panel(self, rubric: Rubric) -> tuple[str, ...]:
        """Ids of the models that judge by a rubric."""
        return tuple(model.model_id for model in self._panel(rubric))

    async def close(self) -> None:
        """Close the models and the file of verdicts."""
        if self._kept is not None:
            self._kept.close()
        for model in self._models.values():
            await model.close()
        if self._governor is not None:
            await self._governor.close()

    def _rubric(self, name: str | None) -> Rubric:
        if name is None or name not in self._rubrics:
            raise SuiteError(f"unknown rubric {name!r}", remedy=nearest(str(name), self._rubrics))
        return self._rubrics[name]

    def _panel(self, rubric: Rubric) -> list[Model]:
        if rubric.panel is None:
            return [self._default] if self._default is not None else []
        missing = [name for name in rubric.panel.judges if name not in self._models]
        if missing:
            raise SuiteError(f"unknown judge {missing[0]!r}", remedy=nearest(missing[0], self._models))
        return [self._models[name] for name in rubric.panel.judges]

    async def _ballot(self, model: Model, key: str | None, question: Question) -> Ballot:
        """One judge's ballot: kept from an earlier grading of this trial, or asked for beside the canary."""
        if key is not None and self._kept is not None and (known := self._kept.find(key)) is not None:
            return known
        canary = self._canaries.get(model.name)
        if canary is not None:
            canary.start()
        ballot = await ask(model, question, timeout_s=self._timeout_s)
        if canary is not None and not ballot.down:
            problem = await canary.problem()
            ballot = replace(ballot, cost_usd=summed(ballot.cost_usd, self._canary_cost(model.name, canary)))
            if problem:
                return replace(ballot, items=None, problem=problem, down=True)
        if key is not None and self._kept is not None:
            self._kept.keep(key, ballot)
        return ballot

    def _canary_cost(self, name: str, canary: Canary) -> float | None:
        """What the canary cost, on the bill of one trial."""
        if name in self._charged:
            return 0.0
        self._charged.add(name)
        return canary.cost_usd


def make(
    workspace: Workspace, environ: Mapping[str, str], *, limits: str | None = None, taped: str = ""
) -> Judge | None:
    """Make the judge that a workspace is configured to have; None when it has none.

    Args:
        workspace: Its models, rubrics and settings.
        environ: Where keys are.
        limits: Where the run's governor is asked before each call; None where there is none.
        taped: `record` or `replay`, where what judges say is recorded or played with the trial.

    Raises:
        ConfigError: for a model that does not exist or cannot be connected to.
        SuiteError: for a rubric that cannot be read.
    """
    if workspace.judge.model is None:
        return None
    rubrics = load(workspace)
    configured = workspace.judge.model
    if _settings(workspace, configured, "judge.model").provider == "offline":
        return Judge([], rubrics=rubrics)
    names = {configured: "judge.model"}
    for rubric in rubrics.values():
        for name in rubric.panel.judges if rubric.panel is not None else ():
            names.setdefault(name, str(rubric.where or rubric.id))
    governor = None if limits is None else Client(limits)
    models = [_connected(workspace, name, where, environ, governor, taped=taped) for name, where in names.items()]
    return Judge(
        models,
        rubrics=rubrics,
        timeout_s=workspace.judge.timeout_s,
        canary=workspace.judge.canary and taped != "replay",
        kept=workspace.store.parent / FILE if workspace.judge.keep and not taped else None,
        governor=governor,
    )


def _settings(workspace: Workspace, name: str, where: str) -> ModelSettings:
    try:
        return workspace.models[name]
    except KeyError:
        raise ConfigError(f"unknown judge {name!r}", remedy=nearest(name, workspace.models), where=where) from None


def _connected(
    workspace: Workspace, name: str, where: str, environ: Mapping[str, str], governor: Client | None, *, taped: str
) -> Model:
    settings = _settings(workspace, name, where)
    if settings.provider == "offline":
        raise ConfigError(
            f"the judge {name!r} is offline and cannot vote", remedy="name real models in the panel", where=where
        )
    settings = replace(settings, name=name)
    if taped:
        from harness.cassettes.models import JudgedModel

        played = JudgedModel(settings, lambda: connect(settings, environ=environ))
        return played if taped == "replay" else chained(played, settings, governor)
    return chained(connect(settings, environ=environ), settings, governor)


def claimed(claim: str) -> Rubric:
    """A bare sentence as a rubric of one criterion."""
    asked = Criterion(id=CLAIM, ask=f"Does this hold of the answer? {one_line(claim, 2000)}")
    return Rubric(id=CLAIM, inputs=_CLAIM_INPUTS, criteria=(asked,))


def _finding(rubric: Rubric, ballots: Sequence[Ballot], subject: Subject) -> Finding:
    cost: float | None = 0.0
    for ballot in ballots:
        cost = summed(cost, ballot.cost_usd)
    labels = _labels(rubric, ballots, subject)
    if all(ballot.down for ballot in ballots):
        problem = ballots[0].problem
        labels["judge_error"] = problem
        return Finding(None, f"the judge could not be asked: {problem}", labels=labels, cost_usd=cost, error=True)
    usable = [ballot.items for ballot in ballots if ballot.items is not None]
    if not usable:
        problem = next(ballot.problem for ballot in ballots if not ballot.down)
        reason = f"the judge's reply could not be used, twice: {problem}"
        return Finding(None, reason, labels={**labels, "judge_error": problem}, cost_usd=cost)
    items = merged(usable, rubric.panel)
    found = conclude(rubric, items)
    if found.grade is not None:
        labels["grade"] = str(found.grade)
    return Finding(
        found.passed,
        _reason(rubric, items, found),
        score=found.score,
        expected=rubric.criteria[0].ask if rubric.id == CLAIM else f"at least {rubric.threshold:g}",
        actual={name: _told(item) for name, item in items.items()},
        evidence=evidence(items),
        labels=labels,
        cost_usd=cost,
    )


def _told(item: Item) -> object:
    """A verdict, with its distribution where the rubric asks for one."""
    return (
        item.vote if item.probabilities is None else {"verdict": item.vote, "probabilities": dict(item.probabilities)}
    )


def _labels(rubric: Rubric, ballots: Sequence[Ballot], subject: Subject) -> dict[str, str]:
    version = f" v{rubric.version} {rubric.hash[:8]}" if rubric.id != CLAIM else ""
    labels = {"judge": ", ".join(ballot.model for ballot in ballots), "rubric": f"{rubric.id}{version}"}
    other = [ballot.answered for ballot in ballots if ballot.answered and ballot.answered != ballot.model]
    if other:
        labels["answered"] = ", ".join(other)
    if all(ballot.kept for ballot in ballots):
        labels["kept"] = "from an earlier grading of this trial"
    told = warnings([ballot.model for ballot in ballots], [step.name for step in subject.trace.models])
    if told:
        labels["warning"] = "; ".join(told)
    return labels


def _reason(rubric: Rubric, items: Mapping[str, Item], found: Conclusion) -> str:
    """Say what decided, in the judge's own words for the criterion that weighs most."""
    if found.passed is None:
        told = f"undecided: {', '.join(found.undecided)}"
        why = next((items[name].rationale for name in found.undecided if items[name].rationale), "")
    else:
        wanted = "yes" if found.passed else "no"
        names = [name for name, item in items.items() if item.vote == wanted]
        share = "" if rubric.id == CLAIM else f" ({found.score:.2f} of {rubric.threshold:g})"
        told = f"{'holds' if found.passed else 'does not hold'}{share}: {', '.join(names)}"
        why = next((items[name].rationale for name in names if items[name].rationale), "")
    return one_line(f"{told}. {why}" if why else told, 600)
