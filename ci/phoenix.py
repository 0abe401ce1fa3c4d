"""Send a run to a real Phoenix, which nobody here wrote, and read it back: trees, kinds, tokens, sessions and scores must agree.

usage: python ci/phoenix.py [--phoenix COMMAND] [--url URL] [--limit 12]

Without --url it starts `phoenix serve` on the loopback interface, in an empty folder, and stops it in the end. Phoenix answers
before it has stored anything, therefore everything is polled with a deadline.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from harness.model import Result, RunManifest
from harness.store import Store
from harness.telemetry import Score, Span, connect, names, scores, spans
from harness.telemetry.masking import redactor
from harness.telemetry.packing import Packer
from harness.workspace import TelemetrySettings

PROJECT = "finharness"
KINDS = {"CHAIN", "AGENT", "LLM", "TOOL", "GUARDRAIL", "EVALUATOR"}


def main() -> int:
    """Send, read back, compare, and send again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phoenix", default="phoenix")
    parser.add_argument("--url")
    parser.add_argument("--limit", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otlp-") as folder:
        manifest, results = evaluated(Path(folder) / "work", options.limit)
        with server(options.phoenix, options.url, Path(folder)) as url:
            return compare(url, manifest, results, Path(folder))


def evaluated(folder: Path, limit: int) -> tuple[RunManifest, list[Result]]:
    """Run some of the reference cases in a workspace of their own."""
    folder.mkdir()
    finharness = [sys.executable, "-m", "harness"]
    subprocess.run([*finharness, "init", "--demo"], cwd=folder, check=True, capture_output=True)
    done = subprocess.run(
        [*finharness, "eval", "--limit", str(limit)], cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stdout + done.stderr)
    with Store.open(folder / ".harness" / "results.db", readonly=True) as store:
        row = store.run("latest")
        return row.manifest, list(store.results(row.id, traces=True))


@contextmanager
def server(command: str, url: str | None, folder: Path) -> Iterator[str]:
    """A Phoenix that answers."""
    if url is not None:
        yield url.rstrip("/")
        return
    port, grpc = free_port(), free_port()
    environ = os.environ | {
        "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port), "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_WORKING_DIR": str(folder), "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }  # fmt: skip
    with (folder / "phoenix.log").open("w") as log:
        process = subprocess.Popen([command, "serve"], env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            wait("Phoenix answers", lambda: answers(address), 300)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def compare(url: str, manifest: RunManifest, results: Sequence[Result], folder: Path) -> int:
    """Send a run twice and compare what is there with what was meant."""
    packer = Packer(redactor({}, (), folder), with_scores=True)
    parcels = [packer.pack((manifest, result)) for result in results]
    meant = {span.span_id: span for parcel in parcels for span in parcel.spans}
    judged = {score.id: score for parcel in parcels for score in parcel.scores}
    assert len(meant) == sum(len(spans(manifest, result)) for result in results)
    assert len(judged) == sum(len(scores(manifest, result)) for result in results)
    for attempt in ("sent", "sent again"):
        print(f"{attempt}: {send(url, manifest, results, folder)}")
        wait("all spans are stored", lambda: len(read_spans(url)) >= len(meant), 180)
        wait("all scores are stored", lambda: len(read_scores(url, [*meant])) >= len(judged), 180)
        problems = [*span_problems(meant, read_spans(url)), *score_problems(judged, read_scores(url, [*meant]))]
        for problem in problems[:20]:
            print(f"WRONG {problem}")
        if problems:
            return 1
    tokens = sum(
        int(span.attributes.get(names.INPUT_TOKENS) or 0)
        for span in meant.values()
        if span.attributes[names.KIND] == "LLM"
    )
    kinds: dict[str, int] = {}
    for span in meant.values():
        kinds[str(span.attributes[names.KIND])] = kinds.get(str(span.attributes[names.KIND]), 0) + 1
    print(
        f"{len(results)} trials, {len(meant)} spans ({', '.join(f'{n} {kind}' for kind, n in kinds.items())}), {len(judged)} scores, {tokens} input tokens:"
    )
    print(
        "ids, parents, names, kinds, times, statuses, tokens, sessions, inputs, outputs and scores agree; nothing is there twice"
    )
    return 0


def send(url: str, manifest: RunManifest, results: Sequence[Result], folder: Path) -> str:
    """Send by the exporter that runs use."""
    settings = TelemetrySettings(exporters=("otlp",), endpoint=url, scores="phoenix", project=PROJECT)
    (exporter,) = connect(settings, {"OTEL_EXPORTER_OTLP_TIMEOUT": "30"}, folder)
    for result in results:
        exporter.export(manifest, result)
    delivery = exporter.close(180)
    if not delivery.complete:
        raise SystemExit(f"not everything was taken: {delivery}")
    return f"{delivery.delivered} of {delivery.accepted} spans, {delivery.scores_delivered} of {delivery.scores_accepted} scores"


def span_problems(meant: dict[str, Span], found: list[dict[str, Any]]) -> Iterator[str]:
    """Whatever differs between the spans that were meant and those that are there."""
    there = {item["context"]["span_id"]: item for item in found}
    if len(there) != len(found):
        yield f"{len(found) - len(there)} spans are there twice"
    for name in set(meant) ^ set(there):
        yield f"span {name} is {'missing' if name in meant else 'nobody s'}"
    for name in set(meant) & set(there):
        wanted, got = facts(meant[name]), read_facts(there[name])
        yield from (
            f"{meant[name].name}: {key} is {got[key]!r}, not {wanted[key]!r}"
            for key in wanted
            if wanted[key] != got[key]
        )


def facts(span: Span) -> dict[str, Any]:
    """What must arrive of a span."""
    known = span.attributes
    assert known[names.KIND] in KINDS
    chat = known[names.KIND] == "LLM"
    return {
        "trace": span.trace_id,
        "parent": span.parent_id,
        "name": span.name,
        "kind": known[names.KIND],
        "start": span.start_ns // 1_000_000,
        "end": span.end_ns // 1_000_000,
        "status": span.status.upper(),
        "session": known[names.SESSION],
        "input": known.get(names.INPUT),
        "output": known.get(names.OUTPUT) if not chat else None,
        "tokens": (known.get(names.INPUT_TOKENS), known.get(names.OUTPUT_TOKENS)) if chat else None,
    }


def read_facts(item: dict[str, Any]) -> dict[str, Any]:
    """The same of what Phoenix shows."""
    known = item["attributes"]
    chat = item["span_kind"] == "LLM"
    tokens = tuple(
        known.get(f"llm.token_count.{part}", known.get(f"gen_ai.usage.{other}_tokens"))
        for part, other in (("prompt", "input"), ("completion", "output"))
    )
    return {
        "trace": item["context"]["trace_id"],
        "parent": item["parent_id"],
        "name": item["name"],
        "kind": item["span_kind"],
        "start": milliseconds(item["start_time"]),
        "end": milliseconds(item["end_time"]),
        "status": item["status_code"],
        "session": known.get("session.id"),
        "input": known.get("input.value"),
        "output": known.get("output.value") if not chat else None,
        "tokens": tokens if chat else None,
    }


def score_problems(meant: dict[str, Score], found: list[dict[str, Any]]) -> Iterator[str]:
    """Whatever differs between the scores that were meant and those that are there."""
    there = {item["identifier"]: item for item in found}
    if len(there) != len(found):
        yield f"{len(found) - len(there)} scores are there twice"
    for name in set(meant) ^ set(there):
        yield f"score {name} is {'missing' if name in meant else 'nobody s'}"
    for name in set(meant) & set(there):
        score, item = meant[name], there[name]
        value = None if isinstance(score.value, str) else score.value
        if (item["span_id"], item["name"], item["result"].get("score")) != (score.observation_id, score.name, value):
            yield f"score {score.name}: {item}"
        if (item["result"].get("explanation") or "") != score.comment:
            yield f"score {score.name}: the reason is {item['result'].get('explanation')!r}, not {score.comment!r}"


def read_spans(url: str) -> list[dict[str, Any]]:
    """All spans of the project."""
    return list(pages(f"{url}/v1/projects/{PROJECT}/spans", [("limit", "1000")]))


def read_scores(url: str, span_ids: Sequence[str]) -> list[dict[str, Any]]:
    """All scores of spans."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(span_ids), 100):
        some = [("span_ids", name) for name in span_ids[start : start + 100]]
        found += pages(f"{url}/v1/projects/{PROJECT}/span_annotations", [("limit", "1000"), *some])
    return found


def pages(url: str, query: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Everything behind a cursor; nothing where the project is not there yet."""
    cursor: str | None = ""
    while cursor is not None:
        answer = httpx.get(url, params=[*query, *([("cursor", cursor)] if cursor else [])], timeout=60)
        if answer.status_code == 404:
            return
        answer.raise_for_status()
        body = answer.json()
        yield from body["data"]
        cursor = body.get("next_cursor") or None


def milliseconds(text: str) -> int:
    """An ISO time as milliseconds since 1970."""
    from datetime import datetime

    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def answers(url: str) -> bool:
    """Whether a server is there."""
    try:
        return httpx.get(f"{url}/v1/projects", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def wait(what: str, condition: Callable[[], bool], seconds: float) -> None:
    """Poll until it is so, or give up."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise SystemExit(f"not within {seconds:g} s: {what}")
        time.sleep(1)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
