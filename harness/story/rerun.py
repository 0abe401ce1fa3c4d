"""The command that runs one trial's case again."""

from __future__ import annotations

import shlex
from pathlib import Path

from harness.model import Job, RunManifest
from harness.text import visible


def rerun(cases: str, run: RunManifest, job: Job) -> str:
    """The command line that runs a trial's case again, with the same seeds.

    Args:
        cases: The workspace's folder of cases, where the case does not say in which file it stands.
        run: The run that the trial was part of.
        job: The trial.
    """
    where = job.case.where
    suite = where.file if where else (Path(cases) / f"{job.case.suite}.yaml").as_posix()
    words = ["finharness", "eval", suite, "--case", job.case.id]
    if job.variant != job.case.agent:
        words += ["--agent", job.variant]
    if job.index:
        words += ["--repeat", str(job.index + 1)]
    if run.seed:
        words += ["--seed", str(run.seed)]
    return visible(shlex.join(words))
