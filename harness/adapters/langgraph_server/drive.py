"""Reach a graph on a LangGraph server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.adapters.http import load as load_http
from harness.adapters.http.drive import HttpDrive
from harness.workspace import AgentSettings

from .settings import Settings


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> HttpDrive:
    """Prepare a graph on a server.

    Raises:
        AgentError: when a variable of the environment is missing.
        MissingExtra: when the library is not installed.
    """
    return load_http(own.http(), agent, root=root, environ=environ)
