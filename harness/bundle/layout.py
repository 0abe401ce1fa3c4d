"""What is in a bundle: JSON-lines files and a manifest that holds their hashes."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from harness.bounds import Ge, Le, Len
from harness.model import OutcomeStatus, RunManifest, Trace, TrialStatus, Verdict
from harness.shape import value

FORMAT = "finharness-bundle"
VERSION = 2
"""What we write; version 1 had no `earlier.jsonl`, and is still read."""
MANIFEST = "manifest.json"
CASES = "cases.jsonl"
PLANNED = "planned.jsonl"
RESULTS = "results.jsonl"
TRACES = "traces.jsonl"
EARLIER = "earlier.jsonl"
PARTS = {1: (CASES, PLANNED, RESULTS, TRACES), 2: (CASES, PLANNED, RESULTS, TRACES, EARLIER)}
"""Everything but the manifest, in the order it is written, by the bundle's version."""


@value
class PartRecord:
    """One file of the bundle."""

    sha256: Annotated[str, Len(64, 64)]
    """Hash of its bytes."""

    bytes: Annotated[int, Ge(0)]
    """Its size."""

    lines: Annotated[int, Ge(0)]
    """Its rows."""


@value
class BundleManifest:
    """`manifest.json`."""

    format: Literal["finharness-bundle"]
    """Says what the file is."""

    version: int
    """Version of this layout."""

    run: RunManifest
    """The run."""

    status: Literal["running", "complete", "interrupted", "incomplete"]
    """How far it had come."""

    parts: dict[str, PartRecord]
    """The other files by name."""


@value
class PlannedRecord:
    """A line of `planned.jsonl`: one planned trial."""

    case: Annotated[int, Ge(0)]
    """Line of `cases.jsonl`, from 0."""

    variant: str
    """Agent variant."""

    trial: Annotated[int, Ge(0), Le(1_000_000)]
    """Repetition."""

    seed: Annotated[int, Ge(0), Le(2**63 - 1)]
    """Seed that the agent received."""


@value
class FailureRecord:
    """Why an outcome did not complete."""

    type: str
    """Kind of error."""

    message: str
    """One sentence."""

    traceback: str = ""
    """Where it happened."""


@value
class ResultRecord:
    """A line of `results.jsonl`: one result without its trace."""

    planned: Annotated[int, Ge(0)]
    """Line of `planned.jsonl`, from 0."""

    status: TrialStatus
    """Verdict on the trial."""

    score: Annotated[float, Ge(0), Le(1)] | None = None
    """Weighted share of checks that held."""

    outcome: OutcomeStatus
    """How it ended."""

    error: FailureRecord | None = None
    """Why it did not complete."""

    attempts: Annotated[int, Ge(0), Le(1_000_000)] = 1
    """Executions."""

    stdout: str = ""
    """What the agent printed."""

    verdicts: tuple[Verdict, ...] = ()
    """What the checks concluded."""

    steps: dict[str, Any] = field(default_factory=dict)
    """Step analysis."""

    judge_cost_usd: Annotated[float, Ge(0)] | None = 0.0
    """Price of the judges."""

    started_at: str = ""
    """UTC time."""


@value
class TraceRecord:
    """A line of `traces.jsonl`; the order is that of `results.jsonl`."""

    planned: Annotated[int, Ge(0)]
    """Line of `planned.jsonl`, from 0."""

    trace: Trace
    """What the trial did."""


@value
class EarlierRecord:
    """A line of `earlier.jsonl`: a result that another took the place of, whole."""

    result: ResultRecord
    """Without its trace."""

    trace: Trace
    """What it did."""
