"""Read the run files that tau-bench publishes: real conversations with tool calls, a reward, and the calls that were right.

The file is a JSON array; an item has `task_id`, `trial`, `reward`, `traj` (messages) and `info.task` (instruction, actions).
There are no times, tokens or agent costs in it: they stay unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.model import (
    Case,
    CheckSpec,
    Failure,
    Job,
    Outcome,
    PlanStep,
    Reference,
    Step,
    StepStatus,
    Trace,
    TurnTrace,
    Usage,
)

from .reading import File, literal, loose_json
from .recording import Recording, recorded

_REWARD = CheckSpec(type="artifact", params={"name": "reward", "equals": 1})
_ERROR_FREE = CheckSpec(type="trajectory:error-free", severity="minor")
_PLAN = CheckSpec(type="trajectory:plan", severity="minor")


def read_tau_bench(path: Path, *, suite: str = "tau-bench", agent: str = "recorded") -> Recording:
    """Read a file, plain or gzipped.

    Args:
        path: The file.
        suite: Name of the suite that its cases get.
        agent: Name of the agent that was recorded.

    Raises:
        UserError: for anything that is not such a file, with the place in it.
    """
    file = File(path, _REMEDY)
    items = file.json()
    cases: dict[int, Case] = {}
    runs = file.expect(items, list, "the file", "an array of runs")
    trials = (
        (place, *_trial(file, file.expect(item, dict, place, "an object"), place, cases, (suite, agent)))
        for number, item in enumerate(runs)
        for place in (f"[{number}]",)
    )
    return recorded(file, trials, "tau-bench", word="run")


_REMEDY = "give a run file of tau-bench, such as historical_trajectories/gpt-4o-airline.json"


def _trial(
    file: File, item: dict[str, Any], place: str, cases: dict[int, Case], names: tuple[str, str]
) -> tuple[Job, Outcome]:
    task = file.field(item, "task_id", int, place, "a whole number")
    trial = file.field(item, "trial", int, place, "a whole number")
    reward = file.field(item, "reward", (int, float), place, "a number")
    info = file.field(item, "info", dict, place, "an object")
    if "task" not in info and isinstance(info.get("error"), str):
        return _broken(info["error"], cases.get(task) or _unknown(task, names), names[1], trial)
    if task not in cases:
        cases[task] = _case(file, item, place, task, names)
    messages = file.field(item, "traj", list, place, "an array of messages")
    trace = _trace(file, messages, f"{place}.traj", {"reward": reward})
    return Job(cases[task], names[1], trial, 0), Outcome("completed", trace)


def _broken(error: str, case: Case, agent: str, trial: int) -> tuple[Job, Outcome]:
    """A run that the recording program broke off: the agent was not judged, whatever reward stands there."""
    return Job(case, agent, trial, 0), Outcome("infrastructure_failed", Trace(), Failure("recorded", error[:2000]))


def _unknown(task: int, names: tuple[str, str]) -> Case:
    """The case of a task that is not in the file."""
    return Case(
        id=f"task-{task:03}", suite=names[0], agent=names[1], input="(not recorded)", checks=(_REWARD, _ERROR_FREE)
    )


def _case(file: File, item: dict[str, Any], place: str, task: int, names: tuple[str, str]) -> Case:
    info = file.field(item, "info", dict, place, "an object")
    content = file.field(info, "task", dict, f"{place}.info", "an object")
    place = f"{place}.info.task"
    steps = tuple(
        PlanStep(
            name=file.field(action, "name", str, f"{place}.actions[{number}]", "text"),
            args=literal(file.field(action, "kwargs", dict, f"{place}.actions[{number}]", "an object")),
        )
        for number, action in enumerate(file.field(content, "actions", list, place, "an array of calls"))
    )
    return Case(
        id=f"task-{task:03}",
        suite=names[0],
        agent=names[1],
        input=file.field(content, "instruction", str, place, "text"),
        # Without expected calls the plan says that nothing may change; the reward covers that.
        checks=(_REWARD, _ERROR_FREE, _PLAN) if steps else (_REWARD, _ERROR_FREE),
        reference=Reference(steps=steps) if steps else None,
        repeat=1,
    )


def _trace(file: File, messages: list[Any], place: str, artifacts: dict[str, Any]) -> Trace:
    answers = _answers(file, messages, place)
    steps: list[Step] = []
    turns: list[TurnTrace] = []
    said = ""
    for number, message in enumerate(messages):
        here = f"{place}[{number}]"
        role = message["role"]
        text = message.get("content") or ""
        if role == "assistant":
            said = text or said
            steps.append(_spoken(len(steps), len(turns), text))
            steps += _calls(file, message, here, _Said(answers, number, len(turns)))
        elif role == "user" and any(step.kind == "llm" for step in steps):
            turns.append(TurnTrace(said))
            said = ""
    if said or not turns:
        turns.append(TurnTrace(said))
    return Trace(
        steps=tuple(steps),
        turns=tuple(turns),
        answer=turns[-1].answer,
        artifacts=artifacts,
        usage=Usage(),
        cost_usd=None,
    )


class _Answers:
    """What tools answered, in order; the published runs use one call id for several calls."""

    def __init__(self) -> None:
        self._texts: dict[str, list[tuple[int, str]]] = {}
        self._uses: Counter[str] = Counter()

    def add(self, call_id: str, number: int, text: str) -> None:
        """Keep the answer that stands in message `number`."""
        self._texts.setdefault(call_id, []).append((number, text))

    def after(self, call_id: str, number: int) -> str | None:
        """The first answer to a call that stands after the message of the call."""
        return next((text for at, text in self._texts.get(call_id, ()) if at > number), None)

    def step_id(self, call_id: str) -> str:
        """An id of its own for every call: the given one, then `id~2`, `id~3`."""
        self._uses[call_id] += 1
        uses = self._uses[call_id]
        return call_id if uses == 1 else f"{call_id}~{uses}"


def _answers(file: File, messages: list[Any], place: str) -> _Answers:
    """Collect the tools' answers; checks the shape of every message on the way."""
    answers = _Answers()
    for number, message in enumerate(messages):
        here = f"{place}[{number}]"
        file.expect(message, dict, here, "a message")
        role = file.field(message, "role", str, here, "text")
        content = message.get("content")
        if content is not None:
            file.expect(content, str, f"{here}.content", "text")
        if role == "tool":
            answers.add(file.field(message, "tool_call_id", str, here, "text"), number, content or "")
    return answers


def _spoken(steps: int, turn: int, text: str) -> Step:
    return Step(id=f"m{steps + 1}", kind="llm", name="assistant", result=text or None, turn=turn, usage=Usage())


class _Said(NamedTuple):
    """Where a message stands."""

    answers: _Answers
    number: int
    turn: int


def _calls(file: File, message: Mapping[str, Any], place: str, said: _Said) -> Iterator[Step]:
    for number, call in enumerate(
        file.expect(message.get("tool_calls") or [], list, f"{place}.tool_calls", "an array")
    ):
        here = f"{place}.tool_calls[{number}]"
        file.expect(call, dict, here, "an object")
        function = file.field(call, "function", dict, here, "an object")
        call_id = file.field(call, "id", str, here, "text")
        text = said.answers.after(call_id, said.number)
        failed = text is not None and text.startswith("Error")
        status: StepStatus = "unfinished" if text is None else "error" if failed else "ok"
        yield Step(
            id=said.answers.step_id(call_id),
            kind="tool",
            name=file.field(function, "name", str, f"{here}.function", "text"),
            args=_arguments(file, function, f"{here}.function"),
            result=None if failed or text is None else loose_json(text),
            status=status,
            error=text if failed else None,
            turn=said.turn,
        )


def _arguments(file: File, function: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The arguments; text that is no JSON object is kept under an empty name, as the agent wrote it."""
    text = file.field(function, "arguments", str, place, "JSON text")
    content = loose_json(text)
    return content if isinstance(content, dict) else {"": text}
