from __future__ import annotations

import base64
import gzip
import json
import urllib.error
import urllib.request

import pytest

from harness.testing.sink import Fault, LangfuseSink, score_problem

GOOD = {"id": "s1", "traceId": "t" * 32, "name": "contains", "value": 1.0, "dataType": "BOOLEAN"}


@pytest.fixture
def sink():
    with LangfuseSink() as server:
        yield server


def ask(sink, path, body=None, *, key=None, **headers):
    """Status and content of an answer."""
    credentials = base64.b64encode(f"{sink.public_key}:{key or sink.secret_key}".encode()).decode()
    request = urllib.request.Request(sink.url + path, body, {"Authorization": f"Basic {credentials}", **headers})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_wrong_credentials_are_refused(sink):
    assert ask(sink, "/api/public/projects", key="other")[0] == 401
    assert ask(sink, "/api/public/projects")[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/public/ingestion", b"{}", 404),
        ("/api/public/otel/v1/traces", b"\xff\xff", 400),
        ("/api/public/scores", b"{", 400),
        ("/api/public/scores", json.dumps(GOOD).encode(), 400),
        ("/api/public/scores", b"[" + b" " * 1_000_000 + b"]", 413),
        ("/api/public/scores", json.dumps([GOOD]).encode(), 202),
    ],
)
def test_requests_get_the_real_server_s_answers(sink, path, body, status):
    assert ask(sink, path, body)[0] == status
    assert sink.requests == [("POST", path, status)]


def test_a_score_sent_again_replaces_the_first(sink):
    ask(sink, "/api/public/scores", json.dumps([GOOD]).encode())
    ask(
        sink,
        "/api/public/scores",
        gzip.compress(json.dumps([{**GOOD, "value": 0}]).encode()),
        **{"Content-Encoding": "gzip"},
    )

    assert {key: score["value"] for key, score in sink.scores.items()} == {"s1": 0}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"id": ""}, "id and name"),
        ({"traceId": None, "sessionId": "s"}, "exactly one"),
        ({"value": 0.5}, "0 or 1"),
        ({"dataType": "NUMERIC", "value": "high"}, "is a number"),
        ({"dataType": "NUMERIC", "value": True}, "is a number"),
        ({"dataType": "CATEGORICAL"}, "is text"),
        ({"dataType": "TEXT", "value": "x" * 501}, "at most 500"),
        ({"dataType": "STARS"}, "unknown dataType"),
    ],
)
def test_scores_are_held_to_the_rules(change, problem):
    assert problem in score_problem({**GOOD, **change})
    assert bool(problem) == bool(score_problem({**GOOD, **change}))


def test_a_fault_can_pass(sink):
    sink.fault = Fault(status=503, times=2, retry_after="1")

    assert [ask(sink, "/api/public/projects")[0] for _ in range(3)] == [503, 503, 200]
