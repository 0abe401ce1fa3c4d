"""Who may listen: this machine, asked for by its own name, and no page of another site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine that nobody else can take."""


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """A request's headers, names in small letters."""
    return {name.decode("latin-1").lower(): content.decode("latin-1") for name, content in scope.get("headers") or ()}


def refusal(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """Why a request is not answered; empty for one that is.

    A page of another site may reach this machine through the visitor's browser: by its own address, which `Origin` shows, or by a
    name that leads here, which `Host` shows.
    """
    client = scope.get("client")
    if client and not _is_here(str(client[0])):
        return "only programs of this machine are served"
    host = _name(f"//{headers.get('host', '')}")
    if host not in LOOPBACK:
        return "ask for it as localhost or 127.0.0.1: it was asked for by another name"
    origin = headers.get("origin")
    if origin is not None and _name(origin) not in LOOPBACK:
        return "pages of other sites are not served"
    return ""


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_here(address: str) -> bool:
    return address in {"::1", "testclient", "localhost"} or address.startswith(("127.", "::ffff:127."))
