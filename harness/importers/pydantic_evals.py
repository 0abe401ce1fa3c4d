"""Read a dataset of pydantic-evals, as YAML or JSON: its cases, and its evaluators as our checks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from harness.errors import UserError
from harness.model import Case, CheckSpec, Reference

from .mapped import Mapped, Names, Unmapped
from .reading import content

_REMEDY: Final = "give a dataset as `Dataset.to_file` writes it: a mapping with `cases`"
_SHAPES: Final = {
    "dict": "object", "list": "array", "int": "integer", "float": "number", "bool": "boolean",
}  # fmt: skip
_DURATION: Final = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_FIRST: Final = {
    "Equals": "value", "Contains": "value", "IsInstance": "type_name", "MaxDuration": "seconds", "LLMJudge": "rubric",
    "GEval": "criteria", "HasMatchingSpan": "query", "ToolCorrectness": "expected_tools",
    "TrajectoryMatch": "expected_trajectory", "ArgumentCorrectness": "tool_name", "MaxToolCalls": "max_calls",
    "MaxModelRequests": "max_requests",
}  # fmt: skip
_OURS: Final = "it is a class of your own; write a `python` check, a function in checks/"


class _UnmappedError(ValueError):
    """An evaluator that cannot be said in our words; its text says why."""


def read_pydantic_evals(path: Path, *, suite: str = "pydantic-evals", agent: str = "recorded") -> Mapped:
    """Read a dataset.

    Raises:
        UserError: for anything that is none.
    """
    whole = _document(path)
    if not isinstance(whole, Mapping) or not isinstance(whole.get("cases"), list) or not whole["cases"]:
        raise UserError("there are no cases in it", remedy=_REMEDY, where=str(path))
    names, unmapped, left_out, cases = Names(), [], [], []
    if whole.get("report_evaluators"):
        unmapped.append(Unmapped("report_evaluators", "evaluators", "reports have their own figures here"))
    for number, item in enumerate(whole["cases"]):
        place = f"cases[{number}]"
        if not isinstance(item, Mapping) or "inputs" not in item:
            raise UserError(f"{place}: 'inputs' is missing", remedy=_REMEDY, where=str(path))
        given = [("evaluators", whole.get("evaluators")), (f"{place}.evaluators", item.get("evaluators"))]
        checks, missing = _checks(given, item)
        unmapped += [found for found in missing if found not in unmapped]
        if checks:
            cases.append(_case(item, checks, names, (suite, agent)))
        else:
            left_out.append(place)
    if not cases:
        raise UserError("nothing of it can be checked here", remedy=str(next(iter(unmapped), _REMEDY)), where=str(path))
    return Mapped(tuple(cases), tuple(unmapped), tuple(left_out))


def _document(path: Path) -> Any:
    from harness.document import FileProblems, read_text

    try:
        return read_text(content(path, _REMEDY), path.name).data  # JSON is YAML, too
    except FileProblems as error:
        raise UserError(f"it cannot be read ({error})", remedy=_REMEDY, where=str(path)) from error


def _case(item: Mapping[str, Any], checks: list[CheckSpec], names: Names, about: tuple[str, str]) -> Case:
    name, expected, metadata = item.get("name"), item.get("expected_output"), item.get("metadata")
    told = metadata if isinstance(metadata, Mapping) else {}
    return Case(
        id=names.of(str(name) if name else None, item["inputs"]),
        suite=about[0],
        agent=about[1],
        input=item["inputs"],
        checks=tuple(checks),
        reference=None if expected is None else Reference(answer=expected),
        tags={
            key: str(text)
            for key, text in told.items()
            if isinstance(text, str | int | float) and re.fullmatch(r"[\w-]+", str(key))
        },
    )


def _checks(given: list[tuple[str, Any]], case: Mapping[str, Any]) -> tuple[list[CheckSpec], list[Unmapped]]:
    checks: list[CheckSpec] = []
    missing: list[Unmapped] = []
    for place, found in given:
        for number, spec in enumerate(found if isinstance(found, list) else []):
            name, args = _spec(spec)
            try:
                made = _MAKERS.get(name, _unknown)(args, case)
            except _UnmappedError as error:
                missing.append(Unmapped(f"{place}[{number}]", name, str(error)))
                continue
            metric = args.get("evaluation_name")
            checks += [
                CheckSpec(type=kind, params=params, metric=metric if isinstance(metric, str) else None)
                for kind, params in made
            ]
    return checks, missing


def _spec(spec: Any) -> tuple[str, dict[str, Any]]:
    """Name and arguments of an evaluator in any of the three ways in which it is written."""
    if isinstance(spec, str):
        return spec, {}
    if not isinstance(spec, Mapping) or not spec:
        return str(spec), {}
    if set(spec) <= {"name", "arguments"} and "name" in spec:
        name, args = str(spec["name"]), spec.get("arguments")
    else:
        name, args = next((str(key), item) for key, item in spec.items())
    if isinstance(args, list):
        args = args[0] if len(args) == 1 else args
    if isinstance(args, Mapping) and (name not in {"Equals", "HasMatchingSpan"} or _FIRST[name] in args):
        return name, {str(key): item for key, item in args.items()}
    return name, {} if args is None else {_FIRST.get(name, "value"): args}


Made = list[tuple[str, dict[str, Any]]]


def _unknown(_args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    raise _UnmappedError(_OURS)


def _equals(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    return [("equals", {"value": args.get("value")})]


def _expected(_args: Mapping[str, Any], case: Mapping[str, Any]) -> Made:
    if case.get("expected_output") is None:  # pydantic-evals then checks nothing either
        return []
    return [("equals", {"value": case["expected_output"]})]


def _contains(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    wanted = args.get("value")
    if not isinstance(wanted, str) or not wanted:
        raise _UnmappedError("it looks into data and not into text; write a `diff` or `artifact` check")
    return [("contains" if args.get("case_sensitive", True) else "icontains", {"value": wanted})]


def _instance(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    shape = _SHAPES.get(str(args.get("type_name")))
    if shape is None:
        raise _UnmappedError("an answer has no Python class here: it is text, and perhaps JSON (is-json with a schema)")
    return [("is-json", {"schema": {"type": shape}})]


def _duration(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    given = args.get("seconds")
    seconds = float(given) if isinstance(given, int | float) and not isinstance(given, bool) else _iso(str(given))
    if seconds is None or seconds <= 0:
        raise _UnmappedError("its seconds are no duration")
    return [("latency", {"max_ms": seconds * 1000})]


def _iso(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _judge(args: Mapping[str, Any], case: Mapping[str, Any]) -> Made:
    rubric = args.get("rubric")
    if not isinstance(rubric, str) or not rubric.strip():
        raise _UnmappedError("it has no rubric")
    expected = case.get("expected_output")
    if args.get("include_expected_output") and expected is not None:
        told = expected if isinstance(expected, str) else json.dumps(expected, ensure_ascii=False)
        rubric = f"{rubric.strip()} The expected answer is: {told}"
    return [("llm-rubric", {"value": rubric})]


def _geval(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    steps = args.get("evaluation_steps") or []
    if not isinstance(args.get("criteria"), str):
        raise _UnmappedError("it has no criteria")
    parts = [f"The answer meets this criterion: {args['criteria'].strip()}", *(str(step) for step in steps)]
    return [("llm-rubric", {"value": " ".join(parts)})]


def _span(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    query = args.get("query")
    if isinstance(query, Mapping) and len(query) == 1:
        if isinstance(query.get("name_equals"), str):
            return [("trajectory:step-count", {"pattern": query["name_equals"], "min": 1})]
        if isinstance(query.get("name_contains"), str):
            return [("trajectory:step-count", {"pattern": f"*{query['name_contains']}*", "min": 1})]
    raise _UnmappedError("only spans found by name are steps here; write trajectory:tool-used or a `python` check")


def _tools(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    wanted = args.get("expected_tools")
    if not args.get("allow_extra"):
        raise _UnmappedError("no check forbids further tools by itself; add `not-trajectory:tool-used` for those")
    if not isinstance(wanted, list) or not wanted:
        raise _UnmappedError("it names no tools")
    return [("trajectory:tool-used", {"value": wanted, "successful": not args.get("include_failed", False)})]


def _trajectory(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    steps = args.get("expected_trajectory")
    if args.get("order", "in_order") != "exact" or not isinstance(steps, list) or not steps:
        raise _UnmappedError(
            "it gives a score (F1); write trajectory:tool-sequence, or trajectory:plan with efficiency"
        )
    return [("trajectory:tool-sequence", {"steps": steps, "mode": "exact"})]


def _arguments(_args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    raise _UnmappedError(
        "it looks at the first or last call; trajectory:tool-args-match asks for some call: write that if it is meant"
    )


def _most_calls(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    return [("trajectory:step-count", {"kind": "tool", "max": args.get("max_calls")})]


def _most_requests(args: Mapping[str, Any], _case: Mapping[str, Any]) -> Made:
    return [("trajectory:step-count", {"kind": "llm", "max": args.get("max_requests")})]


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Made]]] = {
    "Equals": _equals,
    "EqualsExpected": _expected,
    "Contains": _contains,
    "IsInstance": _instance,
    "MaxDuration": _duration,
    "LLMJudge": _judge,
    "GEval": _geval,
    "HasMatchingSpan": _span,
    "ToolCorrectness": _tools,
    "TrajectoryMatch": _trajectory,
    "ArgumentCorrectness": _arguments,
    "MaxToolCalls": _most_calls,
    "MaxModelRequests": _most_requests,
}
