"""Traces, events and metrics to any OpenTelemetry server over HTTP with protobuf; scores to Phoenix by its own interface."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final, Literal

from harness.frozen import frozen

from .jsonl import resource
from .otlp import events, logs, logs_protobuf, metrics, metrics_protobuf, protobuf
from .parcel import Adding, Parcel, Pause, Receipt, leftover
from .scoring import Score
from .sending import Poster

PHOENIX_SCORES: Final = "/v1/span_annotations"
_PROTOBUF: Final = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
_KINDS: Final = {"llm-rubric": "LLM"}


@frozen
class Server:
    """Where an OpenTelemetry server is, and what it takes."""

    url: str
    """Address without the path."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every request, such as a key."""

    scores: Literal["logs", "phoenix", "none"] = "logs"
    """How scores are sent."""

    project: str = ""
    """Phoenix's project."""

    timeout_s: float = 5.0
    """Longest wait for one answer."""


class OtlpTransport:
    """Sends batches to one server; a server without logs or metrics is no failing one."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._started_ns = time.time_ns()
        project = {"x-project-name": server.project} if server.project else {}
        self._poster = Poster(
            server.url, headers={**server.headers, **project}, timeout_s=server.timeout_s, remedies=_REMEDIES
        )
        self._lacks: set[str] = set()

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:
        """Send the spans of all parcels, then their scores."""
        spans = [span for parcel in parcels for span in parcel.spans]
        problem = self._spans(parcels, pause) if spans else ""
        scores = [score for parcel in parcels for score in parcel.scores]
        wrong = self._scores(parcels, scores, pause) if scores else ""
        lacking = {score.id for score in scores} if wrong else set()
        said = [line for parcel in parcels for line in parcel.logs]
        if said:
            self._post("/v1/logs", logs_protobuf(logs(said, resource(parcels[0].manifest))), pause)
        return Receipt(
            0 if problem else len(spans),
            0 if wrong else len(scores),
            problem or wrong,
            left=leftover(parcels, spans=bool(problem), scores=lacking),
        )

    def finish(self, sums: Adding, pause: Pause) -> None:
        """Send what the run adds up to; metrics are best effort and not accounted for."""
        found = sums.document(self._started_ns, time.time_ns())
        if found:
            body = metrics_protobuf(metrics(found, {"service.name": "finharness"}))
            self._post("/v1/metrics", body, pause)

    def close(self) -> None:
        """Close the connections."""
        self._poster.close()

    def _spans(self, parcels: Sequence[Parcel], pause: Pause) -> str:
        """One request for each run, because the run is a fact of the whole request."""
        for run in {parcel.manifest.id: parcel.manifest for parcel in parcels}.values():
            spans = [span for parcel in parcels if parcel.manifest.id == run.id for span in parcel.spans]
            known = resource(run) | (
                {"openinference.project.name": self._server.project} if self._server.project else {}
            )
            problem, _ = self._poster.post("/v1/traces", gzip.compress(protobuf(spans, known), 5), _PROTOBUF, pause)
            if problem:
                return problem
        return ""

    def _scores(self, parcels: Sequence[Parcel], scores: Sequence[Score], pause: Pause) -> str:
        if self._server.scores == "phoenix":
            body = json.dumps({"data": [annotation(score) for score in scores]}, ensure_ascii=False)
            headers = {"content-type": "application/json"}
            return self._poster.post(PHOENIX_SCORES, body.encode("utf-8", "replace"), headers, pause)[0]
        if self._server.scores == "none" or not parcels:
            return ""
        document = events(scores, resource(parcels[0].manifest), time.time_ns())
        return self._post("/v1/logs", logs_protobuf(document), pause)

    def _post(self, path: str, body: bytes, pause: Pause) -> str:
        if path in self._lacks:
            return f"the server takes no {path.rpartition('/')[2]}"
        problem, response = self._poster.post(path, gzip.compress(body, 5), _PROTOBUF, pause, optional=True)
        if response is not None and response.status_code in {404, 405, 501}:
            self._lacks.add(path)
            return f"the server takes no {path.rpartition('/')[2]} ({problem})"
        return problem


_REMEDIES: Final = {
    401: "check OTEL_EXPORTER_OTLP_HEADERS",
    403: "the key in OTEL_EXPORTER_OTLP_HEADERS may not write",
    404: "check OTEL_EXPORTER_OTLP_ENDPOINT: the server's address without /v1/traces",
}


def annotation(score: Score) -> dict[str, Any]:
    """Write a score as Phoenix keeps it beside a span; the same identifier replaces."""
    numeric = not isinstance(score.value, str)
    label = (
        score.value if not numeric else ("pass" if score.value else "fail") if score.data_type == "BOOLEAN" else None
    )
    result = {"label": label, "score": score.value if numeric else None, "explanation": score.comment or None}
    return {
        "span_id": score.observation_id,
        "name": score.name,
        "annotator_kind": _KINDS.get(score.name, "CODE"),
        "result": {key: item for key, item in result.items() if item is not None},
        "metadata": {"trace_id": score.trace_id},
        "identifier": score.id,
    }
