"""The environment decides whether a deployment is meant, and which."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
functions, queue, graph, job_ids = (
    load_target(ROOT, f"agents/compat/live.py:{name}") for name in ("functions", "queue", "graph", "job_ids")
)
URL = "https://sqs.eu-west-1.amazonaws.com/1/jobs"


def test_without_settings_there_is_no_deployment():
    assert (functions({}), queue({}, root=ROOT), graph({}), job_ids({})) == (None, None, None, [])


def test_settings_name_prefix_region_and_endpoint():
    found = functions({"FINHARNESS_LAMBDA_PREFIX": "alex-", "AWS_REGION": "eu-west-1"})

    assert (found.prefix, found.region, found.endpoint) == ("alex-", "eu-west-1", None)


def test_a_queue_needs_a_reader_of_its_jobs():
    with pytest.raises(UserError, match="FINHARNESS_JOB_READER"):
        queue({"FINHARNESS_SQS_QUEUE_URL": URL}, root=ROOT)


def test_jobs_are_listed_and_the_key_is_never_shown():
    assert job_ids({"FINHARNESS_JOB_IDS": "a-1, b-2,"}) == ["a-1", "b-2"]
    assert "secret" not in repr(graph({"FINHARNESS_LANGGRAPH_URL": "http://x", "FINHARNESS_LANGGRAPH_KEY": "secret"}))


def test_a_function_that_raises_is_no_reply(monkeypatch):
    pytest.importorskip("boto3")
    standins = "tests/agents/contract/standins.py"
    service, served = (load_target(ROOT, f"{standins}:{name}") for name in ("lambda_service", "served"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    def broken(event, context):
        raise MemoryError("out of memory")

    with served(service({"planner": broken}, "alex-")) as url:
        target = functions({"FINHARNESS_LAMBDA_PREFIX": "alex-", "FINHARNESS_LAMBDA_ENDPOINT": url})
        with pytest.raises(load_target(ROOT, "agents/compat/live.py:TargetError"), match="out of memory"):
            target.invoke("planner", {})


def test_calls_wait_longer_than_a_function_may_run_and_are_never_repeated():
    pytest.importorskip("boto3")
    client = load_target(ROOT, "agents/compat/live.py:_client")("lambda", "us-east-1", None)

    assert client.meta.config.read_timeout > 900
    assert client.meta.config.retries["total_max_attempts"] == 1
    client.close()


def test_the_environment_alone_sends_the_tests_to_a_deployment():
    """Six of them, one of each kind, against stand-ins that are reached as a deployment is: all ran, none was skipped."""
    for name in ("boto3", "moto", "langgraph"):
        pytest.importorskip(name)
    chosen = (
        "live and (starts_its_job and plain or came_with_the_event or no_cancels or ends_in_a_finished_job and json)"
    )
    command = [sys.executable, "tests/agents/contract/host.py", "-k", chosen]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "6 passed" in done.stdout
    assert "skipped" not in done.stdout
