"""Write cases as a suite file, for tasks that come without runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.model import Case, CheckSpec, Reference, Turn
from harness.shape import plain


def suite_text(cases: Sequence[Case], *, description: str, agent: str) -> str:
    """The cases as YAML that `finharness validate` accepts."""
    import yaml

    content = {"description": description, "agent": agent, "cases": [_case(case) for case in cases]}
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140))


def _case(case: Case) -> dict[str, Any]:
    written: dict[str, Any] = {"id": case.id}
    if case.description:
        written["description"] = case.description
    if case.turns:
        written["turns"] = [_turn(turn) for turn in case.turns]
    else:
        written["input"] = plain(case.input)
    if case.world:
        written["world"] = plain(case.world)
    if case.reference is not None:
        written["reference"] = _reference(case.reference)
    written["assert"] = [_check(spec) for spec in case.checks] or [{"type": "trajectory:error-free"}]
    if case.tags:
        written["tags"] = dict(case.tags)
    return written


def _turn(turn: Turn) -> Any:
    if not turn.checks:
        return plain(turn.input)
    return {"input": plain(turn.input), "assert": [_check(spec) for spec in turn.checks]}


def _reference(reference: Reference) -> dict[str, Any]:
    return {"steps": [plain(step) for step in reference.steps]}


def _check(spec: CheckSpec) -> dict[str, Any]:
    written: dict[str, Any] = {
        "type": spec.name,
        **{("kind" if key == "type" else key): plain(item) for key, item in spec.params.items()},
    }
    if spec.severity != "major":
        written["severity"] = spec.severity
    return written
