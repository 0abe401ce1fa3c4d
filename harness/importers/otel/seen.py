"""One span as somebody else's exporter wrote it, with its names untouched and its container taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from harness.frozen import frozen


@frozen
class SeenEvent:
    """Something that a span says happened inside it."""

    name: str
    """What it is called, such as `gen_ai.user.message` or `exception`."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Its attributes, flat."""

    body: Any = None
    """What a log record carries besides."""


@frozen
class Seen:
    """One span."""

    trace: str
    """Id of its trace, as written."""

    id: str
    """Its own id, as written."""

    parent: str = ""
    """Id of the span that it belongs to; empty for a root."""

    name: str = ""
    """What it is called."""

    start_s: float | None = None
    """Unix time of its start; None where it does not say."""

    end_s: float | None = None
    """Unix time of its end."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Its attributes under their dotted names; JSON held in text is still text."""

    events: tuple[SeenEvent, ...] = ()
    """What happened inside it."""

    failed: bool = False
    """Whether it says that it failed."""

    message: str = ""
    """Why it failed."""

    scope: str = ""
    """Library that wrote it, such as `openinference.instrumentation.langchain`."""

    service: str = ""
    """Program that it comes from."""

    type: str = ""
    """Langfuse's type of the observation, in capitals; `RECORD` for a log record about a span; empty elsewhere."""

    input: Any = None
    """What went in, where the container and not an attribute says so."""

    output: Any = None
    """What came out, likewise."""

    place: str = ""
    """Where in the file it stands."""

    def text(self, *names: str) -> str:
        """The first of these attributes that is text, or a number written as text; empty without one."""
        for name in names:
            found = self.attributes.get(name)
            if isinstance(found, str) and found.strip():
                return found
            if isinstance(found, int | float) and not isinstance(found, bool):
                return str(found)
        return ""

    def any(self, *names: str) -> Any:
        """The first of these attributes that is there."""
        for name in names:
            found = self.attributes.get(name)
            if found is not None and found != "":
                return found
        return None
