"""Exercises with traces: a trial that the case tells is scored, and sent to servers of this machine that count what they get."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.model import Case, CheckSpec, Event, Job, Outcome, Result, RunManifest, fold
from harness.registry import Services
from harness.score import score
from harness.telemetry import Delivery, connect
from harness.telemetry.console import ConsoleExporter
from harness.telemetry.masking import redactor
from harness.telemetry.spool import read
from harness.testing.sink import Fault, LangfuseSink
from harness.workspace import TelemetrySettings

if TYPE_CHECKING:
    from .exercises import Do, Given

_ROOT: Final = Path(__file__).parents[2]
_MANIFEST: Final = RunManifest(
    id="20261120-150000-0001", started_at="2026-11-20T15:00:00Z", suites=("exercises",), git_commit="0123456789abcdef"
)


async def _trials(given: Given, do: Do) -> list[Result]:
    """`{agent, events, checks}` or the same `times`: trials in which this happened, a tenth of a second apart, scored."""

    async def play(index: int) -> dict[str, Any]:
        """Let the events of the case happen and score what came of them."""
        checks = tuple(CheckSpec(type=kind, params=params) for kind, params in given["checks"])
        case = Case(id="EX-1", suite="exercises", agent=given["agent"], input="What do I own?", checks=checks)
        events = [Event(0.1 * place, kind, data) for place, (kind, data) in enumerate(given["events"], 1)]
        outcome = Outcome("completed", fold(events, duration_s=0.1 * len(events) + 0.1))
        job, moment = Job(case, given["agent"], index, 7), "2026-11-20T15:00:00Z"
        result = await score(job, outcome, Services(root=_ROOT), started_at=moment)
        made.append(result)
        return {"status": result.status, "score": result.score}

    made: list[Result] = []
    for index in range(int(given.get("times", 1))):
        await do(play)(index=index)
    return made


def _send(
    results: Sequence[Result], names: Sequence[Any], environ: Mapping[str, str], *, root: Path, deadline_s: float = 15.0
) -> list[Delivery]:
    """Give trials to the exporters that these settings and this environment make."""
    made = connect(TelemetrySettings(exporters=tuple(names), jsonl="spans.jsonl"), environ, root)
    for exporter in made:
        for result in results:
            exporter.export(_MANIFEST, result)
    return [exporter.close(deadline_s) for exporter in made]


async def left_out(given: Given, do: Do) -> dict[str, Any]:
    """`{missing}` of Langfuse's keys: who is left to send to, and whether anybody was asked anything."""
    results = await _trials(given, do)

    async def send() -> list[dict[str, Any]]:
        """Send the trials without that key."""
        environ = {name: text for name, text in sink.environ().items() if name not in given["missing"]}
        found = await asyncio.to_thread(_send, results, ("jsonl", "langfuse"), environ, root=Path(folder))
        return [{"name": item.name, "complete": item.complete, "accepted": item.accepted} for item in found]

    with LangfuseSink() as sink, tempfile.TemporaryDirectory() as folder:
        sent = await do(send)()
        return {"sent": sent, "requests": len(sink.requests), "status": [item.status for item in results]}


async def delivered(given: Given, do: Do) -> dict[str, Any]:
    """`{twice, fault}`: what arrives of the trials, how it hangs together, and what is said of what does not."""
    results = await _trials(given, do)
    fault = given.get("fault") or {}
    hopeless = bool({"status", "blackhole", "gone"} & fault.keys())

    async def send() -> dict[str, Any]:
        """Send all trials to Langfuse."""
        keys = {"LANGFUSE_SECRET_KEY": fault["key"]} if "key" in fault else {}
        keys |= {"LANGFUSE_BASE_URL": fault["gone"]} if "gone" in fault else {}
        (item,) = await asyncio.to_thread(
            _send,
            results,
            ("langfuse",),
            {**sink.environ(), **keys},
            root=Path(folder),
            deadline_s=3.0 if hopeless else 15.0,
        )
        return {
            "accepted": item.accepted, "delivered": item.delivered, "failed": item.failed, "reason": item.reason,
            "scores_accepted": item.scores_accepted, "scores_delivered": item.scores_delivered, "spooled": item.spooled,
        }  # fmt: skip

    with LangfuseSink() as sink, tempfile.TemporaryDirectory() as folder:
        sink.fault = Fault(**{name: item for name, item in fault.items() if name not in {"key", "gone"}})
        sent = [await do(send)() for _ in range(2 if given.get("twice") else 1)]
        spans = sink.spans
        return {
            "sent": sent,
            "spans": len(spans),
            "scores": len(sink.scores),
            "orphans": sum((span.trace_id, span.parent_id) not in spans for span in spans.values() if span.parent_id),
            "astray": sum((item["traceId"], item.get("observationId")) not in spans for item in sink.scores.values()),
            "names": sorted({span.name for span in spans.values()}),
            "status": [item.status for item in results],
        }


async def described(given: Given, do: Do) -> dict[str, Any]:
    """What Langfuse can filter by: session, user, tags and facts of each span; and whether a person's own id left the house."""
    results = await _trials(given, do)

    async def send() -> int:
        """Send the trials to Langfuse; gives the spans that arrived."""
        environ = {**sink.environ(), "LANGFUSE_TRACING_ENVIRONMENT": given["environment"]}
        await asyncio.to_thread(_send, results, ("langfuse",), environ, root=Path(folder))
        return len(sink.spans)

    with LangfuseSink() as sink, tempfile.TemporaryDirectory() as folder:
        await do(send)()
        known = [span.attributes for span in sink.spans.values()]
        facts = "langfuse.trace.metadata."
        return {
            "sessions": _distinct(item.get("session.id") for item in known),
            "users": _distinct(item.get("user.id") for item in known),
            "tags": _distinct(tuple(sorted(item.get("langfuse.trace.tags", ()))) for item in known),
            "facts": _distinct(
                tuple(sorted((name.removeprefix(facts), text) for name, text in item.items() if name.startswith(facts)))
                for item in known
            ),
            "spans": len(known),
            "named": sum(given["person"].encode() in body for body in sink.bodies),
        }


async def nested(given: Given, do: Do) -> dict[str, Any]:
    """The tree of a trial as it arrived: `[name, name of the parent]` from the root on."""
    results = await _trials(given, do)

    async def send() -> int:
        """Send the trial to Langfuse; gives the spans that arrived."""
        await asyncio.to_thread(_send, results, ("langfuse",), sink.environ(), root=Path(folder))
        return len(sink.spans)

    with LangfuseSink() as sink, tempfile.TemporaryDirectory() as folder:
        await do(send)()
        spans = sorted(
            sink.spans.values(), key=lambda span: (span.start_ns, span.parent_id != "", -span.end_ns, span.name)
        )
        names = {span.span_id: span.name for span in spans}
        inside = {span.span_id: (span.start_ns, span.end_ns) for span in spans}
        return {
            "tree": [[span.name, names.get(span.parent_id, "")] for span in spans],
            "failed": [[span.name, span.message] for span in spans if span.status == 2],
            "outside": [
                span.name for span in spans
                if span.parent_id and not inside[span.parent_id][0] <= span.start_ns <= span.end_ns <= inside[span.parent_id][1]
            ],
        }  # fmt: skip


async def everywhere(given: Given, do: Do) -> dict[str, Any]:
    """`{exporters}`: the spans of a trial as each of them tells of it, and what the console shows."""
    results = await _trials(given, do)
    told: dict[str, list[list[Any]]] = {}

    async def send(exporter: str) -> int:
        """Send the trial with one exporter; gives the spans that arrived."""
        with LangfuseSink() as sink, tempfile.TemporaryDirectory() as folder:
            environ = {**sink.environ(), **sink.otlp_environ()}
            await asyncio.to_thread(_send, results, (exporter,), environ, root=Path(folder))
            file = Path(folder, "spans.jsonl")
            if exporter == "jsonl":
                told[exporter] = _told(span for parcel in read(file).parcels for span in parcel.spans)
            else:
                told[exporter] = _told(sink.spans.values())
        return len(told[exporter])

    def show() -> str:
        """Show the trial on a console."""
        stream = io.StringIO()
        console = ConsoleExporter(redactor({}, (), _ROOT), stream)
        for result in results:
            console.export(_MANIFEST, result)
        return stream.getvalue()

    for exporter in given["exporters"]:
        await do(send)(exporter=exporter)
    return {"told": told, "console": do(show)()}


def _told(spans: Iterable[Any]) -> list[list[Any]]:
    """What makes spans themselves, in order."""
    return sorted([span.trace_id, span.span_id, span.parent_id or "", span.name, span.start_ns] for span in spans)


def _distinct(items: Iterable[Any]) -> list[Any]:
    """Different ones among them, in the order in which they came."""
    return list(dict.fromkeys(items))
