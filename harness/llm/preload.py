"""Import a provider's library ahead of the processes that will use it: once for all of them, and before any trial's time."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

_LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": (
        "anthropic", "anthropic.resources.messages", "aiohttp", "harness.llm.anthropic_",
        "concurrent.futures.thread", "opentelemetry.propagate", "opentelemetry.trace.propagation.tracecontext",
    ),
    "bedrock": ("boto3", "botocore.session", "botocore.config", "harness.llm.bedrock"),
    "litellm": ("harness.llm.litellm_",),
}  # fmt: skip
"""Modules by provider, with those that the first call would import."""


def preload(providers: Iterable[str]) -> None:
    """Import the libraries of providers; one that is missing or broken is reported by whoever asks for a model of it."""
    for provider in providers:
        with suppress(Exception):
            for name in _LIBRARIES.get(provider, ()):
                with suppress(ModuleNotFoundError):
                    importlib.import_module(name)
            if provider == "litellm":
                from .litellm_library import library

                library()
