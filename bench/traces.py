"""Read every file of production traces in a folder and count what is in it: `python bench/traces.py FOLDER [...]`.

Without a folder it reads the files that the tests have, and a made one of 100 MB, and writes bench/traces.md. Files that are not
understood are named with the reason.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UserError
from harness.importers.inbox import drafted
from harness.importers.langfuse.reading import read_langfuse
from harness.importers.traces import Imported, read_otel

ROOT = Path(__file__).parents[1]
OWN = (ROOT / "tests" / "data" / "otel_spans", ROOT / "tests" / "data" / "langfuse_traces")
NAMES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


def read(path: Path) -> Imported:
    """A file of either kind."""
    try:
        return read_otel(path)
    except UserError as error:
        if "an export of Langfuse" in error.problem:
            return read_langfuse(path)
        raise


def table(files: Iterable[Path]) -> Iterator[str]:
    yield "| file | spans | traces | orphans | agents | model calls | tool calls | tokens | said again | framework | cases |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|"
    for file in files:
        if ".chatml." in file.name:
            continue
        try:
            found = read(file)
        except UserError as error:
            yield f"| {file.name} | not read: {error.problem} |" + " |" * 9
            continue
        counts = found.counts
        names = ", ".join(sorted({episode.framework for episode in found.episodes}))
        cases = len(drafted(found.episodes, found.origin).drafts)
        alone = f" (+{counts.agent_tokens:,} by an agent)" if counts.agent_tokens else ""
        yield (
            f"| {file.name} | {counts.spans} | {counts.traces} | {counts.orphans} | {counts.agents} | {counts.model_calls} | "
            f"{counts.tool_calls} | {counts.tokens:,}{alone} | {counts.repeated_tokens:,} | {names} | {cases} |"
        )


def large(size: int = 100_000_000) -> str:
    """Time and memory for one file of so many bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "large.jsonl")
        number = 0
        with file.open("w") as out:
            while out.tell() < size:
                number += 1
                out.write(json.dumps(span(number)) + "\n")
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        found = read_otel(file)
        spent, grown = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return (
        f"One file of {size / 1e6:.0f} MB ({number:,} spans, {found.counts.traces:,} traces) takes {spent:.1f} s of CPU and "
        f"{grown / 1024:.0f} MiB more memory."
    )


def span(number: int) -> dict:
    trace, place = divmod(number - 1, 8)
    said = {
        "gen_ai.operation.name": ("invoke_agent", "chat", "execute_tool")[min(place, 2)],
        "input.value": f"Question {trace}?",
    }
    return {
        "trace_id": f"{trace + 1:032x}", "span_id": f"{number:016x}", "parent_span_id": f"{trace * 8 + 1:016x}" if place else None,
        "name": "step", "start_time": 10**18 + number * 10**9, "end_time": 10**18 + number * 10**9 + 5,
        "attributes": {**said, "gen_ai.usage.input_tokens": 5, "gen_ai.tool.name": "f", "output.value": "x" * 2500},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    folders = parser.parse_args().folders
    files = [file for folder in folders or OWN for file in sorted(folder.rglob("*")) if file.name.endswith(NAMES)]
    lines = list(table(files))
    if not folders:
        head = f"`python bench/traces.py`, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}; sources in the folders under tests/data."
        text = "\n".join(["# Production traces", "", head, "", *lines, "", large(), ""])
        (ROOT / "bench" / "traces.md").write_text(text, encoding="utf-8")
        lines = [text]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
