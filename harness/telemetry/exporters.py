"""Make the exporters that the settings ask for and the environment allows."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import ConfigError, MissingExtra
from harness.workspace import TelemetrySettings

from .console import ConsoleExporter
from .exporter import Exporter
from .jsonl import JsonlTransport
from .langfuse import DEFAULT_TIMEOUT_S, DEFAULT_URL, Account, LangfuseTransport
from .outbox import Outbox
from .redact import Redactor

_OFF = {"false", "0", "no", "off"}


def connect(settings: TelemetrySettings, environ: Mapping[str, str], root: Path) -> tuple[Exporter, ...]:
    """Make the exporters, without touching a network or starting a thread before the first trial.

    Langfuse without credentials is left out silently, so that one harness.toml serves everybody.

    Raises:
        ConfigError: for a Langfuse address that is none.
        MissingExtra: when Langfuse is asked for, has credentials, and its libraries are not installed.
    """
    redactor = Redactor(environ)
    made: list[Exporter] = []
    for name in dict.fromkeys(settings.exporters):
        if name == "console":
            made.append(ConsoleExporter(redactor))
        elif name == "jsonl":
            made.append(Outbox(name, lambda: JsonlTransport(root, settings.jsonl), redactor))
        elif (account := langfuse_account(environ)) is not None:
            made.append(_langfuse(account, redactor))
    return tuple(made)


def langfuse_account(environ: Mapping[str, str]) -> Account | None:
    """Read Langfuse's usual variables; None when a key is missing or tracing is turned off.

    Raises:
        ConfigError: for an address that is none.
    """
    public, secret = environ.get("LANGFUSE_PUBLIC_KEY", "").strip(), environ.get("LANGFUSE_SECRET_KEY", "").strip()
    if not public or not secret or environ.get("LANGFUSE_TRACING_ENABLED", "").strip().lower() in _OFF:
        return None
    url = (environ.get("LANGFUSE_BASE_URL") or environ.get("LANGFUSE_HOST") or DEFAULT_URL).strip().rstrip("/")
    return Account(
        public_key=public,
        secret_key=secret,
        base_url=_checked(url),
        environment=environ.get("LANGFUSE_TRACING_ENVIRONMENT", ""),
        release=environ.get("LANGFUSE_RELEASE", ""),
        timeout_s=_seconds(environ.get("LANGFUSE_TIMEOUT", "")),
    )


def _langfuse(account: Account, redactor: Redactor) -> Exporter:
    if not _installed("opentelemetry.proto") or not _installed("httpx"):
        raise MissingExtra("the langfuse exporter", "langfuse")
    return Outbox("langfuse", lambda: LangfuseTransport(account), redactor, with_scores=True)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine:
        raise ConfigError(
            f"{url!r} is not a server's address",
            remedy="write it like https://cloud.langfuse.com",
            where="LANGFUSE_BASE_URL",
        )
    return url


def _seconds(text: str) -> float:
    try:
        return max(0.1, float(text)) if text else DEFAULT_TIMEOUT_S
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a number of seconds", remedy="write digits", where="LANGFUSE_TIMEOUT"
        ) from None
