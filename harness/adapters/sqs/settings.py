"""What harness.toml says about an agent that works on jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, ClassVar, Literal

from harness.adapters.aws.reach import AwsSettings
from harness.bounds import Ge, Gt, Le
from harness.shape import Misfit, value

JOB = ("job",)


@value
class Settings(AwsSettings):
    """An agent behind a queue, whose jobs are rows of a table."""

    takes: ClassVar[tuple[str, ...]] = ("target",)

    queue_url: str
    """The queue that starts it."""

    message: Any = field(default_factory=lambda: {"job_id": "{job}"})
    """What is sent to the queue."""

    rows: Literal["sqlite", "rds-data", "function"] = "sqlite"
    """How the table is reached: a file of SQLite, the RDS Data API, or the function `target` names, called with (sql, parameters)."""

    database: str | None = None
    """The file, relative to the workspace; the database's name for rds-data."""

    resource_arn: str | None = None
    """The cluster, for rds-data."""

    secret_arn: str | None = None
    """The secret with its user and password, for rds-data."""

    create_sql: str | None = None
    """Makes the row; `:job` is its new id. Without it, the message alone begins the job."""

    poll_sql: str
    """Reads the row: `SELECT * FROM jobs WHERE id = :job`."""

    cleanup_sql: str | None = None
    """Removes what the job has left, when it has ended."""

    parameters: dict[str, Any] = field(default_factory=dict)
    """Further parameters of the SQL: `{user = "{world.user}", request = "{input}"}`."""

    status: str = "status"
    """Column with the state of the job."""

    done: tuple[str, ...] = ("completed",)
    """States in which it has succeeded."""

    failed: tuple[str, ...] = ("failed", "error", "cancelled")
    """States in which it has failed."""

    poll_s: Annotated[float, Gt(0), Le(60)] = 0.5
    """Seconds between two looks at the row."""

    wait_s: Annotated[float, Gt(0)] | None = None
    """Longest that a job may take; by default as long as the trial."""

    dead_letter_url: str | None = None
    """Its dead-letter queue; by default the one that the queue's own settings name."""

    dead_letters: Literal["refuse", "ignore"] = "refuse"
    """What to do when the dead-letter queue holds something before the first job."""

    grace_s: Annotated[float, Ge(0)] = 0.3
    """Seconds before the trial's deadline at which a job that has not ended is given up, so that its state can be told."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        misfits = []
        needed = {"sqlite": ("database",), "rds-data": ("resource_arn", "secret_arn", "database"), "function": ()}
        for key in needed[self.rows]:
            if getattr(self, key) is None:
                misfits.append(Misfit((key,), f"rows = {self.rows!r} needs {key!r}", f"add `{key} = ...`"))
        if ":job" not in self.poll_sql:
            misfits.append(Misfit(("poll_sql",), ":job is nowhere in it", "write `SELECT * FROM jobs WHERE id = :job`"))
        if not self.queue_url.startswith(("https://", "http://")):
            misfits.append(
                Misfit(("queue_url",), f"{self.queue_url!r} is no address of a queue", "copy it from the console")
            )
        both = sorted({*self.done} & {*self.failed})
        if both:
            misfits.append(Misfit(("failed",), f"{both[0]!r} is under `done`, too", "take it out of one of them"))
        self.refuse(misfits, more=JOB)

    @property
    def place(self) -> str:
        """The queue's name."""
        return self.queue_url.rstrip("/").rpartition("/")[2]

    @property
    def templates(self) -> Mapping[str, Any]:
        """The message and the parameters."""
        return {"message": self.message, "parameters": self.parameters}
