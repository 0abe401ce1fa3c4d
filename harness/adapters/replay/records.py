"""Find what was recorded: in a file of answers, or in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from harness.errors import AgentError
from harness.model import Result, Step, Trace
from harness.shape import plain
from harness.text import one_line

from .settings import Settings

Record: TypeAlias = dict[str, Any]
"""`inputs`, and either `answers`, one for each turn, or `turns` of events with the `error` that ended them, the `seed`, and whether all tokens were told."""

_MOST_BYTES: Final = 64 << 20


def records_of(own: Settings, root: Path, *, store: Path, where: str) -> tuple[Record, ...]:
    """Everything that was recorded.

    Raises:
        AgentError: when there is nothing, with the line that cannot be read.
    """
    if own.recorded is not None:
        return own.recorded
    found = tuple(_lines(own, root, where) if own.answers is not None else _stored(own, store, where))
    if not found:
        raise AgentError("nothing was recorded there", remedy="name another file or run", where=where)
    return found


def _lines(own: Settings, root: Path, where: str) -> Iterator[Record]:
    name = own.answers or ""
    file = (root / name).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        raise AgentError(f"there is no file {name!r} in the workspace", remedy="correct `answers`", where=where)
    if file.stat().st_size > _MOST_BYTES:
        raise AgentError(f"{name!r} is larger than 64 MiB", remedy="split it", where=where)
    for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                yield _record(json.loads(line.decode("utf-8-sig")))
            except (ValueError, RecursionError) as error:
                told = one_line(str(error), 200)
                raise AgentError(
                    f"no recorded answer: {told}",
                    remedy='write {"input": "...", "answer": "..."}',
                    where=f"{name}:{number}",
                ) from None


def _record(line: Any) -> Record:
    if not isinstance(line, dict):
        raise ValueError("the line holds no mapping")  # noqa: TRY004 - any line that is none is told alike
    turns = line.get("turns")
    if turns is None and "input" not in line:
        raise ValueError("'input' is missing")
    if turns is None:
        return {"inputs": [line["input"]], "answers": [_without_input(line)]}
    if (
        not isinstance(turns, list)
        or not turns
        or not all(isinstance(turn, dict) and "input" in turn for turn in turns)
    ):
        raise ValueError("'turns' is no list of mappings with 'input'")
    return {"inputs": [turn["input"] for turn in turns], "answers": [_without_input(turn) for turn in turns]}


def _without_input(turn: Record) -> Record:
    return {key: item for key, item in turn.items() if key not in {"input", "id", "case"}}


def _stored(own: Settings, store: Path, where: str) -> Iterator[Record]:
    from harness.store import Store

    if not store.is_file():
        raise AgentError("there is no store yet", remedy="run `finharness eval` first", where=where)
    with Store.open(store, readonly=True) as opened:
        ended = [run.manifest.id for run in opened.runs() if run.ended_at is not None]
        ref = own.run or "latest"
        if ref == "latest" or ref.startswith("latest~"):  # the run that asks has begun already, and is none of these
            back = ref.removeprefix("latest").removeprefix("~") or "0"
            if not back.isdigit() or int(back) >= len(ended):
                raise AgentError(f"there is no run {ref!r}", remedy="see `finharness list runs`", where=where)
            ref = ended[int(back)]
        for result in opened.results(opened.run(ref).manifest.id, traces=True):
            if own.variant in (None, result.job.variant):
                yield from _of_result(result)


def _of_result(result: Result) -> Iterator[Record]:
    """A trial as it was; one that was not the agent's to fail has nothing to give."""
    outcome, case = result.outcome, result.job.case
    if outcome.status in {"infrastructure_failed", "cancelled"}:
        return
    inputs = [turn.input for turn in case.turns] or [case.input]
    metered = bool(outcome.trace.models) or outcome.trace.usage.input_tokens is not None
    record: Record = {
        "inputs": plain(inputs),
        "seed": result.job.seed,
        "turns": _turns(outcome.trace),
        "metered": metered,
    }
    if outcome.status != "completed":
        error = outcome.error
        told = outcome.status if error is None else f"{error.type}: {error.message}"
        record["error"] = [outcome.status, one_line(told, 1000)]
    yield record


def _turns(trace: Trace) -> list[list[list[Any]]]:
    """The events of each turn, without their times."""
    count = max(len(trace.turns), 1)
    turns: list[list[list[Any]]] = [[] for _ in range(count)]
    for step in trace.steps:
        turns[min(step.turn, count - 1)] += _events(step)
    turns[-1] += [["state", {"name": name, "value": plain(item)}] for name, item in trace.artifacts.items()]
    turns[-1] += [["error", {"message": message}] for message in trace.errors]
    turns[-1] += [["guardrail", plain(item)] for item in trace.guardrails if "name" in item]
    for events, turn in zip(turns, trace.turns, strict=False):
        known = {} if turn.structured is None else {"structured": plain(turn.structured)}
        if turn.answer or known:
            events.append(["text_done", {"text": turn.answer, **known}])
    return turns


def _events(step: Step) -> list[list[Any]]:
    agent = {"agent": step.agent} if step.agent else {}
    if step.kind == "tool":
        call = ["tool_call", {"id": step.id, "name": step.name, "args": plain(step.args), **agent}]
        if step.status == "unfinished":
            return [call]
        ended = {"error": step.error} if step.error is not None else {"result": plain(step.result)}
        return [call, ["tool_result", {"id": step.id, **ended}]]
    if step.kind == "llm":
        usage = {} if step.usage is None else plain(step.usage)
        known = {"text": step.result} if isinstance(step.result, str) else {}
        cost = {} if step.cost_usd is None else {"cost_usd": step.cost_usd}
        return [["llm_call", {"model": step.name, **plain(step.args), **usage, **cost, **known, **agent}]]
    if step.kind == "handoff":
        return [["handoff", {"to": step.name, **plain(step.args), **agent}]]
    return []
