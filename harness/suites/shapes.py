"""What a suite file can say. Field docstrings are the reference manual and the editor's help."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from harness.bounds import Ge, Le, Len
from harness.model import Budget, Json, Reference, Severity
from harness.model.fault import Fault
from harness.shape import value

Label: TypeAlias = str | int | float | bool

CASE_NAMES: Final = {"assert": "checks"}
"""Name in a case or turn to the field that holds it, where they differ: `assert` is a word of Python's own."""

SUITE_NAMES: Final = {"tests": "cases", "default_test": "defaults", "defaultTest": "defaults"}
"""Other names of a suite's keys, for people who come from promptfoo."""


@value
class TurnFile:
    """One message of a conversation."""

    input: Json = None
    """What the user says."""

    checks: tuple[Json, ...] | None = None
    """Checks on the reply to this message alone, in the same form as a case's."""


@value
class DefaultsFile:
    """What holds for every case of the file that does not say otherwise."""

    agent: str | None = None
    """Agent that is asked, by its name in harness.toml."""

    input: Json = None
    """What the agent receives: text, or any data that it understands."""

    vars: dict[str, Json] | None = None
    """Variables for `{{ name }}`; a list makes one case per item, several lists all combinations."""

    world: dict[str, Json] | None = None
    """The agent's environment, such as `{portfolio: P01}`; what the keys mean is up to the agent's world."""

    as_of: str | None = None
    """The date (`2026-03-31`, or with a time) that the agent must take as today."""

    repeat: Annotated[int, Ge(1), Le(10_000)] | None = None
    """How many trials of the case are run."""

    checks: tuple[Json, ...] | None = None
    """What must hold of the outcome: a list of checks, or sentences that a judge decides."""

    judge: str | tuple[str, ...] | None = None
    """Rubrics from the judges folder that a judge applies to the answer."""

    budget: Budget | None = None
    """Most that one trial may use."""

    reference: Reference | None = None
    """How the task is solved by someone who knows it: `steps` (tool calls) and `answer`."""

    faults: tuple[Fault, ...] | None = None
    """What is to go wrong around the agent: `- {seam: model, kind: rate_limit, calls: [1, 2]}`."""

    tags: dict[str, Label] | tuple[str, ...] | None = None
    """Labels to select and slice by: `{team: alex}` or `[smoke]`."""

    severity: Severity | None = None
    """Weight of the case's failure in a gate: `blocker`, `major` (normal) or `minor`."""

    must_pass: bool | None = None
    """Whether the gate fails when this case does, whatever the statistics say."""


@value
class CaseFile(DefaultsFile):
    """One thing asked of an agent, with everything that decides whether it was done."""

    id: str
    """Stable identity, unique in the workspace: letters, digits, `.`, `_` and `-`, at most 100. Baselines pair by it."""

    description: str | None = None
    """What the case is about, for people."""

    turns: Annotated[tuple[Json, ...], Len(1)] | None = None
    """A conversation instead of one `input`: a list of messages, each text or `{input, assert}`."""


@value
class SuiteFile:
    """A suite: cases that belong together."""

    description: str | None = None
    """What the suite is about, for people."""

    agent: str | None = None
    """Agent that is asked where a case names no other."""

    vars: dict[str, Json] | None = None
    """Variables of all cases; see a case's `vars`."""

    templates: dict[str, Json] | None = None
    """Checks to use several times: `- $ref: name`, where other keys beside `$ref` replace the template's."""

    defaults: Json = None
    """Keys that hold for every case: mappings are joined, checks are added, anything else is replaced by the case's own."""

    cases: tuple[Json, ...] | None = None
    """The cases."""


@value
class CheckKeys:
    """Keys that every check takes besides its own."""

    severity: Severity = "major"
    """`blocker` and `major` fail the trial; `minor` only lowers its score."""

    weight: Annotated[float, Ge(0), Le(1_000_000)] = 1.0
    """Share in the trial's score."""

    metric: str | None = None
    """Name under which the score is also reported on its own."""
