"""Traces and scores in Langfuse 5, over its public wire: OTLP protobuf for spans, a JSON list for scores.

The wire is spoken directly instead of through the SDK's client. The SDK's flush reports success after it has lost
everything, can take minutes when a server hangs, and gives a trace with a chosen id a parent that never arrives; here
every span and score is accounted for, and resending is harmless. docs/telemetry.md says more.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from . import names
from .otlp import protobuf
from .outbox import Parcel, Pause, Receipt
from .scoring import Score
from .span import Attribute, Span

if TYPE_CHECKING:
    import httpx

TRACES_PATH: Final = "/api/public/otel/v1/traces"
SCORES_PATH: Final = "/api/public/scores"
SCORES_PER_REQUEST: Final = 100
SCORES_BYTES: Final = 900_000
"""Below the server's limit of 1 MB for one list."""

DEFAULT_URL: Final = "https://cloud.langfuse.com"
DEFAULT_TIMEOUT_S: Final = 5.0

_TRIES: Final = 3
_TYPES: Final = {"CHAIN": "chain", "AGENT": "agent", "LLM": "generation", "TOOL": "tool", "EVALUATOR": "evaluator"}
_LIMIT: Final = 200
"""Longest trace-level value that Langfuse keeps."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where Langfuse is and who we are there."""

    public_key: str
    """Half of the credentials, harmless by itself."""

    secret_key: str
    """The other half."""

    base_url: str = DEFAULT_URL
    """Server, without a path."""

    environment: str = ""
    """Langfuse environment, such as `ci`."""

    release: str = ""
    """Release label."""

    timeout_s: float = DEFAULT_TIMEOUT_S
    """Longest wait for one answer."""


class LangfuseTransport:
    """Sends batches to one Langfuse project; stops trying once the server has said that it never will."""

    def __init__(self, account: Account) -> None:
        import httpx

        self._account = account
        self._refused = ""
        # The environment's proxy settings apply; redirects are not followed, so credentials go to one host only.
        self._http = httpx.Client(
            base_url=account.base_url,
            auth=(account.public_key, account.secret_key),
            headers={
                "x-langfuse-sdk-name": "finharness",
                "x-langfuse-sdk-version": names.LANGFUSE_VERSION,
                "x-langfuse-public-key": account.public_key,
                "x-langfuse-ingestion-version": "4",
            },
        )

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:
        """Send the spans of all parcels in one request, then their scores in as few as they fit into."""
        dressed = [span for parcel in parcels for span in dress(parcel, self._account)]
        body = gzip.compress(protobuf(dressed, {"service.name": "finharness"}), compresslevel=5)
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        problem, _ = self._post(TRACES_PATH, body, headers, pause)
        receipt = Receipt(0 if problem else len(dressed), 0, problem)
        for group in _groups([wire(score, self._account) for parcel in parcels for score in parcel.scores]):
            problem, taken = self._scores(group, pause)
            receipt = Receipt(receipt.spans, receipt.scores + taken, receipt.reason or problem)
        return receipt

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _scores(self, group: Sequence[str], pause: Pause) -> tuple[str, int]:
        body = f"[{','.join(group)}]".encode("utf-8", "replace")
        problem, response = self._post(SCORES_PATH, body, {"content-type": "application/json"}, pause)
        if problem or response is None:
            return problem, 0
        if response.status_code != 207:
            return "", len(group)
        rejected = _rejected(response, len(group))
        return f"HTTP 207: {rejected} scores rejected", len(group) - rejected

    def _post(
        self, path: str, body: bytes, headers: Mapping[str, str], pause: Pause
    ) -> tuple[str, httpx.Response | None]:
        """Post, again where that can help; return what is wrong ('' for nothing) and the answer."""
        import httpx

        problem = self._refused
        for attempt in range(0 if self._refused else _TRIES):
            timeout = pause.remaining(self._account.timeout_s)
            if timeout <= 0 or pause.cut.is_set():
                return problem or "no time was left", None
            delay = 0.5 * 2**attempt
            try:
                response = self._http.post(path, content=body, headers=dict(headers), timeout=timeout)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}".rstrip(": ")
            else:
                problem = "" if response.status_code < 300 else f"HTTP {response.status_code}"
                if not problem:
                    return "", response
                if response.status_code in {401, 403, 404}:
                    self._refused = problem = f"{problem}: {_REMEDIES[response.status_code]}"
                if response.status_code < 500 and response.status_code != 429:
                    return problem, None
                delay = max(delay, _retry_after(response))
            if attempt + 1 < _TRIES and not pause.wait(delay):
                return problem, None
        return problem, None


_REMEDIES: Final = {
    401: "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
    403: "the keys may not write to this project",
    404: "check LANGFUSE_BASE_URL; a self-hosted server must be recent enough for SDK 5",
}


def dress(parcel: Parcel, account: Account) -> Iterator[Span]:
    """Add what Langfuse reads under its own names."""
    root = parcel.spans[0]
    shared: dict[str, Attribute] = {
        names.LF_TRACE_NAME: str(root.attributes.get(names.WORKFLOW, ""))[:_LIMIT],
        names.LF_TRACE_TAGS: tuple(tag[:_LIMIT] for tag in _list(root.attributes.get(names.TAGS))),
        names.LF_EXPERIMENT: parcel.manifest.id,
        names.LF_EXPERIMENT_NAME: parcel.manifest.id,
        names.LF_ITEM: str(root.attributes.get(names.WORKFLOW, ""))[:_LIMIT],
        names.LF_ITEM_ROOT: root.span_id,
    }
    if account.environment:
        shared[names.LF_ENVIRONMENT] = account.environment
    if account.release:
        shared[names.LF_RELEASE] = account.release
    for span in parcel.spans:
        yield replace(span, attributes={**span.attributes, **shared, **_own(span)})


def wire(score: Score, account: Account) -> str:
    """Write a score as the server wants it."""
    body: dict[str, Any] = {
        "id": score.id,
        "traceId": score.trace_id,
        "observationId": score.observation_id,
        "name": score.name,
        "value": score.value,
        "dataType": score.data_type,
    }
    if score.comment:
        body["comment"] = score.comment
    if account.environment:
        body["environment"] = account.environment
    return json.dumps(body, ensure_ascii=False)


def _own(span: Span) -> dict[str, Attribute]:
    known = span.attributes
    made: dict[str, Attribute] = {names.LF_TYPE: _TYPES.get(str(known.get(names.KIND)), "span")}
    for source, target in (
        (names.INPUT, names.LF_INPUT),
        (names.OUTPUT, names.LF_OUTPUT),
        (names.REQUEST_MODEL, names.LF_MODEL),
    ):
        if source in known:
            made[target] = known[source]
    if span.status == "error":
        made |= {names.LF_LEVEL: "ERROR", names.LF_STATUS_MESSAGE: span.message}
    if known.get(names.KIND) == "LLM":
        made |= _spent(known)
    return made


def _spent(known: Mapping[str, Attribute]) -> dict[str, Attribute]:
    counted = {"input": known.get(names.INPUT_TOKENS), "output": known.get(names.OUTPUT_TOKENS)}
    cached = known.get(names.CACHED_TOKENS)
    if isinstance(cached, int) and isinstance(counted["input"], int) and cached:
        # Langfuse adds the kinds up, so cached tokens must not be counted as plain input too.
        counted |= {"input": counted["input"] - cached, "input_cached_tokens": cached}
    usage = {kind: number for kind, number in counted.items() if number is not None}
    made: dict[str, Attribute] = {names.LF_USAGE: json.dumps(usage)} if usage else {}
    if names.COST in known:
        made[names.LF_COST] = json.dumps({"total": known[names.COST]})
    return made


def _groups(items: Sequence[str]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for item in items:
        length = len(item.encode("utf-8", "replace")) + 1
        if group and (len(group) == SCORES_PER_REQUEST or size + length > SCORES_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += length
    if group:
        yield group


def _rejected(response: httpx.Response, sent: int) -> int:
    try:
        answer = response.json()
        errors = len(answer.get("errors") or [])
        return min(sent, int(answer.get("rejected") or errors))
    except (ValueError, AttributeError, TypeError):
        return sent  # an answer that cannot be read proves nothing


def _retry_after(response: httpx.Response) -> float:
    try:
        return min(30.0, max(0.0, float(response.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0


def _list(content: Attribute | None) -> tuple[str, ...]:
    return content if isinstance(content, tuple) else ()
