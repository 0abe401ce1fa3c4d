"""Prompts that are kept in Langfuse, for agents that want them: without it, or when it does not answer, the agent's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from .exporters import langfuse_account

_TIMEOUT_S: Final = 2.0


def prompt(
    name: str, fallback: str, environ: Mapping[str, str], *, label: str = "production", timeout_s: float = _TIMEOUT_S
) -> tuple[str, int | None]:
    """A prompt's text and version; the fallback with None where it cannot be had.

    Args:
        name: Name in Langfuse.
        fallback: The agent's own text.
        environ: Credentials.
        label: Which version.
        timeout_s: Longest wait.
    """
    account = langfuse_account(environ)
    if account is None:
        return fallback, None
    try:
        import httpx
    except ImportError:
        return fallback, None
    try:
        answer = httpx.get(
            f"{account.base_url}/api/public/v2/prompts/{quote(name, safe='')}",
            params={"label": label},
            auth=(account.public_key, account.secret_key),
            timeout=timeout_s,
        )
        found: Any = answer.json() if answer.status_code == 200 else None
    except (ValueError, httpx.HTTPError):
        return fallback, None
    if not isinstance(found, dict) or not isinstance(found.get("prompt"), str):
        return fallback, None
    version = found.get("version")
    return found["prompt"], version if isinstance(version, int) else None
