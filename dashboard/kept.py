"""What pages read from the store, kept in memory for as long as the run does not change."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from harness.frames import glance as summed
from harness.frames import operations, run
from harness.frames.decisions import Judged, judged, judged_by_run
from harness.frames.glance import Glance
from harness.frames.operations import Alarmed, Audited, audit_key
from harness.frames.run import RunFacts
from harness.frames.steps import Analysed, analysed
from harness.store import RunRow, Store
from harness.summary.stored import RunTotals, totals_of
from harness.workspace import Workspace

State = tuple[str, str, int, str, str]
"""What changes when a run's results do: the key under which its figures are kept."""


def state(store: Store, row: RunRow) -> State:
    """The key of a run's figures."""
    return str(store.path), row.id, row.done, row.status, row.ended_at or ""


def totals(store: Store, row: RunRow) -> RunTotals:
    """The totals of a run."""
    return _totals(store, row, state(store, row))


def glance(store: Store, row: RunRow) -> Glance:
    """A run summed up suite by suite."""
    return _glance(store, row, state(store, row))


def steps(store: Store, row: RunRow, most: int) -> Analysed:
    """The step analyses of a run."""
    return _steps(store, row, state(store, row), most)


def run_facts(store: Store, row: RunRow) -> RunFacts:
    """The trials of a run as one narrow table."""
    return _run_facts(store, row, state(store, row))


def decided(workspace: Workspace, store: Store, row: RunRow, baseline: RunRow | None = None) -> Judged:
    """What the gate says of a run: by its baselines, or by another run."""
    if baseline is None:
        return _judged(workspace, store, row, None, (state(store, row), str(workspace.root)))
    return _judged(workspace, store, row, baseline, (state(store, row), state(store, baseline)))


def alarmed(workspace: Workspace, store: Store, row: RunRow) -> Alarmed:
    """A run held against the alarm rules."""
    return _alarmed(workspace, store, row, (state(store, row), str(workspace.root)))


def audited(workspace: Workspace) -> Audited:
    """The audit log, verified again whenever it has changed."""
    path = workspace.audit_log
    stamp = (path.stat().st_size, path.stat().st_mtime_ns) if path.is_file() else (0, 0)
    return _audited(path, audit_key(workspace), stamp)


# Values are frozen, so that all sessions may share them; the key stands in for what cannot be hashed.


@st.cache_resource(max_entries=64, show_spinner=False)
def _totals(_store: Store, _row: RunRow, key: State) -> RunTotals:  # noqa: ARG001 - the key
    return totals_of(_store, _row)


@st.cache_resource(max_entries=256, show_spinner=False)
def _glance(_store: Store, _row: RunRow, key: State) -> Glance:  # noqa: ARG001 - the key
    return summed.glance(_store, _row)


@st.cache_resource(max_entries=8, show_spinner=False)
def _steps(_store: Store, _row: RunRow, key: State, most: int) -> Analysed:  # noqa: ARG001 - the key
    return analysed(_store, _row, most=most)


@st.cache_resource(max_entries=4, show_spinner=False)
def _run_facts(_store: Store, _row: RunRow, key: State) -> RunFacts:  # noqa: ARG001 - the key
    return run.run_facts(_store, _row)


@st.cache_resource(max_entries=16, show_spinner=False)
def _judged(
    _workspace: Workspace,
    _store: Store,
    _row: RunRow,
    _baseline: RunRow | None,
    key: tuple[object, ...],  # noqa: ARG001 - the key
) -> Judged:
    return judged(_workspace, _store, _row) if _baseline is None else judged_by_run(_workspace, _store, _row, _baseline)


@st.cache_resource(max_entries=8, show_spinner="Checking the alarm rules")
def _alarmed(_workspace: Workspace, _store: Store, _row: RunRow, key: tuple[object, ...]) -> Alarmed:  # noqa: ARG001 - the key
    return operations.alarmed(_workspace, _store, _row)


@st.cache_resource(max_entries=2, show_spinner="Verifying the audit log")
def _audited(path: Path, _key: bytes | None, stamp: tuple[int, int]) -> Audited:  # noqa: ARG001 - the key
    return operations.audited(path, _key)
