"""Write a run as a bundle: the same run always gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.errors import UserError, os_errors
from harness.model import Job, Result
from harness.shape import plain
from harness.store import RunRow, Store
from harness.store.draft import draft
from harness.store.records import trace_record, verdict_record

from .layout import CASES, EARLIER, FORMAT, MANIFEST, PLANNED, RESULTS, TRACES, VERSION

_DUMP = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=plain).encode
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def export_bundle(store: Store, run: RunRow, path: Path) -> None:
    """Write a run to a file, which appears whole or not at all.

    Raises:
        UserError: when the file cannot be written.
    """
    with (
        os_errors(
            UserError, "the bundle cannot be written", remedy="name a file in a folder you may write", where=path
        ),
        draft(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        _write(archive, store, run)


def _write(archive: zipfile.ZipFile, store: Store, run: RunRow) -> None:
    jobs = store.planned(run.id)
    cases = list({id(job.case): job.case for job in jobs}.values())  # the store gives each case as one object
    places = {id(case): place for place, case in enumerate(cases)}
    numbers = {job.key: number for number, job in enumerate(jobs)}
    parts = {
        CASES: _part(archive, CASES, map(plain, cases)),
        PLANNED: _part(archive, PLANNED, (_planned(places, job) for job in jobs)),
        RESULTS: _part(archive, RESULTS, (_result(numbers, item) for item in store.results(run.id))),
        TRACES: _part(archive, TRACES, (_trace(numbers, item) for item in store.results(run.id, traces=True))),
        EARLIER: _part(archive, EARLIER, (_whole(numbers, item) for item in store.earlier(run.id))),
    }
    manifest = {"format": FORMAT, "version": VERSION, "run": plain(run.manifest), "status": run.status, "parts": parts}
    with archive.open(_entry(MANIFEST), "w") as file:
        file.write(json.dumps(manifest, indent=2, allow_nan=False).encode("ascii"))


def _part(archive: zipfile.ZipFile, name: str, records: Iterable[Any]) -> dict[str, Any]:
    """Write one file line by line and say what was written."""
    digest, size, lines = hashlib.sha256(), 0, 0
    with archive.open(_entry(name), "w", force_zip64=True) as file:
        for record in records:
            line = f"{_DUMP(record)}\n".encode("ascii")
            file.write(line)
            digest.update(line)
            size, lines = size + len(line), lines + 1
    return {"sha256": digest.hexdigest(), "bytes": size, "lines": lines}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _planned(places: dict[int, int], job: Job) -> dict[str, Any]:
    return {"case": places[id(job.case)], "variant": job.variant, "trial": job.index, "seed": job.seed}


def _result(numbers: dict[str, int], result: Result) -> dict[str, Any]:
    outcome = result.outcome
    record: dict[str, Any] = {
        "planned": numbers[result.job.key],
        "status": result.status,
        "score": result.score,
        "outcome": outcome.status,
        "attempts": outcome.attempts,
        "stdout": outcome.stdout,
        "verdicts": [verdict_record(verdict) for verdict in result.verdicts],
        "steps": result.steps,
        "judge_cost_usd": result.judge_cost_usd,
        "started_at": result.started_at,
    }
    if outcome.error is not None:
        error = outcome.error
        record["error"] = {"type": error.type, "message": error.message, "traceback": error.traceback}
    return record


def _trace(numbers: dict[str, int], result: Result) -> dict[str, Any]:
    return {"planned": numbers[result.job.key], "trace": trace_record(result.outcome.trace)}


def _whole(numbers: dict[str, int], result: Result) -> dict[str, Any]:
    return {"result": _result(numbers, result), "trace": trace_record(result.outcome.trace)}
