"""Agents that work on jobs: a row, a message, a look at the row until it has ended; dead letters are noticed."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conformance import ABILITIES, Conformance, Ended, Foreign, run

from harness.adapters.sqs.rows import data_api_value
from harness.errors import AgentError, Problems
from harness.workspace import AgentSettings, config_of, effects_of

pytestmark = pytest.mark.filterwarnings("ignore")  # moto's own

TABLE = "CREATE TABLE jobs (id TEXT PRIMARY KEY, request TEXT, status TEXT, result TEXT, error_message TEXT)"
SQL = {
    "create_sql": "INSERT INTO jobs (id, request, status) VALUES (:job, :request, 'pending')",
    "poll_sql": "SELECT * FROM jobs WHERE id = :job",
    "parameters": {"request": {"input": "{input}", "history": "{history}"}},
    "answer": "$.result.answer",
    "structured": "$.result.structured",
    "usage": "$.result.usage",
    "tool_calls": "$.result.calls",
    "error": "$.result.error",
    "poll_s": 0.02,
}


def work(request: dict[str, Any]) -> dict[str, Any]:
    """What the small agent of the conformance suite answers."""
    said, answer = request["input"], {"usage": {"input_tokens": 120, "output_tokens": 18}}
    if said == "price VTI":
        call = {"name": "get_price", "args": {"symbol": "VTI"}, "result": {"price": 250.1}}
        return {**answer, "answer": "VTI costs $250.10.", "calls": [call]}
    if said == "which?":
        return {**answer, "answer": f"You asked for {request['history'][0]['content'].split()[1]}."}
    if said == "allocation":
        return {**answer, "structured": {"VTI": 60, "BND": 40}}
    if said == "fail":
        raise ValueError("no such account")
    return {**answer, "answer": said[5:]} if said.startswith("echo ") else answer


class Worker(threading.Thread):
    """Receives messages and works on their jobs, as an agent behind a queue does."""

    def __init__(self, client: Any, url: str, database: Path) -> None:
        super().__init__(daemon=True)
        self._client, self._url, self._database = client, url, database
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.01):
            found = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
            for message in found.get("Messages", ()):
                if self.handle(json.loads(message["Body"])["job_id"]):
                    self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def handle(self, job: str) -> bool:
        with closing(sqlite3.connect(self._database, timeout=10)) as base, base:
            request = json.loads(base.execute("SELECT request FROM jobs WHERE id = ?", [job]).fetchone()[0])
            if request["input"] in {"hang", "die"}:
                return request["input"] == "hang"
            try:
                values = ["completed", json.dumps(work(request)), None]
            except ValueError as error:
                values = ["failed", None, str(error)]
            base.execute("UPDATE jobs SET status = ?, result = ?, error_message = ? WHERE id = ?", [*values, job])
        return True

    def stop(self) -> None:
        self._over.set()
        self.join(5)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as base, base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute(TABLE)
    return tmp_path / "jobs.db"


@pytest.fixture
def queue(client: Any) -> Any:
    """A queue whose messages die after the first failure, and its dead-letter queue."""
    sqs, name = client("sqs"), uuid.uuid4().hex
    dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    return sqs, url, dead


@pytest.fixture
def worker(client: Any, queue: Any, database: Path) -> Iterator[Worker]:
    thread = Worker(client("sqs"), queue[1], database)
    thread.start()
    yield thread
    thread.stop()


Make = Callable[..., Foreign]


@pytest.fixture
def made(tmp_path: Path, moto: str, queue: Any, database: Path, environ: dict[str, str]) -> Make:
    """Makes the agent; options may be left out with None."""

    def make(**options: Any) -> Foreign:
        given = {"queue_url": queue[1], "endpoint_url": moto, "database": database.name, **SQL, **options}
        kept = {name: item for name, item in given.items() if item is not None}
        known = {"target": kept.pop("target")} if "target" in kept else {}
        settings = AgentSettings(name="mine", adapter="sqs-job", options=kept, **known)
        return Foreign(settings, tmp_path, can=ABILITIES - {"ttft"}, environ=environ)

    return make


class TestJobs(Conformance):
    @pytest.fixture
    def foreign(self, made: Make, worker: Worker) -> Foreign:
        return made()


def asked(foreign: Foreign, said: str = "echo hi", **about: Any) -> Ended:
    return run(foreign, said, **about)


def test_the_row_is_an_end_state_and_is_tidied_away(made: Make, worker: Worker, database: Path) -> None:
    ended = asked(made(cleanup_sql="DELETE FROM jobs WHERE id = :job"))

    assert ended.trace.artifacts["jobs"]["status"] == "completed"
    assert ended.trace.artifacts["jobs"]["seen"][-1] == "completed"
    assert ended.trace.artifacts["dead_letters"] == {"before": 0, "after": 0}
    with closing(sqlite3.connect(database)) as base:
        assert base.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


def test_a_failed_job_is_the_agents_failure_with_its_reason(made: Make, worker: Worker) -> None:
    ended = asked(made(), "fail")

    assert (ended.status, ended.kind) == ("agent_failed", "job_failed")
    assert "the job ended as 'failed': no such account" in ended.message
    assert "agents.mine (queue " in ended.message


@pytest.mark.parametrize(("options", "limit_s"), [({"wait_s": 0.2}, 30.0), ({}, 0.6)], ids=["own limit", "the trial's"])
def test_a_job_that_never_ends_is_late_and_says_its_state(
    options: dict[str, Any], limit_s: float, made: Make, worker: Worker
) -> None:
    ended = asked(made(**options), "hang", limit_s=limit_s)

    assert (ended.status, ended.kind) == ("timed_out", "never_ended")
    assert "it is still 'pending'" in ended.message
    assert ended.trace.artifacts["jobs"]["status"] == "pending"


def test_a_job_without_a_row_says_so(made: Make) -> None:
    ended = asked(made(create_sql=None, wait_s=0.1))

    assert "there is no row" in ended.message


def test_a_message_that_dies_is_noticed_before_the_deadline(made: Make, worker: Worker, queue: Any) -> None:
    ended = asked(made(wait_s=20), "die")

    assert (ended.status, ended.kind) == ("agent_failed", "dead_letter")
    assert ended.trace.artifacts["dead_letters"] == {"before": 0, "after": 1}


def test_a_dead_letter_queue_that_is_not_empty_is_refused(made: Make, worker: Worker, queue: Any) -> None:
    sqs, _, dead = queue
    sqs.send_message(QueueUrl=dead, MessageBody="{}")

    ended = asked(made())
    assert (ended.status, ended.kind) == ("infrastructure_failed", "dead_letters")
    assert "holds 1 from before" in ended.message
    assert asked(made(dead_letters="ignore")).trace.answer == "hi"


def test_parameters_are_bound_and_never_become_sql(made: Make, worker: Worker, database: Path) -> None:
    said = "echo '); DROP TABLE jobs; --"

    assert asked(made(), said).trace.answer == said[5:]


@pytest.mark.parametrize("form", ["def", "async def"])
def test_sql_may_be_run_by_a_function(form: str, made: Make, worker: Worker, database: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text(f"""
import json, sqlite3
{form} execute(sql, parameters):
    with sqlite3.connect({str(database)!r}, timeout=10) as base:
        base.row_factory = sqlite3.Row
        bound = {{k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()}}
        found = [dict(row) for row in base.execute(sql, bound)]
    base.close()
    return found
""")

    assert asked(made(rows="function", target="rows.py:execute", database=None)).trace.answer == "hi"


def test_rows_may_be_behind_the_data_api(made: Make, tell: Any) -> None:
    row = {"id": "x", "status": "completed", "result": '{"answer": "from the cluster"}'}
    results = [{"formattedRecords": json.dumps(found)} for found in ([row], [])]  # moto takes the last one first
    tell("static/rds-data/statement-results", {"results": results})
    cluster = {"resource_arn": f"arn:aws:rds:us-east-1:1:cluster:{uuid.uuid4()}", "secret_arn": "arn:aws:secret:1"}

    ended = asked(made(rows="rds-data", database="alex", **cluster))

    assert (ended.message, ended.trace.answer) == ("", "from the cluster")
    assert ended.trace.artifacts["jobs"]["seen"] == ["completed"]


@pytest.mark.parametrize(("item", "typed"), [
    (None, {"isNull": True}), (True, {"booleanValue": True}), (3, {"longValue": 3}), (0.5, {"doubleValue": 0.5}),
    ("x", {"stringValue": "x"}), ({"a": 1}, {"stringValue": '{"a": 1}'}),
])  # fmt: skip
def test_parameters_of_the_data_api_have_their_types(item: Any, typed: dict[str, Any]) -> None:
    assert data_api_value(item) == typed


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"queue_url": "http://127.0.0.1:9/1/none"}, "aws_", "correct `queue_url`"),
        ({"poll_sql": "SELECT * FROM nowhere WHERE id = :job"}, "database", "no such table: nowhere"),
        ({"poll_sql": "SELECT :job AS id"}, "database", "no column 'status', only id"),
        ({"create_sql": "INSERT INTO jobs (id) VALUES (:nobody)"}, "database", "the database refuses"),
        ({"parameters": {"request": "{world.user}"}}, "template", "{world.user}"),
    ],
)
def test_what_is_set_up_wrongly_is_no_failure_of_the_agent(
    options: dict[str, Any], kind: str, words: str, made: Make, worker: Worker
) -> None:
    ended = asked(made(**options))

    assert ended.status == "infrastructure_failed"
    assert ended.kind.startswith(kind)
    assert words in ended.message


def test_a_missing_database_or_function_is_said_before_anything_runs(made: Make) -> None:
    with pytest.raises(AgentError, match=r"no database 'none.db'"):
        asked(made(database="none.db"))
    with pytest.raises(AgentError, match="needs a target"):
        asked(made(rows="function", database=None))


def test_nonsense_in_the_table_is_said_all_at_once() -> None:
    table = {"adapter": "sqs-job", "queue_url": "jobs", "poll_sql": "SELECT 1", "rows": "rds-data", "failed": ["completed"],
             "message": "{jobb}", "endpoint_url": "x"}  # fmt: skip

    with pytest.raises(Problems) as caught:
        config_of({"agents": {"mine": table}})
    for words in (
        "queue_url",
        ":job is nowhere",
        "needs 'secret_arn'",
        "'completed' is under `done`",
        "{jobb}",
        "endpoint_url",
    ):
        assert words in str(caught.value)


def test_a_queue_may_have_effects_only_when_that_is_declared() -> None:
    options = {"queue_url": "https://sqs.us-east-1.amazonaws.com/1/jobs", "poll_sql": ":job", "database": "x"}

    assert effects_of(AgentSettings(name="a", adapter="sqs-job", options=options)) == "forbid"
