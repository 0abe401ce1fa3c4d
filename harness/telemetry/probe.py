"""Look whether the servers that traces are to go to are there, let us in, and are recent enough; for `finharness doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from harness.workspace import TelemetrySettings

from .exporters import langfuse_account, otlp_server
from .langfuse import SCORES_PATH, Account

if TYPE_CHECKING:
    import httpx

    from .collector import Server

Mark: TypeAlias = Literal["ok", "note", "wrong"]
_TIMEOUT_S: Final = 3.0


def probe(settings: TelemetrySettings, environ: Mapping[str, str]) -> Iterator[tuple[Mark, str]]:
    """Ask each configured server; none is asked that is not configured, and nothing is left there.

    Raises:
        HarnessError: for an address that is none.
    """
    account = langfuse_account(environ)
    if account is not None:
        yield from _langfuse(account)
    elif "langfuse" in settings.exporters:
        yield "note", "langfuse: no credentials in LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, so nothing is sent"
    server = otlp_server(settings, environ)
    if server is not None and "otlp" in settings.exporters:
        yield _otlp(server)
    elif "otlp" in settings.exporters:
        yield "note", "otlp: no address in OTEL_EXPORTER_OTLP_ENDPOINT or telemetry.endpoint, so nothing is sent"


def _langfuse(account: Account) -> Iterator[tuple[Mark, str]]:
    try:
        import httpx
    except ImportError:
        yield "note", 'langfuse: not looked at, its libraries are missing: pip install "finharness[langfuse]"'
        return
    where = f"langfuse at {account.base_url}"
    try:
        with httpx.Client(base_url=account.base_url, timeout=_TIMEOUT_S) as client:
            health = client.get("/api/public/health")
            version = _found(health, "version")
            auth = (account.public_key, account.secret_key)
            known = client.get("/api/public/projects", auth=auth)
            if known.status_code in {401, 403}:
                yield "wrong", f"{where}: the keys are refused (HTTP {known.status_code})\n  fix: check both keys"
                return
            if known.status_code != 200:
                yield "wrong", f"{where}: it is no Langfuse (HTTP {known.status_code})\n  fix: check LANGFUSE_BASE_URL"
                return
            lists = client.post(SCORES_PATH, auth=auth, json=[])  # an empty list leaves nothing behind
    except httpx.HTTPError as error:
        yield "wrong", f"{where}: {type(error).__name__}: {error}\n  fix: check LANGFUSE_BASE_URL and the network"
        return
    yield "ok", f"{where}: version {version or 'unknown'}, project {_project(known)}"
    if lists.status_code == 400 and "expected object" in lists.text.lower():
        yield (
            "wrong",
            (
                f"{where}: version {version or 'unknown'} takes no lists of scores, which Langfuse 5 clients send"
                "\n  fix: update the server; until then traces arrive and scores do not"
            ),
        )


def _otlp(server: Server) -> tuple[Mark, str]:
    where = f"otlp at {server.url}"
    try:
        import httpx
    except ImportError:
        return "note", 'otlp: not looked at, its libraries are missing: pip install "finharness[otlp]"'
    headers = {**server.headers, "content-type": "application/x-protobuf"}
    try:
        answer = httpx.post(f"{server.url}/v1/traces", content=b"", headers=headers, timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        return "wrong", f"{where}: {type(error).__name__}: {error}\n  fix: check the address and the network"
    if answer.status_code in {401, 403}:
        return "wrong", f"{where}: we are refused (HTTP {answer.status_code})\n  fix: check OTEL_EXPORTER_OTLP_HEADERS"
    if answer.status_code in {404, 405}:
        return (
            "wrong",
            f"{where}: it takes no traces (HTTP {answer.status_code})\n  fix: give the address without a path",
        )
    return "ok", f"{where}: it takes traces"


def _found(answer: httpx.Response, key: str) -> str:
    try:
        known: Any = answer.json()
        return str(known.get(key, "")) if isinstance(known, dict) else ""
    except ValueError:
        return ""


def _project(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["data"][0]["name"])
    except (ValueError, KeyError, IndexError, TypeError):
        return "unknown"
