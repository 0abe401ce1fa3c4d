"""What telemetry costs the thread that records, per span, beside plain OpenTelemetry; and whether a burst loses any.

usage: python bench/telemetry.py [--spans 4000] [--rounds 5]

Every way records the same spans: a name, six attributes, 200 bytes of input. Servers are in another process. The rounds of all
ways take turns, so that a busy machine slows all of them; the least of a way's rounds counts. Writes bench/telemetry.md.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.telemetry import open_telemetry
from harness.workspace import TelemetrySettings

LIMITS = {"no-op": 5, "memory": 80, "OTLP": 100, "Langfuse": 150}
TEXT = "What do I own, and what is it worth today? " * 5
SERVER = (
    "import sys\nfrom harness.testing.sink import LangfuseSink\n"
    "with LangfuseSink() as sink:\n    print(sink.url, flush=True)\n    sys.stdin.readline()\n"
    "    print(len(sink.spans), flush=True)\n"
)


def record(tracer: Any, spans: int) -> float:
    """CPU seconds of this thread for so many spans."""
    attributes = {
        "gen_ai.operation.name": "chat", "openinference.span.kind": "LLM", "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20, "input.value": TEXT,
    }  # fmt: skip
    began = time.thread_time()
    for _ in range(spans):
        with tracer.start_as_current_span("chat m", attributes=attributes):
            pass
    return time.thread_time() - began


def plain_memory() -> tuple[Any, Callable[[], None]]:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider, kept = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return provider.get_tracer("bench"), kept.clear


def plain_otlp(url: str) -> tuple[Any, Callable[[], None]]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces"), max_queue_size=100_000))
    return provider.get_tracer("bench"), provider.shutdown


class SdkTracer:
    """Langfuse's own client, with the same calls."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def start_as_current_span(self, name: str, attributes: dict[str, Any]) -> Any:
        """Start one of its observations."""
        usage = {"input": attributes["gen_ai.usage.input_tokens"], "output": attributes["gen_ai.usage.output_tokens"]}
        return self._client.start_as_current_observation(
            name=name, as_type="generation", input=attributes["input.value"], model="m", usage_details=usage
        )


def langfuse_sdk(url: str) -> tuple[Any, Callable[[], None]]:
    from langfuse import Langfuse
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(shutdown_on_exit=False)
    client = Langfuse(public_key="pk-lf-test", secret_key="sk-lf-test-secret", base_url=url, tracer_provider=provider)
    return SdkTracer(client), client.shutdown


def ours(url: str, *exporters: str, memory: bool = False) -> tuple[Any, Callable[[], None]]:
    environ = {
        "LANGFUSE_PUBLIC_KEY": "pk-lf-test", "LANGFUSE_SECRET_KEY": "sk-lf-test-secret", "LANGFUSE_BASE_URL": url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
    }  # fmt: skip
    settings = TelemetrySettings(exporters=exporters)  # type: ignore[arg-type]  # literals
    folder = Path(tempfile.mkdtemp())
    telemetry = open_telemetry(settings, environ, folder, run="bench", memory=memory)
    return telemetry.tracer(), lambda: print(*(item for item in telemetry.close(60) if not item.complete), end="")


WAYS: dict[str, Callable[[str], tuple[Any, Callable[[], None]]]] = {
    "no-op": ours,
    "plain OpenTelemetry, in memory": lambda _: plain_memory(),
    "memory": lambda url: ours(url, memory=True),
    "plain OpenTelemetry, OTLP batches": plain_otlp,
    "OTLP": lambda url: ours(url, "otlp"),
    "JSON lines": lambda url: ours(url, "jsonl"),
    "Langfuse": lambda url: ours(url, "langfuse"),
    "Langfuse's own client": langfuse_sdk,
}
BASES = dict.fromkeys(("memory", "no-op", "plain OpenTelemetry, in memory"), "plain OpenTelemetry, in memory")


def measure(url: str, spans: int, rounds: int) -> dict[str, list[float]]:
    """Microseconds per span of each round, each in a process of its own, so that no way's thread slows another."""
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    context = multiprocessing.get_context("fork")
    for _ in range(rounds):
        for name in WAYS:
            reader, writer = context.Pipe(duplex=False)
            child = context.Process(target=_one, args=(name, url, spans, writer))
            child.start()
            found[name].append(reader.recv())
            child.join()
    return found


def _one(name: str, url: str, spans: int, writer: Any) -> None:
    logging.disable(logging.CRITICAL)
    tracer, end = WAYS[name](url)
    record(tracer, 300)
    writer.send(1e6 * record(tracer, spans) / spans)
    end()


def burst(spans: int) -> tuple[int, float, str]:
    """Record so many spans as fast as possible; how many arrived, CPU of the program, and what it says."""
    from harness.telemetry import describe

    with _server() as (url, server):
        telemetry = open_telemetry(
            TelemetrySettings(exporters=("otlp",)), {"OTEL_EXPORTER_OTLP_ENDPOINT": url}, Path(tempfile.mkdtemp())
        )
        began = time.process_time()
        record(telemetry.tracer(), spans)
        said = describe(telemetry.close(120))
        spent = time.process_time() - began
        out, _ = server.communicate("\n")
        return int(out), spent, said[0]


class _server:  # noqa: N801 - used like a function
    """A sink in a process of its own."""

    def __enter__(self) -> tuple[str, Any]:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip(), self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def page(found: dict[str, list[float]], spans: int, arrived: tuple[int, float, str]) -> Iterator[str]:
    """The table as Markdown."""
    least = {name: min(rounds) for name, rounds in found.items()}
    yield "# What telemetry costs\n"
    yield (
        f"`python bench/telemetry.py`: CPU of the recording thread per span, least of {len(found['no-op'])} rounds of {spans:,} spans"
        f" with six attributes and {len(TEXT)} characters of input; Python {platform.python_version()}, {os.cpu_count()} cores.\n"
        "*plain* is OpenTelemetry's own SDK in the same run: in memory for the first rows, in OTLP batches for those that send.\n"
    )
    yield "| way | µs per span | median | times plain | target | met |\n|---|---|---|---|---|---|"
    for name, rounds in found.items():
        base = least[BASES.get(name, "plain OpenTelemetry, OTLP batches")]
        limit = LIMITS.get(name)
        met = "" if limit is None else "yes" if least[name] <= limit else "**no**"
        target = "" if limit is None else f"≤ {limit}"
        yield f"| {name} | {least[name]:.1f} | {statistics.median(rounds):.1f} | {least[name] / base:.2f} | {target} | {met} |"
    yield (
        f"\nA burst of {arrived[0]:,} spans arrived of 10,000 recorded, in {arrived[1]:.1f} s of the program's CPU:"
        f" `{arrived[2]}`."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with _server() as (url, _):
        found = measure(url, options.spans, options.rounds)
    text = "\n".join(page(found, options.spans, burst(10_000))) + "\n"
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
