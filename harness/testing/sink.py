"""A Langfuse-compatible and OpenTelemetry server on the loopback interface, for tests of anything that sends traces.

    with LangfuseSink() as sink:
        exporters = connect(settings, sink.environ(), root)
        ...
        assert len(sink.spans) == 12

It checks what the real server checks (credentials, ids, score types, sizes), keeps scores by id, and can be told to fail.
Any OpenTelemetry client may send traces, logs and metrics to the same address, without credentials; Phoenix's annotations of
spans are taken, too.
"""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import unquote

from harness.frozen import frozen

from .langfuse_pages import pages, readable
from .wire_traces import ReceivedSpan, decode_logs, decode_metrics, decode_spans, score_problem

_PROMPTS: Final = "/api/public/v2/prompts/"
_HEALTH: Final = "/api/public/health"
_BODY_LIMIT: Final = 1_000_000
_PROJECT: Final = {"id": "project", "name": "test", "organization": {"id": "org", "name": "test"}, "metadata": {}}


@frozen
class Fault:
    """How the server misbehaves."""

    status: int = 0
    """Answer with this status instead of doing the work."""

    delay_s: float = 0.0
    """Wait before answering."""

    retry_after: str = ""
    """Header that goes with the status."""

    blackhole: bool = False
    """Take the request and never answer."""

    reject_scores: int = 0
    """Refuse the first so many scores of each list, with 207."""

    times: int = -1
    """Requests that are hit before all is well again; -1 for all."""


@dataclass
class LangfuseSink:
    """The server; a context manager."""

    public_key: str = "pk-lf-test"
    """Key that clients must present."""

    secret_key: str = "sk-lf-test-secret"  # noqa: S105 - nobody's
    """Its other half."""

    fault: Fault = field(default_factory=Fault)
    """Present misbehaviour; may be replaced at any time."""

    spans: dict[tuple[str, str], ReceivedSpan] = field(default_factory=dict)
    """By trace and span id."""

    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By score id."""

    events: list[dict[str, Any]] = field(default_factory=list)
    """Log records as they came: `name`, `body`, `trace_id`, `span_id`, `attributes`."""

    metrics: dict[str, Any] = field(default_factory=dict)
    """By name, the last message that said it."""

    observations: list[Mapping[str, Any]] = field(default_factory=list)
    """What it gives when it is read, as Langfuse's interface writes observations."""

    read_scores: list[Mapping[str, Any]] = field(default_factory=list)
    """Scores that it gives when it is read."""

    page: int = 1000
    """Items of a page."""

    old: bool = False
    """Whether it is read as servers before version 3 of the interface are."""

    annotations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What Phoenix's interface was given, by identifier."""

    version: str = "3.150.0"
    """What the server says it is."""

    takes_score_lists: bool = True
    """Whether scores come as a list, as SDK 5 sends them; older servers want one object."""

    prompts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Prompts by name, as the server gives them: `prompt`, `version`, `type`."""

    requests: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and status of each answer; 0 where there was none."""

    bodies: list[bytes] = field(default_factory=list)
    """Everything received, decompressed, and the headers."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def environ(self) -> dict[str, str]:
        """The variables that lead a client here."""
        return {
            "LANGFUSE_PUBLIC_KEY": self.public_key,
            "LANGFUSE_SECRET_KEY": self.secret_key,
            "LANGFUSE_BASE_URL": self.url,
        }

    def otlp_environ(self) -> dict[str, str]:
        """The variables that lead an OpenTelemetry client here."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]] | None:
        """Do what the server does with a request; None for no answer at all."""
        fault = self._next_fault()
        if fault.blackhole:
            self._closing.wait()
            return None
        if fault.delay_s:
            self._closing.wait(fault.delay_s)
        if fault.status:
            return fault.status, {"message": "told to fail"}
        expected = base64.b64encode(f"{self.public_key}:{self.secret_key}".encode()).decode()
        if path.startswith("/api/") and path != _HEALTH and headers.get("authorization", "") != f"Basic {expected}":
            return 401, {"message": "Invalid credentials"}
        if headers.get("content-encoding", "") == "gzip":
            body = gzip.decompress(body)
        with self._lock:
            self.bodies.append(body)
            if method == "GET" and readable(path):
                return pages(path, self.observations, self.read_scores, most=self.page, old=self.old)
            return self._route(method, path.partition("?")[0], body, fault)

    def note(self, method: str, path: str, status: int) -> None:
        """Remember how a request was answered."""
        with self._lock:
            self.requests.append((method, path, status))

    def _next_fault(self) -> Fault:
        with self._lock:
            fault = self.fault
            if fault.times == 0:
                return Fault()
            if fault.times > 0:
                self.fault = Fault(**{**_plain(fault), "times": fault.times - 1})
            return fault

    def _route(self, method: str, path: str, body: bytes, fault: Fault) -> tuple[int, dict[str, Any]]:
        match method, path:
            case "POST", "/api/public/otel/v1/traces":
                return self._take_spans(body)
            case "POST", "/api/public/scores":
                return self._take_scores(body, fault.reject_scores)
            case "GET", "/api/public/projects":
                return 200, {"data": [_PROJECT]}
            case "GET", str(place) if place.startswith(_PROMPTS):
                found = self.prompts.get(unquote(place.removeprefix(_PROMPTS)))
                return (404, {"message": "no such prompt"}) if found is None else (200, dict(found))
            case "GET", "/api/public/health":
                return 200, {"status": "OK", "version": self.version}
            case "POST", "/v1/traces":
                return self._take_spans(body)
            case "POST", "/v1/logs":
                return self._take(body, decode_logs, self.events.extend)
            case "POST", "/v1/metrics":
                return self._take(body, decode_metrics, self.metrics.update)
            case "POST", "/v1/span_annotations":
                return self._take_annotations(body)
        return 404, {"message": f"no endpoint {method} {path}"}

    def _take_spans(self, body: bytes) -> tuple[int, dict[str, Any]]:
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it ships no types

        try:
            received = decode_spans(body)
        except DecodeError as error:
            return 400, {"message": f"not an export request: {error}"}
        bad = [span for span in received if len(span.trace_id) != 32 or len(span.span_id) != 16 or not span.name]
        if bad:
            return 400, {"message": f"{len(bad)} spans without valid ids or names"}
        self.spans.update({(span.trace_id, span.span_id): span for span in received})
        return 200, {}

    def _take(
        self, body: bytes, decode: Callable[[bytes], Any], keep: Callable[[Any], object]
    ) -> tuple[int, dict[str, Any]]:
        from google.protobuf.message import DecodeError

        try:
            keep(decode(body))
        except DecodeError as error:
            return 400, {"message": f"not an export request: {error}"}
        return 200, {}

    def _take_annotations(self, body: bytes) -> tuple[int, dict[str, Any]]:
        items = json.loads(body)["data"]
        known = {span for _, span in self.spans}
        if any(item["span_id"] not in known for item in items):
            return 404, {"message": "a span is unknown"}
        self.annotations.update({item["identifier"]: item for item in items})
        return 200, {"data": []}

    def _take_scores(self, body: bytes, reject: int) -> tuple[int, dict[str, Any]]:
        if len(body) > _BODY_LIMIT:
            return 413, {"message": "body exceeds 1mb limit"}
        try:
            items = json.loads(body)
        except ValueError:
            return 400, {"message": "not JSON"}
        if isinstance(items, list) != self.takes_score_lists:
            return 400, {"message": f"Invalid input: expected {'array' if self.takes_score_lists else 'object'}"}
        if not items:
            return 400, {"message": "the list of scores is empty"}
        problems = [problem for item in items if (problem := score_problem(item))]
        if problems:
            return 400, {"message": "; ".join(problems)}
        self.scores.update({item["id"]: item for item in items[reject:]})
        if reject:
            refused = [{"id": item["id"], "status": 400, "message": "told to"} for item in items[:reject]]
            return 207, {"accepted": len(items) - len(refused), "rejected": len(refused), "errors": refused}
        return 202, {"message": "Accepted"}


def _plain(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in Fault.__dataclass_fields__}


def _handler(sink: LangfuseSink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request; HTTP/1.0, so that no idle connection outlives the test."""

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parameter's inherited name
            """Keep quiet."""

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): content for name, content in self.headers.items()}
            path = self.path
            answer = sink.answer(method, path, headers, body)
            if answer is None:
                sink.note(method, path.partition("?")[0], 0)
                return
            status, content = answer
            sink.note(method, path.partition("?")[0], status)  # first, so that whoever sees the answer sees the note
            self._reply(status, json.dumps(content).encode())

        def _reply(self, status: int, payload: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(payload)))
                if sink.fault.retry_after:
                    self.send_header("retry-after", sink.fault.retry_after)
                self.end_headers()
                self.wfile.write(payload)
            except ConnectionError:
                self.close_connection = True  # the client gave up waiting, which is what some tests want

    return Handler
