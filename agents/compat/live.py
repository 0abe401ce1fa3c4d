"""Deployed targets that speak the originals' contracts: Lambda functions, an SQS queue with a job table, a LangGraph server.

Each is found in environment variables, so that what runs on our agents runs on a deployment by setting them:

    FINHARNESS_LAMBDA_PREFIX=alex-          functions are called <prefix>planner, <prefix>tagger, ...
    FINHARNESS_LAMBDA_ENDPOINT=http://...   another address than AWS's own
    FINHARNESS_SQS_QUEUE_URL=https://...    the queue that starts the Planner; FINHARNESS_SQS_ENDPOINT as above
    FINHARNESS_JOB_READER=my/jobs.py:read   a function `read(job_id) -> mapping` that reads a row of the jobs table
    FINHARNESS_JOB_IDS=id1,id2,...          pending jobs that may be used up
    FINHARNESS_LANGGRAPH_URL=http://...     with FINHARNESS_LANGGRAPH_ASSISTANT (clera) and FINHARNESS_LANGGRAPH_KEY
    FINHARNESS_PAPER=1                      says that orders are placed on paper only; without it nothing is ever confirmed

The region is AWS_REGION; credentials come from where boto3 always finds them.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from harness.errors import MissingExtra, UserError
from harness.workspace import load_target

JobReader: TypeAlias = Callable[[str], Mapping[str, Any]]

FUNCTION_S: Final = 900
"""Longest run of a function."""

TERMINAL: Final = frozenset({"completed", "partial", "failed", "error"})


class TargetError(Exception):
    """The deployment did not answer as its contract says."""


@dataclass(frozen=True, slots=True)
class LambdaTarget:
    """Deployed functions, by the prefix of their names."""

    prefix: str
    """Such as `alex-`."""

    region: str
    """Where they are."""

    endpoint: str | None = None
    """Another address than AWS's own."""

    def invoke(self, name: str, event: Any) -> dict[str, Any]:
        """Call a function once and return its reply.

        Raises:
            TargetError: when the function raised instead of replying.
        """
        client = _client("lambda", self.region, self.endpoint)
        try:
            answer = client.invoke(FunctionName=f"{self.prefix}{name}", Payload=json.dumps(event).encode())
            body = answer["Payload"].read()
        finally:
            client.close()
        if "FunctionError" in answer:
            raise TargetError(f"{self.prefix}{name}: {body.decode('utf-8', 'replace')[:500]}")
        reply: dict[str, Any] = json.loads(body)
        return reply


@dataclass(frozen=True, slots=True)
class QueueTarget:
    """A deployed queue, and the job table that shows what became of its messages."""

    url: str
    """The queue's address."""

    region: str
    """Where it is."""

    read: JobReader
    """Reads a job's row."""

    endpoint: str | None = None
    """Another address than AWS's own."""

    def send(self, body: str) -> str:
        """Send a message; its id is returned."""
        client = _client("sqs", self.region, self.endpoint)
        try:
            return str(client.send_message(QueueUrl=self.url, MessageBody=body)["MessageId"])
        finally:
            client.close()

    def attributes(self) -> dict[str, Any]:
        """The queue's settings: `{visibility_s, retention_s, wait_s, max_receives}`."""
        client = _client("sqs", self.region, self.endpoint)
        try:
            found = client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        finally:
            client.close()
        return {
            "visibility_s": float(found["VisibilityTimeout"]),
            "retention_s": float(found["MessageRetentionPeriod"]),
            "wait_s": float(found.get("ReceiveMessageWaitTimeSeconds", 0)),
            "max_receives": int(json.loads(found.get("RedrivePolicy", "{}")).get("maxReceiveCount", 0)),
        }

    def wait(self, job: str, *, most_s: float = FUNCTION_S + 60, every_s: float = 2.0) -> dict[str, Any]:
        """Read the job's row until it is in a terminal state.

        Raises:
            TargetError: when it is not in time.
        """
        end = time.monotonic() + most_s
        while (row := dict(self.read(job))).get("status") not in TERMINAL:
            if time.monotonic() > end:
                raise TargetError(f"job {job} is still {row.get('status')!r} after {most_s:g} s")
            time.sleep(every_s)
        return row


@dataclass(frozen=True, slots=True)
class GraphTarget:
    """An assistant of a LangGraph server."""

    url: str
    """Where the server is."""

    assistant: str = "clera"
    """Which assistant."""

    key: str = field(default="", repr=False)
    """Its `x-api-key`."""

    def thread(self) -> str:
        """Begin a conversation."""
        return str(self._call("/threads", {})["thread_id"])

    def run(self, thread: str, text: str | None = None, *, resume: Any = None) -> dict[str, Any]:
        """Send a message, or the answer to a question: `{messages, interrupts}`, each interrupt as the graph gave it."""
        given = (
            {"command": {"resume": resume}}
            if text is None
            else {"input": {"messages": [{"role": "user", "content": text}]}}
        )
        state = self._call(f"/threads/{thread}/runs/wait", {"assistant_id": self.assistant, **given})
        waiting = state.get("__interrupt__")
        if waiting is None:  # older servers keep it apart
            tasks = self._call(f"/threads/{thread}/state").get("tasks", ())
            waiting = [one for task in tasks for one in task.get("interrupts", ())]
        return {"messages": state.get("messages", []), "interrupts": [one["value"] for one in waiting]}

    def _call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is the user's own
            f"{self.url.rstrip('/')}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "x-api-key": self.key},
        )
        with urllib.request.urlopen(request, timeout=FUNCTION_S) as answer:  # noqa: S310 - as above
            found: dict[str, Any] = json.load(answer)
        return found


def functions(environ: Mapping[str, str]) -> LambdaTarget | None:
    """The functions that the environment names, or None."""
    prefix = environ.get("FINHARNESS_LAMBDA_PREFIX")
    if prefix is None:
        return None
    return LambdaTarget(prefix, _region(environ), environ.get("FINHARNESS_LAMBDA_ENDPOINT"))


def queue(environ: Mapping[str, str], *, root: Path) -> QueueTarget | None:
    """The queue that the environment names, or None.

    Raises:
        UserError: for a queue without a way to see what became of its jobs.
    """
    url = environ.get("FINHARNESS_SQS_QUEUE_URL")
    if url is None:
        return None
    reader = job_reader(environ, root=root)
    if reader is None:
        raise UserError(
            "a queue needs a reader of its jobs",
            remedy="set FINHARNESS_JOB_READER to a function of the workspace, such as ops/jobs.py:read",
        )
    return QueueTarget(url, _region(environ), reader, environ.get("FINHARNESS_SQS_ENDPOINT"))


def graph(environ: Mapping[str, str]) -> GraphTarget | None:
    """The LangGraph server that the environment names, or None."""
    url = environ.get("FINHARNESS_LANGGRAPH_URL")
    if url is None:
        return None
    assistant = environ.get("FINHARNESS_LANGGRAPH_ASSISTANT", "clera")
    return GraphTarget(url, assistant, environ.get("FINHARNESS_LANGGRAPH_KEY", ""))


def job_reader(environ: Mapping[str, str], *, root: Path) -> JobReader | None:
    """The function that reads a job's row, or None."""
    target = environ.get("FINHARNESS_JOB_READER")
    return None if target is None else load_target(root, target)


def job_ids(environ: Mapping[str, str]) -> list[str]:
    """Pending jobs that may be used up."""
    return [name.strip() for name in environ.get("FINHARNESS_JOB_IDS", "").split(",") if name.strip()]


def _region(environ: Mapping[str, str]) -> str:
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _client(service: str, region: str, endpoint: str | None) -> Any:
    """A client that waits as long as a function may run, and never calls it a second time on its own."""
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra("calling AWS", extra="aws") from error
    config = Config(read_timeout=FUNCTION_S + 60, retries={"total_max_attempts": 1})
    return boto3.client(service, region_name=region, endpoint_url=endpoint, config=config)
