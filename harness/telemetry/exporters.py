"""Make the exporters that the settings ask for and the environment allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.errors import ConfigError, MissingExtra
from harness.workspace import TelemetrySettings

from .collector import OtlpTransport, Server
from .console import ConsoleExporter
from .exporter import Exporter
from .jsonl import JsonlTransport
from .langfuse import DEFAULT_TIMEOUT_S, DEFAULT_URL, Account, LangfuseTransport
from .masking import redactor
from .outbox import Outbox
from .packing import Packer
from .parcel import Transport
from .spool import Spool

_OFF = {"false", "0", "no", "off"}


def connect(settings: TelemetrySettings, environ: Mapping[str, str], root: Path) -> tuple[Exporter, ...]:
    """Make the exporters, without touching a network or starting a thread before the first trial.

    Langfuse without credentials is left out silently, so that one harness.toml serves everybody.

    Raises:
        ConfigError: for a Langfuse address that is none.
        MissingExtra: when Langfuse is asked for, has credentials, and its libraries are not installed.
    """
    cleaner = redactor(environ, settings.redact, root)
    full = settings.content == "full"
    made: list[Exporter] = []
    for name in dict.fromkeys(settings.exporters):
        if name == "console":
            made.append(ConsoleExporter(cleaner))
        elif name == "jsonl":
            made.append(
                Outbox(
                    name,
                    lambda: JsonlTransport(root, settings.jsonl),
                    Packer(cleaner, with_scores=True, with_content=full),
                )
            )
        elif (open_transport := transport(name, settings, environ)) is not None:
            scored = name == "langfuse" or settings.scores != "none"
            packer = Packer(cleaner, with_scores=scored, with_content=full)
            made.append(Outbox(name, open_transport, packer, spool=Spool(root, name)))
    return tuple(made)


def transport(name: str, settings: TelemetrySettings, environ: Mapping[str, str]) -> Callable[[], Transport] | None:
    """Say how an exporter that sends over a network is opened; None where nobody said where to.

    Raises:
        ConfigError: for an address that is none.
        MissingExtra: when its libraries are not installed.
    """
    if name == "langfuse":
        account = langfuse_account(environ)
        if account is None:
            return None
        _need("langfuse")
        return lambda: LangfuseTransport(account)
    server = otlp_server(settings, environ)
    if server is None:
        return None
    _need("otlp")
    return lambda: OtlpTransport(server)


def otlp_server(settings: TelemetrySettings, environ: Mapping[str, str]) -> Server | None:
    """Read OpenTelemetry's usual variables, and the settings where they are silent; None without an address.

    Raises:
        ConfigError: for an address that is none.
    """
    given = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    url = (given or settings.endpoint or "").rstrip("/")
    if not url or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    return Server(
        _checked(url, "OTEL_EXPORTER_OTLP_ENDPOINT" if given else "harness.toml: telemetry.endpoint"),
        headers=_headers(environ.get("OTEL_EXPORTER_OTLP_HEADERS", "")),
        scores=settings.scores,
        project=settings.project or "",
        timeout_s=_seconds(environ.get("OTEL_EXPORTER_OTLP_TIMEOUT", ""), "OTEL_EXPORTER_OTLP_TIMEOUT"),
    )


def _headers(text: str) -> dict[str, str]:
    """Read `name=value,name=value`, each part quoted as in a URL."""
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {unquote(name).strip().lower(): unquote(content).strip() for name, _, content in pairs}


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
        base_url=_checked(url, "LANGFUSE_BASE_URL"),
        environment=environ.get("LANGFUSE_TRACING_ENVIRONMENT", ""),
        release=environ.get("LANGFUSE_RELEASE", ""),
        timeout_s=_seconds(environ.get("LANGFUSE_TIMEOUT", ""), "LANGFUSE_TIMEOUT"),
    )


def _need(name: str) -> None:
    if not _installed("opentelemetry.proto") or not _installed("httpx"):
        raise MissingExtra(f"the {name} exporter", name)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _checked(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine:
        raise ConfigError(
            f"{url!r} is not a server's address",
            remedy="write it like https://cloud.langfuse.com or http://localhost:6006",
            where=where,
        )
    return url


def _seconds(text: str, where: str) -> float:
    try:
        return max(0.1, float(text)) if text else DEFAULT_TIMEOUT_S
    except ValueError:
        raise ConfigError(f"{text!r} is not a number of seconds", remedy="write digits", where=where) from None
