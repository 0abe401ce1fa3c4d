"""Put the parts of a run together: in any order, in any grouping, any number of times, with the same result.

Every trial has one row afterwards. Where several parts have one for it, a result of the agent goes before a fault of the harness,
then the earlier one, then whichever is first by its content: an order that depends on nothing but the rows themselves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain, islice
from typing import Any, Final

from harness.errors import UserError
from harness.frozen import frozen
from harness.model import Job, Result, RunManifest
from harness.shape import plain
from harness.store import RunRow, Store

_BATCH: Final = 200
_ONE_OF_ALL: Final = ("git_commit", "git_dirty", "price_table", "host", "command", "source", "seed")


@frozen
class Merged:
    """What a merge did."""

    run: str
    """Id of the run that holds everything."""

    planned: int
    """Its trials."""

    added: int
    """Results that it did not have before."""

    absent: tuple[int, ...]
    """Shards that were not among the parts; their trials are not known here."""


def merge(store: Store, refs: Sequence[str]) -> Merged:
    """Make one run of several in the same store; the same parts always give the same run.

    Raises:
        UserError: when the parts are not of one plan, or disagree on what a case is.
    """
    parts = sorted({row.id: row for row in map(store.run, refs)}.values(), key=lambda row: row.id)
    manifest = _manifest(parts)
    jobs = _jobs(store, parts)
    with store.claim(manifest.id):
        known = {row.id: row for row in store.runs()}.get(manifest.id)
        if known is None:
            store.begin(manifest, jobs)
        before = 0 if known is None else known.done
        _copy(store, parts, manifest.id)
        _copy_earlier(store, parts, manifest.id, every=before > 0)
        after = store.run(manifest.id).done
        absent = absent_shards(manifest)
        store.end(manifest.id, "incomplete" if absent or after < len(jobs) else "complete")
    return Merged(manifest.id, len(jobs), after - before, absent)


def absent_shards(manifest: RunManifest) -> tuple[int, ...]:
    """The shards that a merged run lacks."""
    about: Any = manifest.config.get("merged") or {}
    return tuple(sorted(set(range(1, about.get("of", 0) + 1)) - set(about.get("shards", ()))))


# ---- the run


def _manifest(parts: Sequence[RunRow]) -> RunManifest:
    """The description of the whole: that of its first part, and what all parts agree on."""
    leaves = sorted({leaf for row in parts for leaf in _leaves(row.manifest)})
    plans = {(plan, of) for row in parts for plan, of, _ in [_shard(row.manifest)]}
    if len(plans) > 1:
        raise UserError(
            "they are parts of different plans: cases, seeds or the number of shards differ",
            remedy="merge shards of one commit, made with the same selection and the same N",
            where=", ".join(row.id for row in parts),
        )
    first = min((row.manifest for row in parts), key=lambda manifest: _leaves(manifest)[0])
    ((plan, of),) = plans
    about: dict[str, Any] = {"runs": leaves}
    if plan:
        about |= {"plan": plan, "of": of, "shards": sorted({one for row in parts for one in _shard(row.manifest)[2]})}
    config = {name: content for name, content in first.config.items() if name not in {"shard", "merged"}}
    common: dict[str, Any] = {name: _common(getattr(row.manifest, name) for row in parts) for name in _ONE_OF_ALL}
    defaults = RunManifest(id="", started_at="")
    return replace(
        first,
        **{name: getattr(defaults, name) if content is None else content for name, content in common.items()},
        id=f"merged-{sha256(json.dumps(leaves).encode()).hexdigest()[:16]}",
        started_at=min(row.manifest.started_at for row in parts),
        suites=tuple(sorted({suite for row in parts for suite in row.manifest.suites})),
        files=dict(sorted({pair for row in parts for pair in row.manifest.files.items()})),
        models=dict(sorted({pair for row in parts for pair in row.manifest.models.items()})),
        packages=dict(sorted({pair for row in parts for pair in row.manifest.packages.items()})),
        config=config | {"merged": about},
    )


def _common(values: Iterable[Any]) -> Any:
    """What all parts have; None when they differ."""
    first, *others = values
    return first if all(other == first for other in others) else None


def _leaves(manifest: RunManifest) -> list[str]:
    """The runs that a run was put together from: itself, when it was not."""
    about: Any = manifest.config.get("merged")
    return list(about["runs"]) if about else [manifest.id]


def _shard(manifest: RunManifest) -> tuple[str, int, tuple[int, ...]]:
    """The plan that a run is part of, how many parts that has, and which of them it is."""
    about: Any = manifest.config.get("merged") or manifest.config.get("shard") or {}
    return about.get("plan", ""), about.get("of", 0), tuple(about.get("shards", [about.get("index", 0)]))


def _jobs(store: Store, parts: Sequence[RunRow]) -> list[Job]:
    """The union of what was planned, in an order of its own."""
    jobs: dict[str, Job] = {}
    for row in parts:
        for job in store.planned(row.id):
            known = jobs.setdefault(job.key, job)
            if known.case.fingerprint != job.case.fingerprint or known.seed != job.seed:
                raise UserError(
                    f"the parts disagree on {job.key}: its case or seed is not the same in all of them",
                    remedy="run them from one commit and with one seed",
                    where=row.id,
                )
    return sorted(jobs.values(), key=_place)


def _place(job: Job) -> tuple[Any, ...]:
    where = job.case.where
    return job.case.suite, where.line if where is not None else 0, job.case.id, job.variant, job.index


# ---- its results


def _copy(store: Store, parts: Sequence[RunRow], target: str) -> None:
    """Copy each trial's best result; a fault of the harness gives way where there is one already."""
    best: dict[str, tuple[tuple[Any, ...], str]] = {}
    for row in parts:
        for result in store.results(row.id):
            ranked = (_rank(result), row.id)
            best[result.job.key] = min(best.get(result.job.key, ranked), ranked)
    for row in parts:
        keys = [key for key, (_, owner) in best.items() if owner == row.id]
        if keys and row.id != target:
            take_in(store, target, store.results(row.id, traces=True, keys=keys))


def _copy_earlier(store: Store, parts: Sequence[RunRow], target: str, *, every: bool) -> None:
    """Keep what the parts have besides: results that they had replaced, and those that the whole does not go by.

    Args:
        store: Where they all are.
        parts: The parts.
        target: The whole.
        every: Whether the whole had results before, so that any of the parts' may be another than its own.
    """
    seen = Counter(result.job.key for row in parts for result in store.results(row.id))
    double = {key for key, count in seen.items() if every or count > 1}
    for row in parts:
        if row.id != target:
            rivals = store.results(row.id, traces=True, keys=double) if double else iter(())
            keep_earlier(store, target, chain(rivals, store.earlier(row.id)))


def take_in(store: Store, run_id: str, results: Iterator[Result]) -> None:
    """Keep results from elsewhere: what the agent did goes before an errored row, and nothing else is replaced."""
    while batch := list(islice(results, _BATCH)):
        store.add(run_id, [result for result in batch if result.status != "errored"], over_errored=True)
        store.add(run_id, [result for result in batch if result.status == "errored"])


def keep_earlier(store: Store, run_id: str, results: Iterator[Result]) -> None:
    """Keep what else the parts have among the earlier results, each once: what it has cost was spent."""
    while batch := list(islice(results, _BATCH)):
        store.add_earlier(run_id, batch)


def _rank(result: Result) -> tuple[Any, ...]:
    record = plain(replace(result, outcome=replace(result.outcome, trace=replace(result.outcome.trace, answer=""))))
    return result.status == "errored", result.started_at, json.dumps(record, sort_keys=True, default=str)
