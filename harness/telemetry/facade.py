"""Tracer, meter and logger of one program behind one small interface, on plain OpenTelemetry; off unless asked for.

telemetry = open_telemetry(workspace.telemetry, os.environ, workspace.root, run="night")
with telemetry.about(session="job-7", user="ann"), telemetry.tracer().start_as_current_span("invoke_agent planner"):
...
for line in describe(telemetry.close()):
print(line)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import copy_context
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec, TypeVar

from harness.errors import MissingExtra
from harness.text import shorten
from harness.workspace import TelemetrySettings

from . import names
from .about import pseudonym
from .exporter import Delivery, close_all
from .exporters import otlp_server, transport
from .jsonl import JsonlTransport
from .masking import redactor
from .outbox import Outbox
from .quiet import QuietLogger, QuietMeter, QuietTracer
from .redact import Redactor
from .scoring import COMMENT_LIMIT, Score
from .span import Attribute, span_id, trace_id
from .spool import Spool

if TYPE_CHECKING:
    from .memory import Memory

P = ParamSpec("P")
R = TypeVar("R")
MOST_WAITING: Final = 50_000
"""Spans that may wait to be sent; more are lost and counted."""

_BATCH: Final = 500
_ABOUT: Final = "finharness-about"


class Telemetry:
    """What one program records, and what becomes of it; make it with `open_telemetry`."""

    def __init__(self, boxes: Sequence[Outbox] = (), *, memory: Memory | None = None, parts: Any = None) -> None:
        self._boxes = tuple(boxes)
        self._parts = parts
        self.memory = memory

    @property
    def provider(self) -> Any:
        """OpenTelemetry's tracer provider, for libraries that instrument others; None when nothing is recorded."""
        return None if self._parts is None else self._parts.tracers

    def tracer(self, name: str = "finharness") -> Any:
        """OpenTelemetry's tracer, or one that records nothing."""
        return QuietTracer() if self._parts is None else self._parts.tracer(name)

    def meter(self, name: str = "finharness") -> Any:
        """OpenTelemetry's meter, or one that records nothing."""
        return QuietMeter() if self._parts is None else self._parts.meters.get_meter(name, names.GENAI_VERSION)

    def logger(self, name: str = "finharness") -> Any:
        """OpenTelemetry's logger, or one that says nothing."""
        return QuietLogger() if self._parts is None else self._parts.loggers.get_logger(name, names.GENAI_VERSION)

    def log(self, text: str, *, event: str = "", severity: int = 9, **attributes: Attribute) -> None:
        """Say something, in the span that is current."""
        if self._parts is not None:
            self._parts.log(self.logger(), text, event, severity, attributes)

    def score(self, name: str, value: float | bool | str, *, comment: str = "", span: Any = None) -> None:
        """Judge the current span, or another: a score where the backend has them, and an evaluation event elsewhere."""
        if self._parts is None:
            return
        trace, own = self._parts.ids(span)
        if not trace:
            return
        kind: Literal["BOOLEAN", "NUMERIC", "CATEGORICAL"] = (
            "CATEGORICAL" if isinstance(value, str) else "BOOLEAN" if isinstance(value, bool) else "NUMERIC"
        )
        number = value if isinstance(value, str) else float(value)
        made = Score(
            span_id(trace, f"score|{own}|{name}") * 2,
            name,
            number,
            kind,
            trace,
            own,
            shorten(comment, COMMENT_LIMIT),
            root_id=own,
        )
        for box in self._boxes:
            box.put(made)

    # ---- context

    def trial(self, run: str, key: str) -> AbstractContextManager[None]:
        """Give the next root span the trace id of a trial: the same for the same run, case and number."""
        return self._set("NEXT_TRACE", trace_id(run, key))

    def about(
        self, *, session: str = "", user: str = "", tags: Sequence[str] = (), **metadata: str | float
    ) -> AbstractContextManager[None]:
        """Say whose work every span from here on is; a user appears by a pseudonym."""
        known: dict[str, Attribute] = {names.SESSION: session, names.CONVERSATION: session}
        known |= {names.USER: pseudonym(user)} if user else {}
        known |= {names.TAGS: tuple(tags)} if tags else {}
        known |= {names.METADATA: json.dumps(metadata, sort_keys=True)} if metadata else {}
        return self._set("ABOUT", {key: item for key, item in known.items() if item})

    def carrier(self) -> dict[str, str]:
        """What another process needs to go on in this trace: give it to `joined` there, as variables or headers."""
        return {} if self._parts is None else self._parts.carrier()

    @contextmanager
    def joined(self, carrier: Mapping[str, str]) -> Iterator[None]:
        """Go on in another process's trace."""
        with ExitStack() as stack:
            if self._parts is not None:
                stack.enter_context(self._parts.joined(carrier))
            yield

    @staticmethod
    def in_context(function: Callable[P, R]) -> Callable[P, R]:
        """Make a function of a thread pool run in the context it was handed over in; each call in a copy of it."""
        known = copy_context()

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            return known.copy().run(function, *args, **kwargs)

        return run

    def close(self, deadline_s: float = 5.0) -> tuple[Delivery, ...]:
        """Deliver what is left in at most so many seconds, and account for everything."""
        return close_all(self._boxes, deadline_s)

    def _set(self, variable: str, value: Any) -> AbstractContextManager[None]:
        if self._parts is None:
            return nullcontext()
        from . import live

        return live.setting(getattr(live, variable), value)


def open_telemetry(
    settings: TelemetrySettings,
    environ: Mapping[str, str],
    root: Path,
    *,
    run: str = "",
    memory: bool = False,
) -> Telemetry:
    """Open a program's telemetry with the exporters that the settings ask for and the environment allows.

    Args:
        settings: Exporters and rules, as for runs.
        environ: Credentials and addresses.
        root: Where files go.
        run: Name of what runs, such as a day or a deployment; files and sessions are called by it.
        memory: Whether spans are also kept in memory, for tests.

    Raises:
        ConfigError: for settings that cannot be used.
        MissingExtra: when OpenTelemetry is needed and not installed.
    """
    wanted = [name for name in dict.fromkeys(settings.exporters) if _leads_anywhere(name, settings, environ)]
    if not wanted and not memory:
        return Telemetry()
    try:
        from .parts import Parts
    except ImportError as error:
        raise MissingExtra("telemetry of running programs", "otlp") from error
    from .memory import Memory

    cleaner = redactor(environ, settings.redact, root)
    parts = Parts()
    kept = Memory(cleaner) if memory else None
    boxes = [
        _box(name, settings, environ, root, parts.packer(run or _now(), cleaner, name, settings)) for name in wanted
    ]
    parts.start(boxes, kept)
    return Telemetry(boxes, memory=kept, parts=parts)


def _leads_anywhere(name: str, settings: TelemetrySettings, environ: Mapping[str, str]) -> bool:
    if name == "otlp":
        return otlp_server(settings, environ) is not None
    return name != "langfuse" or transport(name, settings, environ) is not None


def _box(name: str, settings: TelemetrySettings, environ: Mapping[str, str], root: Path, packer: Any) -> Outbox:
    if name == "console":
        from .console import ConsoleTransport

        return Outbox(name, ConsoleTransport, packer, most=MOST_WAITING, batch=_BATCH)
    if name == "jsonl":
        return Outbox(name, lambda: JsonlTransport(root, settings.jsonl), packer, most=MOST_WAITING, batch=_BATCH)
    opened = transport(name, settings, environ)
    assert opened is not None
    return Outbox(name, opened, packer, spool=Spool(root, name), most=MOST_WAITING, batch=_BATCH)


def _now() -> str:
    return time.strftime("live-%Y%m%d-%H%M%S", time.gmtime())


__all__ = ["Redactor", "Telemetry", "open_telemetry"]
