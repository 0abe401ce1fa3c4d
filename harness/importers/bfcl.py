"""Read multi-turn tasks of the Berkeley Function-Calling Leaderboard, such as those of TradingBot.

A task has `id`, `question` (turns of messages) and `initial_config`; its ground truth, in a file of its own, has the calls of
each turn, written as Python. They are read as syntax and never run. What a model answered (`result`) is read the same way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from harness.model import Case, CheckSpec, Job, Outcome, PlanStep, Reference, Turn

from .reading import File, case_id, literal, loose_json
from .recording import Recording
from .transcript import Transcript

_REMEDY = "give BFCL multi-turn tasks as JSON lines, and their possible answers with --truth"
_LONGEST = 100_000
_PLAN = CheckSpec(type="trajectory:plan")
_ANY = CheckSpec(type="trajectory:plan", params={"mode": "any_order"}, severity="minor")
_EFFICIENT = CheckSpec(type="trajectory:efficiency", params={"min": 0.5}, severity="minor")


def read_bfcl(
    path: Path, truth: Path, *, results: Path | None = None, suite: str = "bfcl", agent: str = "recorded"
) -> Recording:
    """Read tasks with the calls that were made: those of a results file, or else those of the ground truth itself.

    Args:
        path: The tasks.
        truth: Their possible answers.
        results: What a model answered; without it the ground truth is the run, which checks the tasks.
        suite: Name of the suite that its cases get.
        agent: Name of the agent that was recorded.

    Raises:
        UserError: for anything that is not such a file, with the place in it.
    """
    cases = {case.id: case for case in read_bfcl_tasks(path, truth, suite=suite, agent=agent)}
    file = File(results or truth, _REMEDY)
    trials = []
    key = "result" if results is not None else "ground_truth"
    for place, item in file.lines():
        file.expect(item, dict, place, "an object")
        name = file.field(item, "id", str, place, "text")
        if case_id(name) not in cases:
            continue
        made = file.field(item, key, list, place, "an array of turns")
        script = _script(file, made, f"{place}.{key}", strict=results is None)
        trials.append((Job(cases[case_id(name)], agent, 0, 0), Outcome("completed", script.trace({}))))
    if not trials:
        file.refuse("the file", "none of the tasks is in it")
    return Recording(tuple(sorted(trials, key=lambda trial: trial[0].case.id)), file.origin("bfcl"))


def read_bfcl_tasks(path: Path, truth: Path, *, suite: str = "bfcl", agent: str = "recorded") -> tuple[Case, ...]:
    """Read tasks and their ground truth as cases with reference plans.

    Raises:
        UserError: for anything that is not such a file.
    """
    answers = File(truth, _REMEDY)
    expected: dict[str, list[list[PlanStep]]] = {}
    for place, item in answers.lines():
        answers.expect(item, dict, place, "an object")
        turns = answers.field(item, "ground_truth", list, place, "an array of turns")
        expected[answers.field(item, "id", str, place, "text")] = _plan(answers, turns, f"{place}.ground_truth")
    file = File(path, _REMEDY)
    cases: dict[str, Case] = {}
    for place, item in file.lines():
        file.expect(item, dict, place, "an object")
        name = file.field(item, "id", str, place, "text")
        if name in cases:
            file.refuse(place, f"task {name!r} is there twice")
        if name not in expected:
            file.refuse(place, f"there is no ground truth for {name!r}")
        cases[name] = _case(file, item, place, expected[name], (suite, agent))
    if not cases:
        file.refuse("the file", "there is no task in it")
    return tuple(cases.values())


def parse_call(text: str) -> tuple[str, dict[str, Any]]:
    """Read one call written as Python: its name and its arguments, those without a name under their number.

    Raises:
        ValueError: when it is anything else; nothing is run.
    """
    if len(text) > _LONGEST:
        raise ValueError("it is too long for a call")
    try:
        call = ast.parse(text.strip(), mode="eval").body
        return (
            (ast.unparse(call.func), _arguments(call))
            if isinstance(call, ast.Call) and _is_name(call.func)
            else _no_call()
        )
    except (SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"it is no call ({type(error).__name__})") from error


def _no_call() -> NoReturn:
    raise ValueError("it is no call of a named function")


def _is_name(function: ast.expr) -> bool:
    """Whether a function is named as `f` or `Tool.f`."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name)


def _arguments(call: ast.Call) -> dict[str, Any]:
    args = {str(number): _plain(ast.literal_eval(item)) for number, item in enumerate(call.args)}
    for word in call.keywords:
        if word.arg is None or word.arg in args:
            raise ValueError("its arguments are not all named once")
        args[word.arg] = _plain(ast.literal_eval(word.value))
    return args


def _plain(item: Any, depth: int = 50) -> Any:
    """A literal as JSON-like data; what has no such form is refused."""
    if item is None or isinstance(item, bool | str | float):
        return item
    if isinstance(item, int):
        if abs(item) >= 10**300:
            raise ValueError("a number is too large")
        return item
    if depth and isinstance(item, list | tuple):
        return [_plain(inner, depth - 1) for inner in item]
    if depth and isinstance(item, dict):
        return {str(key): _plain(inner, depth - 1) for key, inner in item.items()}
    raise ValueError(f"{type(item).__name__} is no value of a call")


def _plan(file: File, turns: list[Any], place: str) -> list[list[PlanStep]]:
    found = []
    for number, turn in enumerate(turns):
        steps = []
        for name, args in _calls(
            file, file.expect(turn, list, f"{place}[{number}]", "an array of calls"), f"{place}[{number}]"
        ):
            steps.append(PlanStep(name=name, args=literal(args)))
        found.append(steps)
    return found


def _calls(file: File, calls: list[Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, text in enumerate(calls):
        try:
            yield parse_call(file.expect(text, str, f"{place}[{number}]", "a call as text"))
        except ValueError as error:
            file.refuse(f"{place}[{number}]", str(error))


def _case(file: File, item: dict[str, Any], place: str, plan: list[list[PlanStep]], names: tuple[str, str]) -> Case:
    asked = [_asked(file, turn, f"{place}.question[{number}]") for number, turn in enumerate(
        file.field(item, "question", list, place, "an array of turns")
    )]  # fmt: skip
    if not asked:
        file.refuse(f"{place}.question", "there is no turn in it")
    steps = tuple(step for turn in plan for step in turn)
    config = file.optional(item, "initial_config", dict, place, "an object") or {}
    return Case(
        id=case_id(item["id"]),
        suite=names[0],
        agent=names[1],
        turns=tuple(
            Turn(input=text, checks=_of_turn(plan[number] if number < len(plan) else []))
            for number, text in enumerate(asked)
        ),
        world={"initial_config": config} if config else {},
        checks=(_PLAN, _ANY, _EFFICIENT)
        if steps
        else (CheckSpec(type="trajectory:step-count", params={"type": "tool", "max": 0}),),
        reference=Reference(steps=steps) if steps else None,
    )


def _of_turn(steps: list[PlanStep]) -> tuple[CheckSpec, ...]:
    if not steps:
        return ()
    wanted = [{"name": step.name, "args": dict(step.args)} for step in steps]
    return (
        CheckSpec(type="trajectory:tool-sequence", params={"steps": wanted, "mode": "any_order"}, severity="minor"),
    )


def _asked(file: File, turn: Any, place: str) -> str:
    texts = [
        file.field(
            file.expect(message, dict, f"{place}[{number}]", "a message"), "content", str, f"{place}[{number}]", "text"
        )
        for number, message in enumerate(file.expect(turn, list, place, "an array of messages"))
    ]
    return "\n".join(texts)


def _script(file: File, turns: list[Any], place: str, *, strict: bool) -> Transcript:
    """The calls of each turn. A model's turn has steps, each a list of calls or a text; ground truth has calls at once."""
    script = Transcript()
    for number, turn in enumerate(turns):
        here = f"{place}[{number}]"
        script.user()
        steps = [turn] if strict else file.expect(turn, list, here, "an array of steps")
        for at, step in enumerate(steps):
            calls, said = _step(file, step, f"{here}[{at}]", strict=strict)
            script.assistant(said)
            for place_of, (name, args) in enumerate(calls):
                call_id = f"t{number}.{at}.{place_of}"
                script.call(call_id, name, args)
                script.result(call_id, None)
    return script


def _step(file: File, step: Any, place: str, *, strict: bool) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    if strict:
        return list(_calls(file, file.expect(step, list, place, "an array of calls"), place)), ""
    items = step if isinstance(step, list) else [step]
    calls: list[tuple[str, dict[str, Any]]] = []
    said = []
    for item in items:
        if isinstance(item, Mapping):
            for name, args in item.items():
                read = loose_json(args) if isinstance(args, str) else args
                calls.append((str(name), dict(read) if isinstance(read, Mapping) else {"": read}))
        elif isinstance(item, str):
            found = _several(item)
            calls += found
            said += [] if found else [item]
    return calls, "\n".join(said)


def _several(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The calls in what a model wrote: one, or a list of them; nothing for prose."""
    try:
        return [parse_call(text)]
    except ValueError:
        pass
    if not text.strip().startswith("[") or len(text) > _LONGEST:
        return []
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return [parse_call(ast.unparse(item)) for item in tree.elts] if isinstance(tree, ast.List) else []
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
