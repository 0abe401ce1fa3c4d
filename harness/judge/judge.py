"""Decide claims and rubrics about an answer with one structured call for each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.errors import ConfigError, SuiteError, nearest
from harness.llm import Model, ModelError, connect
from harness.llm.prices import Price, lookup
from harness.registry import Finding, Subject
from harness.rubrics import Criterion, Rubric, load
from harness.text import one_line
from harness.workspace import ModelSettings, Workspace

from .exhibits import answer_of, applies, exhibits, wordless
from .heuristic import hint
from .prompt import seal
from .reading import Item, UnusableError, read_reply, unsupported
from .voting import Conclusion, conclude, evidence, merged

_CLAIM: Final = "claim"
_CLAIM_INPUTS: Final = ("question", "answer", "tool_facts", "reference")
_FAMILIES: Final = {
    "claude": "Claude", "gpt": "GPT", "o1": "GPT", "o3": "GPT", "o4": "GPT", "gemini": "Gemini", "llama": "Llama",
    "mistral": "Mistral", "mixtral": "Mistral", "nova": "Nova", "titan": "Nova", "deepseek": "DeepSeek",
    "qwen": "Qwen", "grok": "Grok", "command": "Command",
}  # fmt: skip


class JudgeUnavailableError(Exception):
    """The judge could not be asked; that says nothing about the agent."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one judge said."""

    model: str
    """Its model id."""

    items: Mapping[str, Item] | None
    """Its items by criterion; None when no reply of it could be used."""

    problem: str = ""
    """Why not."""

    cost_usd: float | None = 0.0
    """What it cost; None when unknown."""

    down: bool = False
    """Whether it could not be asked at all."""


class Judge:
    """Judges answers with the models of a workspace; call it as `await judge(subject, claim=...)`."""

    def __init__(
        self, models: Sequence[Model], *, rubrics: Mapping[str, Rubric] | None = None, timeout_s: float = 60.0
    ) -> None:
        """Judge with `models`: the first is the configured judge, panels choose among them by name.

        Args:
            models: Connected models; none makes an offline judge, which only hints.
            rubrics: Rubrics by id.
            timeout_s: Longest wait for one reply.
        """
        self._models = {model.name: model for model in models}
        self._default = models[0] if models else None
        self._rubrics = rubrics or {}
        self._timeout_s = timeout_s

    async def __call__(self, subject: Subject, *, claim: str | None = None, rubric: str | None = None) -> Finding:
        """Judge one answer by a claim, or by a rubric's id.

        An undecided finding says why in its reason; `judge_error` among its labels means that the judge's replies could
        not be used.

        Raises:
            JudgeUnavailableError: when no judge could be asked.
            SuiteError: for a rubric that does not exist.
        """
        asked = _claimed(claim) if claim is not None else self._rubric(rubric)
        empty = wordless(subject)
        if empty is not None:
            return empty
        if self._default is None:
            return hint(subject, asked)
        criteria = [criterion for criterion in asked.criteria if applies(criterion.applies_if, subject)]
        if not criteria:
            return Finding(None, "no criterion of the rubric applies to this answer", labels={"rubric": asked.id})
        shown = exhibits(subject, asked.inputs)
        answer = answer_of(subject)
        ballots = await asyncio.gather(*(self._ask(model, shown, criteria, answer) for model in self._panel(asked)))
        return _finding(asked, ballots, subject)

    async def close(self) -> None:
        """Close the models."""
        for model in self._models.values():
            await model.close()

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

    async def _ask(self, model: Model, shown: Mapping[str, str], criteria: Sequence[Criterion], answer: str) -> Ballot:
        """Ask one judge, and once more when its reply cannot be used."""
        cost: float | None = 0.0
        problem: str | None = None
        items: dict[str, Item] | None = None
        for _ in range(2):
            sealed = seal(shown, criteria, timeout_s=self._timeout_s, problem=problem)
            try:
                reply = await model.complete(sealed.request)
            except ModelError as error:
                if problem is None:
                    return Ballot(model.model_id, None, f"{error.kind}: {error.problem}", cost, down=True)
                return Ballot(model.model_id, items, f"{problem}; then {error.kind}: {error.problem}", cost)
            cost = _sum(cost, _price(model).of(reply.usage, cache_write_tokens=reply.cache_write_tokens))
            try:
                items = read_reply(reply, sealed, criteria, answer)
                problem = unsupported(items)
            except UnusableError as error:
                problem = str(error)
            if problem is None:
                break
        return Ballot(model.model_id, items, problem or "", cost)


def make(workspace: Workspace, environ: Mapping[str, str]) -> Judge | None:
    """Make the judge that a workspace is configured to have; None when it has none.

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
    models = [_connected(workspace, name, where, environ) for name, where in names.items()]
    return Judge(models, rubrics=rubrics, timeout_s=workspace.judge.timeout_s)


def _settings(workspace: Workspace, name: str, where: str) -> ModelSettings:
    try:
        return workspace.models[name]
    except KeyError:
        raise ConfigError(f"unknown judge {name!r}", remedy=nearest(name, workspace.models), where=where) from None


def _connected(workspace: Workspace, name: str, where: str, environ: Mapping[str, str]) -> Model:
    settings = _settings(workspace, name, where)
    if settings.provider == "offline":
        raise ConfigError(
            f"the judge {name!r} is offline and cannot vote", remedy="name real models in the panel", where=where
        )
    return connect(replace(settings, name=name), environ=environ)


def _claimed(claim: str) -> Rubric:
    asked = Criterion(id=_CLAIM, ask=f"Does this hold of the answer? {one_line(claim, 2000)}")
    return Rubric(id=_CLAIM, inputs=_CLAIM_INPUTS, criteria=(asked,))


def _finding(rubric: Rubric, ballots: Sequence[Ballot], subject: Subject) -> Finding:
    if all(ballot.down for ballot in ballots):
        raise JudgeUnavailableError(f"the judge could not be asked: {ballots[0].problem}")
    cost: float | None = 0.0
    for ballot in ballots:
        cost = _sum(cost, ballot.cost_usd)
    labels = _labels(rubric, ballots, subject)
    usable = [ballot.items for ballot in ballots if ballot.items is not None]
    if not usable:
        reason = f"the judge's reply could not be used, twice: {ballots[0].problem}"
        return Finding(None, reason, labels={**labels, "judge_error": ballots[0].problem}, cost_usd=cost)
    items = merged(usable, rubric.panel)
    found = conclude(rubric, items)
    if found.grade is not None:
        labels["grade"] = str(found.grade)
    return Finding(
        found.passed,
        _reason(rubric, items, found),
        score=found.score,
        expected=rubric.criteria[0].ask if rubric.id == _CLAIM else f"at least {rubric.threshold:g}",
        actual={name: item.vote for name, item in items.items()},
        evidence=evidence(items),
        labels=labels,
        cost_usd=cost,
    )


def _labels(rubric: Rubric, ballots: Sequence[Ballot], subject: Subject) -> dict[str, str]:
    labels = {"judge": ", ".join(ballot.model for ballot in ballots)}
    if rubric.id != _CLAIM:
        labels["rubric"] = f"{rubric.id} v{rubric.version} {rubric.hash[:8]}"
    written = {family for step in subject.trace.models if (family := family_of(step.name)) is not None}
    same = written & {family_of(ballot.model) for ballot in ballots}
    if same:
        labels["warning"] = f"the judge is of the family that wrote the answer: {', '.join(sorted(filter(None, same)))}"
    return labels


def _reason(rubric: Rubric, items: Mapping[str, Item], found: Conclusion) -> str:
    """Say what decided, in the judge's own words for the criterion that weighs most."""
    if found.passed is None:
        told = f"undecided: {', '.join(found.undecided)}"
        why = next((items[name].rationale for name in found.undecided if items[name].rationale), "")
    else:
        wanted = "yes" if found.passed else "no"
        names = [name for name, item in items.items() if item.vote == wanted]
        share = "" if rubric.id == _CLAIM else f" ({found.score:.2f} of {rubric.threshold:g})"
        told = f"{'holds' if found.passed else 'does not hold'}{share}: {', '.join(names)}"
        why = next((items[name].rationale for name in names if items[name].rationale), "")
    return one_line(f"{told}. {why}" if why else told, 600)


def family_of(model_id: str) -> str | None:
    """Name the family of a model by its id; None when it is not known."""
    parts = model_id.lower().replace("/", ".").replace(":", ".").replace("-", ".").split(".")
    return next((family for start, family in _FAMILIES.items() if any(part.startswith(start) for part in parts)), None)


def _price(model: Model) -> Price:
    price: Any = getattr(model, "price", None) or lookup(model.model_id, model.provider)
    return price if isinstance(price, Price) else Price(None, None)


def _sum(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left + right
