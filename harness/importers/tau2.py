"""Read the results that tau2-bench writes, and its task lists.

Results are an object with `tasks` (each with `evaluation_criteria.actions`) and `simulations` (each with `task_id`, `trial`,
`messages`, `reward_info`). A task list is an array of tasks; it gives cases, and no trials.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.model import Case, CheckSpec, Failure, Job, Outcome, OutcomeStatus, PlanStep, Reference, Usage, canonical

from .reading import File, case_id, literal, loose_json
from .recording import Recording, recorded
from .transcript import Transcript

_REMEDY = "give a results file of tau2-bench, or a task list such as data/tau2/domains/airline/tasks.json"
_REWARD = CheckSpec(type="artifact", params={"name": "reward", "equals": 1})
_ERROR_FREE = CheckSpec(type="trajectory:error-free", severity="minor")
_PLAN = CheckSpec(type="trajectory:plan", severity="minor")
_ENDED: Mapping[str, OutcomeStatus] = {
    "max_steps": "over_budget",
    "too_many_errors": "agent_failed",
    "agent_error": "agent_failed",
    "infrastructure_error": "infrastructure_failed",
    "unexpected_error": "infrastructure_failed",
}


def read_tau2(path: Path, *, suite: str = "tau2", agent: str = "recorded") -> Recording:
    """Read a results file, plain or gzipped.

    Args:
        path: The file.
        suite: Name of the suite that its cases get.
        agent: Name of the agent that was recorded.

    Raises:
        UserError: for anything that is not such a file, with the place in it.
    """
    file = File(path, _REMEDY)
    whole = file.expect(file.json(), dict, "the file", "an object with tasks and simulations")
    tasks = file.field(whole, "tasks", list, "the file", "an array of tasks")
    cases = {case.id: case for case in _cases(file, tasks, "tasks", suite, agent, recorded=True)}
    graded = _Graded(tasks)
    simulations = file.field(whole, "simulations", list, "the file", "an array of simulations")
    trials = (
        (place, *_trial(file, file.expect(item, dict, place, "an object"), place, (cases, graded), agent))
        for number, item in enumerate(simulations)
        for place in (f"simulations[{number}]",)
    )
    return recorded(file, trials, "tau2", word="simulation")


def read_tau2_tasks(path: Path, *, suite: str = "tau2", agent: str = "recorded") -> tuple[Case, ...]:
    """Read a task list, or the tasks of a results file, as cases with reference plans.

    Raises:
        UserError: for anything that is not such a file.
    """
    file = File(path, _REMEDY)
    whole = file.json()
    if isinstance(whole, dict):
        whole = file.field(whole, "tasks", list, "the file", "an array of tasks")
    tasks = file.expect(whole, list, "the file", "an array of tasks")
    return _cases(file, tasks, "", suite, agent, recorded=False)


def is_task_list(path: Path) -> bool:
    """Whether a file has tasks and no simulations."""
    whole = File(path, _REMEDY).json()
    return isinstance(whole, list) or (isinstance(whole, dict) and "simulations" not in whole)


def _cases(file: File, tasks: list[Any], place: str, suite: str, agent: str, *, recorded: bool) -> tuple[Case, ...]:
    cases: dict[str, Case] = {}
    for number, task in enumerate(tasks):
        here = f"{place}[{number}]"
        case = _case(file, file.expect(task, dict, here, "a task"), here, (suite, agent), recorded=recorded)
        if case.id in cases:
            file.refuse(here, f"{case.id} is there twice")
        cases[case.id] = case
    if not cases:
        file.refuse("the file", "there is no task in it")
    return tuple(cases.values())


def _case(file: File, task: dict[str, Any], place: str, names: tuple[str, str], *, recorded: bool) -> Case:
    scenario = file.field(task, "user_scenario", dict, place, "an object")
    criteria = file.optional(task, "evaluation_criteria", dict, place, "an object") or {}
    actions = file.optional(criteria, "actions", list, f"{place}.evaluation_criteria", "an array") or []
    steps = tuple(
        step
        for number, action in enumerate(actions)
        if (step := _step(file, action, f"{place}.evaluation_criteria.actions[{number}]")) is not None
    )
    about = file.optional(task, "description", dict, place, "an object") or {}
    purpose = about.get("purpose")
    checks: tuple[CheckSpec, ...] = (_REWARD, _ERROR_FREE) if recorded else ()
    checks += (_PLAN if recorded else CheckSpec(type="trajectory:plan"),) if steps else ()
    world = task.get("initial_state")
    return Case(
        id=_name(file.field(task, "id", (str, int), place, "text")),
        suite=names[0],
        agent=names[1],
        description=purpose if isinstance(purpose, str) else "",
        input=_asked(scenario),
        world={"initial_state": world} if world is not None else {},
        checks=checks,
        reference=Reference(steps=steps) if steps else None,
    )


def _step(file: File, action: Any, place: str) -> PlanStep | None:
    """An expected call of the agent; those of the user's own tools are not the agent's."""
    file.expect(action, dict, place, "an object")
    if action.get("requestor", "assistant") != "assistant":
        return None
    args = file.optional(action, "arguments", dict, place, "an object") or {}
    compared = file.optional(action, "compare_args", list, place, "an array")
    kept = args if compared is None else {name: item for name, item in args.items() if name in compared}
    name = file.field(action, "name", str, place, "text")
    return PlanStep(name=name or file.refuse(place, "the call has no name"), args=literal(kept))


def _asked(scenario: Mapping[str, Any]) -> str:
    instructions = scenario.get("instructions", scenario)
    if isinstance(instructions, Mapping):
        known = [
            f"{key.replace('_', ' ')}: {item}" for key, item in instructions.items() if isinstance(item, str) and item
        ]
        return "\n".join(known) or canonical(instructions)
    return instructions if isinstance(instructions, str) else canonical(instructions)


def _name(number: str | int) -> str:
    text = str(number)
    return f"task-{int(text):03}" if text.isdecimal() and len(text) < 10 else case_id(text)


class _Graded:
    """Which task a run was graded on. Published files number their tasks anew; the reward's own checks tell."""

    def __init__(self, tasks: list[Any]) -> None:
        self._names: dict[str, list[str]] = {}
        self._used: Counter[tuple[str, int]] = Counter()
        for task in tasks:
            criteria = task.get("evaluation_criteria") or {}
            actions = [action for action in criteria.get("actions") or [] if isinstance(action, dict)]
            key = _criteria(actions, criteria.get("nl_assertions") or [])
            self._names.setdefault(key, []).append(_name(task["id"]))

    def task(self, info: Mapping[str, Any], name: str, trial: int) -> str:
        """The case's id: that of the task with the same criteria, of several the next one; else the one given."""
        key = _graded_on(info)
        names = self._names.get(key, [name])
        if name in names:
            return name
        self._used[key, trial] += 1
        return names[(self._used[key, trial] - 1) % len(names)]


def _graded_on(info: Mapping[str, Any]) -> str:
    """What a simulation was graded on, as its reward says."""
    checked = [check.get("action") for check in info.get("action_checks") or [] if isinstance(check, dict)]
    claims = [item.get("nl_assertion") for item in info.get("nl_assertions") or [] if isinstance(item, dict)]
    return _criteria([action for action in checked if isinstance(action, dict)], claims)


def _criteria(actions: list[dict[str, Any]], claims: Any) -> str:
    calls = [[action.get("name"), action.get("arguments")] for action in actions]
    return canonical([calls, claims if isinstance(claims, list) else []])


def _trial(
    file: File, item: dict[str, Any], place: str, known: tuple[Mapping[str, Case], _Graded], agent: str
) -> tuple[Job, Outcome]:
    cases, graded = known
    name = _name(file.field(item, "task_id", (str, int), place, "text"))
    if name not in cases:
        file.refuse(f"{place}.task_id", f"there is no task {name!r}")
    index = file.optional(item, "trial", int, place, "a whole number") or 0
    info = file.optional(item, "reward_info", dict, place, "an object") or {}
    name = graded.task(info, name, index)
    reward = file.optional(info, "reward", (int, float), f"{place}.reward_info", "a number")
    artifacts: dict[str, Any] = {} if reward is None else {"reward": reward}
    if isinstance(info.get("db_check"), dict):
        artifacts["db_match"] = info["db_check"].get("db_match")
    reason = str(item.get("termination_reason") or "")
    artifacts["termination_reason"] = reason
    messages = file.optional(item, "messages", list, place, "an array of messages") or []
    seconds = file.optional(item, "duration", (int, float), place, "a number")
    script = _transcript(file, messages, f"{place}.messages")
    trace = script.trace(artifacts, duration_s=max(0.0, float(seconds or 0.0)))
    status = _ENDED.get(reason, "completed")
    error = None if status == "completed" else Failure(reason, f"the run ended with {reason}")
    return Job(cases[name], agent, index, 0), Outcome(status, trace, error)


def _transcript(file: File, messages: list[Any], place: str) -> Transcript:
    script = Transcript()
    for number, message in enumerate(messages):
        here = f"{place}[{number}]"
        file.expect(message, dict, here, "a message")
        role = file.field(message, "role", str, here, "text")
        text = file.optional(message, "content", str, here, "text") or ""
        if role == "assistant":
            script.assistant(text, usage=_usage(message), cost_usd=_money(message.get("cost")))
            for place_of, call in enumerate(file.optional(message, "tool_calls", list, here, "an array") or []):
                _call(file, call, f"{here}.tool_calls[{place_of}]", script)
        elif role == "user":
            script.user()
        elif role == "tool":
            for part in message.get("tool_messages") or [message]:
                _result(file, file.expect(part, dict, here, "an object"), here, script)
    return script


def _call(file: File, call: Any, place: str, script: Transcript) -> None:
    file.expect(call, dict, place, "an object")
    if call.get("requestor", "assistant") == "assistant":
        args = call.get("arguments")
        args = loose_json(args) if isinstance(args, str) else args
        name = file.field(call, "name", str, place, "text")
        script.call(str(call.get("id") or ""), name, args if isinstance(args, dict) else {"": args} if args else {})


def _result(file: File, message: dict[str, Any], place: str, script: Transcript) -> None:
    if message.get("requestor", "assistant") == "assistant":
        text = file.optional(message, "content", str, place, "text") or ""
        failed = bool(message.get("error")) or text.startswith("Error")
        script.result(str(message.get("id") or ""), loose_json(text), error=text or "failed" if failed else None)


def _usage(message: Mapping[str, Any]) -> Usage:
    usage = message.get("usage")
    if not isinstance(usage, Mapping):
        return Usage()
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    given, made = (
        count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None for count in counts
    )
    return Usage(given, made, None)


def _money(cost: Any) -> float | None:
    return float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0 else None
