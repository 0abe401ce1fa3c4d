"""Fetch traces from Langfuse's own interface: observations and scores, page by page, of as many traces as were asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from harness.errors import ConfigError, Incomplete, MissingExtra
from harness.importers.traces import Imported, Keeper
from harness.telemetry.exporters import langfuse_account

from .forms import Heard, hear
from .reading import REMEDY, put_together

if TYPE_CHECKING:
    import httpx

    from harness.telemetry.langfuse import Account

MOST_TRACES: Final = 2_000
"""Most traces of one fetch."""

_FIELDS: Final = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
_PAGE: Final = 1_000
_PAGES: Final = 500
_SPAN: Final = re.compile(r"(\d{1,5})\s*([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def fetch(
    *,
    since: str | None = None,
    environment: str = "",
    most: int = 100,
    ids: tuple[str, ...] = (),
    environ: Mapping[str, str] | None = None,
) -> Imported:
    """Fetch traces with their observations and scores.

    Args:
        since: `24h`, `7d` or an ISO time; by default the last day.
        environment: Only this one of Langfuse's environments.
        most: How many traces at most.
        ids: Exactly these traces, whenever they were.
        environ: Where the credentials are; by default the process's own.

    Raises:
        ConfigError: without credentials, or for a time that is none.
        UserError: when there is no trace.
        Incomplete: when the server cannot be reached or refuses.
    """
    account = langfuse_account(os.environ if environ is None else environ)
    if account is None:
        raise ConfigError(
            "there are no credentials of Langfuse", remedy="set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or name an exported FILE",
            where="import langfuse",
        )  # fmt: skip
    heard, keeper = Heard(), Keeper(Path("langfuse"), REMEDY)
    with _Reader(account) as reader:
        wanted = list(ids) or list(reader.traces(moment(since or "24h"), environment, min(most, MOST_TRACES)))
        for trace in wanted:
            for number, page in enumerate(reader.of_trace(trace)):
                for found in hear(page, f"trace {trace[:16]}, answer {number + 1}", heard, trace):
                    keeper.keep(found)
    return put_together(heard, keeper, Path("langfuse"), "langfuse")


def moment(since: str) -> str:
    """A time as Langfuse wants it, from `24h`, `7d` or an ISO time.

    Raises:
        ConfigError: for what is none of these.
    """
    span = _SPAN.fullmatch(since.strip())
    if span:
        when = datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        given = datetime.fromisoformat(since)
    except ValueError:
        raise ConfigError(
            f"{since!r} is no time", remedy="write 24h, 7d or 2026-11-20T08:00:00Z", where="--since"
        ) from None
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")


class _Reader:
    """One server; which of its interfaces it has is found out once."""

    def __init__(self, account: Account) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("reading from Langfuse", "langfuse") from error
        self._http = httpx.Client(
            base_url=account.base_url,
            auth=(account.public_key, account.secret_key),
            timeout=max(30.0, account.timeout_s),
        )
        self._where = account.base_url
        self._old = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def traces(self, since: str, environment: str, most: int) -> Iterator[str]:
        """Ids of traces, the newest first, as far as the server sorts them so."""
        seen: dict[str, None] = {}
        about = {"environment": environment} if environment else {}
        for page in self._observations({"fields": "core,basic", "fromStartTime": since, **about}):
            for item in page:
                seen.setdefault(str(item.get("traceId") or ""), None)
            if len(seen) > most:
                break
        if self._old:
            for page in self._numbered("/api/public/traces", {"fromTimestamp": since, **about}):
                seen.update(dict.fromkeys(str(item.get("id") or "") for item in page))
                if len(seen) > most:
                    break
        yield from [trace for trace in seen if trace][:most]

    def of_trace(self, trace: str) -> Iterator[Any]:
        """Everything about one trace."""
        if not self._old:
            found = False
            for page in self._observations({"fields": _FIELDS, "expandMetadata": "true", "traceId": trace}):
                found = found or bool(page)
                yield page
            if not self._old:
                yield from self._scores(trace)
                return
        yield self._get(f"/api/public/traces/{trace}", {})

    def _observations(self, params: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        cursor = ""
        for _ in range(_PAGES):
            answer = self._get(
                "/api/public/v2/observations", {**params, "limit": str(_PAGE), **({"cursor": cursor} if cursor else {})}
            )
            if answer is None:  # an older server
                self._old = True
                return
            yield _items(answer)
            cursor = str((answer.get("meta") or {}).get("cursor") or "")
            if not cursor:
                return

    def _scores(self, trace: str) -> Iterator[Any]:
        answer = self._get("/api/public/v3/scores", {"traceId": trace, "fields": "details,subject", "limit": "100"})
        if answer is None:
            answer = self._get("/api/public/v2/scores", {"traceId": trace, "limit": "100"})
        yield [] if answer is None else _items(answer)

    def _numbered(self, path: str, params: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
        for number in range(1, _PAGES):
            answer = self._get(path, {**params, "page": str(number), "limit": "100"}) or {}
            yield _items(answer)
            if number >= int((answer.get("meta") or {}).get("totalPages") or 1):
                return

    def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        """One answer; None where the server has no such path."""
        import httpx

        try:
            response = self._http.get(path, params=dict(params))
        except httpx.HTTPError as error:
            raise self._failed(
                f"{type(error).__name__}: {error}".rstrip(": "), "check LANGFUSE_BASE_URL and the network"
            ) from error
        if response.status_code == 404:
            return None
        if response.status_code >= 300:
            raise self._failed(f"{path} answered HTTP {response.status_code}", _remedy(response))
        try:
            answer = response.json()
        except ValueError:
            raise self._failed(f"{path} answered with something that is no JSON", "check LANGFUSE_BASE_URL") from None
        return answer if isinstance(answer, dict) else {"data": answer}

    def _failed(self, problem: str, remedy: str) -> Incomplete:
        return Incomplete(problem, remedy=remedy, where=self._where)


def _items(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    data = answer.get("data")
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


def _remedy(response: httpx.Response) -> str:
    if response.status_code in (401, 403):
        return "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY: they must belong to the project"
    if response.status_code == 429:
        return "wait a minute, or ask for fewer traces with --most"
    return "try again; if it stays so, look at the server's log"
