"""Write cases as a suite file, for tasks that come without runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.model import Case, CheckSpec, Reference, Turn
from harness.shape import plain
from harness.text import visible


def suite_text(cases: Sequence[Case], *, description: str, agent: str, notes: Sequence[str] = ()) -> str:
    """The cases as YAML that `finharness validate` accepts, below notes as comments."""
    import yaml

    head = "".join(f"# {visible(note)}\n" for note in notes)
    content = {"description": description, "agent": agent, "cases": [_case(case) for case in cases]}
    return head + str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140))


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
    written["assert"] = [check_data(spec) for spec in case.checks] or [{"type": "trajectory:error-free"}]
    if case.tags:
        written["tags"] = dict(case.tags)
    return written


def _turn(turn: Turn) -> Any:
    if not turn.checks:
        return plain(turn.input)
    return {"input": plain(turn.input), "assert": [check_data(spec) for spec in turn.checks]}


def _reference(reference: Reference) -> dict[str, Any]:
    steps = {"steps": [plain(step) for step in reference.steps]} if reference.steps else {}
    return steps | ({"answer": plain(reference.answer)} if reference.answer is not None else {})


def check_data(spec: CheckSpec) -> dict[str, Any]:
    """A check as a suite writes it."""
    written: dict[str, Any] = {
        "type": spec.name,
        **{("kind" if key == "type" else key): plain(item) for key, item in spec.params.items()},
    }
    if spec.severity != "major":
        written["severity"] = spec.severity
    if spec.weight != 1.0:
        written["weight"] = spec.weight
    if spec.metric is not None:
        written["metric"] = spec.metric
    return written
