"""What the local Langfuse gives back when it is read: pages of observations and scores, and the older traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

_PATHS: Final = ("/api/public/v2/observations", "/api/public/v3/scores", "/api/public/traces")


def readable(path: str) -> bool:
    """Whether a request reads what was sent before."""
    return urlsplit(path).path.startswith(_PATHS)


def pages(
    path: str, observations: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]], *, most: int, old: bool
) -> tuple[int, dict[str, Any]]:
    """Answer a request to read.

    Args:
        path: Path and query.
        observations: All that there are.
        scores: All that there are.
        most: Items of a page.
        old: Whether the server is one before version 3 of the interface.
    """
    parts = urlsplit(path)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.path.startswith("/api/public/traces"):
        return _old_traces(parts.path, observations, scores, query) if old else (404, {"message": "no such path"})
    if old:
        return 404, {"message": "no such path"}
    items = scores if parts.path.endswith("scores") else observations
    found = [dict(item) for item in items if all(_fits(item, name, query) for name in ("traceId", "environment"))]
    start = int(query.get("cursor", "0"))
    more = start + most < len(found)
    return 200, {"data": found[start : start + most], "meta": {"cursor": str(start + most)} if more else {}}


def _fits(item: Mapping[str, Any], name: str, query: Mapping[str, str]) -> bool:
    return name not in query or item.get(name) == query[name]


def _old_traces(
    path: str, observations: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]], query: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    ids = list(dict.fromkeys(str(item["traceId"]) for item in observations))
    wanted = path.removeprefix("/api/public/traces").strip("/")
    if not wanted:
        number = int(query.get("page", "1")) - 1
        return 200, {"data": [{"id": name} for name in ids[number : number + 1]], "meta": {"totalPages": len(ids)}}
    own = [dict(item) for item in observations if item["traceId"] == wanted]
    judged = [dict(item) for item in scores if item.get("traceId") == wanted]
    known = {"id": wanted, "projectId": "project", "observations": own, "scores": judged}
    return (200, known) if own else (404, {"message": "no such trace"})
