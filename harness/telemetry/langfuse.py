"""Traces and scores in Langfuse 5, over its public wire: OTLP protobuf for spans, a JSON list for scores.

The wire is spoken directly instead of through the SDK's client. The SDK's flush reports success after it has lost
everything, can take minutes when a server hangs, and gives a trace with a chosen id a parent that never arrives; here
every span and score is accounted for, and resending is harmless. docs/telemetry.md says more.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from harness.frozen import frozen
from harness.model import RunManifest

from . import names
from .otlp import protobuf
from .parcel import Adding, Parcel, Pause, Receipt, leftover
from .scoring import Score
from .sending import Poster
from .span import Attribute, Span

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

TRACES_PATH: Final = "/api/public/otel/v1/traces"
SCORES_PATH: Final = "/api/public/scores"
_SCORES_PER_REQUEST: Final = 100
_SCORES_BYTES: Final = 900_000
"""Below the server's limit of 1 MB for one list."""

DEFAULT_URL: Final = "https://cloud.langfuse.com"
DEFAULT_TIMEOUT_S: Final = 5.0

_TYPES: Final = {
    "CHAIN": "chain", "AGENT": "agent", "LLM": "generation", "TOOL": "tool", "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluator",
}  # fmt: skip
_LIMIT: Final = 200
"""Longest trace-level value that Langfuse keeps."""


@frozen
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
        self._account = account
        self._poster = Poster(
            account.base_url,
            auth=(account.public_key, account.secret_key),
            headers={
                "x-langfuse-sdk-name": "finharness",
                "x-langfuse-sdk-version": names.LANGFUSE_VERSION,
                "x-langfuse-public-key": account.public_key,
                "x-langfuse-ingestion-version": "4",
            },
            timeout_s=account.timeout_s,
            remedies=_REMEDIES,
        )

    def send(self, parcels: Sequence[Parcel], pause: Pause) -> Receipt:
        """Send the spans of all parcels in one request, then their scores in as few as they fit into."""
        dressed = [span for parcel in parcels for span in dress(parcel, self._account)]
        problem = self._spans(dressed, pause) if dressed else ""
        reasons, arrived = [problem], 0
        lacking: set[str] = set()
        scores = [score for parcel in parcels for score in parcel.scores]
        for group in in_requests(((score.id, wire(score, self._account)) for score in scores), itemgetter(1)):
            wrong, refused = self._scores(group, pause)
            arrived, lacking = arrived + len(group) - len(refused), lacking | refused
            reasons.append(wrong)
        return Receipt(
            0 if problem else len(dressed),
            arrived,
            next(filter(None, reasons), ""),
            left=leftover(parcels, spans=bool(problem), scores=lacking),
        )

    def finish(self, sums: Adding, pause: Pause) -> None:
        """Nothing: Langfuse takes no metrics."""

    def close(self) -> None:
        """Close the connections."""
        self._poster.close()

    def _spans(self, dressed: Sequence[Span], pause: Pause) -> str:
        body = gzip.compress(protobuf(dressed, {"service.name": "finharness"}), compresslevel=5)
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        return self._poster.post(TRACES_PATH, body, headers, pause)[0]

    def _scores(self, group: Sequence[tuple[str, str]], pause: Pause) -> tuple[str, set[str]]:
        """Send a group; return what is wrong and which did not arrive."""
        body = f"[{','.join(text for _, text in group)}]".encode("utf-8", "replace")
        problem, response = self._poster.post(SCORES_PATH, body, {"content-type": "application/json"}, pause)
        known = {name for name, _ in group}
        if problem or response is None:
            return problem, known
        if response.status_code != 207:
            return "", set()
        refused = _rejected(response, known)
        return f"HTTP 207: {len(refused)} scores rejected", refused


_REMEDIES: Final = {
    401: "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
    403: "the keys may not write to this project",
    404: "check LANGFUSE_BASE_URL; a self-hosted server must be recent enough for SDK 5",
}


def dress(parcel: Parcel, account: Account) -> Iterator[Span]:
    """Add what Langfuse reads under its own names."""
    if not parcel.spans:
        return
    root = parcel.spans[0]
    tags = [*_list(root.attributes.get(names.TAGS)), *([f"env:{account.environment}"] if account.environment else [])]
    shared: dict[str, Attribute] = {
        names.LF_TRACE_NAME: str(root.attributes.get(names.WORKFLOW, ""))[:_LIMIT],
        names.LF_TRACE_TAGS: tuple(tag[:_LIMIT] for tag in tags),
        **(_experiment(parcel.manifest, root) if names.CASE in root.attributes else {}),
        **_metadata(root),
    }
    if account.environment:
        shared[names.LF_ENVIRONMENT] = account.environment
    if account.release:
        shared[names.LF_RELEASE] = account.release
    for span in parcel.spans:
        yield replace(span, attributes={**span.attributes, **shared, **_own(span)})


def _experiment(manifest: RunManifest, root: Span) -> dict[str, Attribute]:
    """A run as Langfuse's experiment, a case as its item: that is all that makes one there."""
    return {
        names.LF_EXPERIMENT: manifest.id,
        names.LF_EXPERIMENT_NAME: manifest.id,
        names.LF_ITEM: str(root.attributes.get(names.WORKFLOW, ""))[:_LIMIT],
        names.LF_ITEM_ROOT: root.span_id,
    }


def _metadata(root: Span) -> dict[str, Attribute]:
    """The trial's facts, one attribute each and JSON-encoded, as Langfuse filters by them."""
    try:
        facts = json.loads(str(root.attributes.get(names.METADATA, "{}")))
    except ValueError:  # cut, because it was too long
        return {}
    texts = {key: json.dumps(item, ensure_ascii=False) for key, item in facts.items() if item is not None}
    return {f"{names.LF_METADATA}{key}": text for key, text in texts.items() if len(text) <= _LIMIT}


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


def in_requests(items: Iterable[T], text_of: Callable[[T], str]) -> Iterator[list[T]]:
    """Scores in as few groups as Langfuse takes in one request each."""
    group: list[T] = []
    size = 0
    for item in items:
        length = len(text_of(item).encode("utf-8", "replace")) + 1
        if group and (len(group) == _SCORES_PER_REQUEST or size + length > _SCORES_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += length
    if group:
        yield group


def _rejected(response: httpx.Response, known: set[str]) -> set[str]:
    """Ids that the server did not take; all of them, where its answer proves nothing."""
    try:
        answer = response.json()
        named = {str(error["id"]) for error in answer.get("errors") or ()} & known
        count = int(answer.get("rejected") or len(named))
    except (ValueError, AttributeError, TypeError, KeyError):
        return known
    return named if len(named) == count else known


def _list(content: Attribute | None) -> tuple[str, ...]:
    return content if isinstance(content, tuple) else ()
