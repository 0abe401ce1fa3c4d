"""Stored runs as tables for people to look at: what the dashboard plots, testable without it."""

from harness.story.talk import Said, conversation

from .charts import step_chart
from .choosing import filtered, plain_line, run_labels
from .places import WORKSPACE_VARIABLE, address, find_workspace, open_store, rerun_command, run_link, trial_link
from .runs import CASE_COLUMNS, SUITE_COLUMNS, case_rows, latest, run_rows, suite_rows, total
from .trial import Found, artifact_rows, check_rows, find_trial, step_rows, trial_rows
from .words import (
    MEANINGS,
    STATUSES,
    STEP_COLOURS,
    as_code,
    as_title,
    cell_lines,
    interval_text,
    json_safe,
    money,
    rate_text,
    seconds,
    shown,
    verdict_sentence,
)

__all__ = [
    "CASE_COLUMNS",
    "MEANINGS",
    "STATUSES",
    "STEP_COLOURS",
    "SUITE_COLUMNS",
    "WORKSPACE_VARIABLE",
    "Found",
    "Said",
    "address",
    "artifact_rows",
    "as_code",
    "as_title",
    "case_rows",
    "cell_lines",
    "check_rows",
    "conversation",
    "filtered",
    "find_trial",
    "find_workspace",
    "interval_text",
    "json_safe",
    "latest",
    "money",
    "open_store",
    "plain_line",
    "rate_text",
    "rerun_command",
    "run_labels",
    "run_link",
    "run_rows",
    "seconds",
    "shown",
    "step_chart",
    "step_rows",
    "suite_rows",
    "total",
    "trial_link",
    "trial_rows",
    "verdict_sentence",
]
