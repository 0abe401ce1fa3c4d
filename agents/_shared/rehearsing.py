"""Exercises with whole runs: a workspace in a temporary folder, and the command line as a user types it."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import harness
from harness.store import Store
from harness.testing.sink import LangfuseSink

if TYPE_CHECKING:
    from harness.model import Result

    from .exercises import Do, Given

_AGENT: Final = Path(__file__).with_name("rehearsed.py")
_PROGRAM: Final = str(Path(str(harness.__file__)).parents[1])
_LONGEST_S: Final = 45.0
_AT_ONCE: Final = 3
"""Commands of one worker that run at once: else a dozen cases would start as many programs on two cores."""
_TURNS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()
_PRICED: Final = {"provider": "offline", "id": "offline", "input_usd_per_mtok": 3.0, "output_usd_per_mtok": 15.0}


class Rehearsal:
    """A workspace with one agent, and the commands that are run in it."""

    def __init__(
        self, root: Path, inputs: Sequence[str], *, agent: Mapping[str, Any], tables: Mapping[str, Any], repeat: int
    ) -> None:
        self.root = root
        (root / "agents").mkdir()
        (root / "cases").mkdir()
        shutil.copy(_AGENT, root / "agents" / "rehearsed.py")
        known = {"target": "agents/rehearsed.py:asks", "policy": "agents/rehearsed.py:policy", **agent}
        lines = _toml({"run": {"conceal": False}, "agents.asks": known, **tables})
        (root / "harness.toml").write_text("\n".join(lines), encoding="utf-8")
        check = [{"type": "contains", "value": "about"}]
        cases = [
            {"id": f"R-{place}", "input": said, "repeat": repeat, "assert": check} for place, said in enumerate(inputs)
        ]
        (root / "cases" / "rehearsed.yaml").write_text(json.dumps({"agent": "asks", "cases": cases}), encoding="utf-8")

    async def start(self, words: Sequence[str], environ: Mapping[str, str]) -> asyncio.subprocess.Process:
        """Begin a command, which sees nothing of our own environment but what is needed to find the program."""
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "harness", *words, cwd=self.root, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.root), "PYTHONPATH": _PROGRAM, "AWS_EC2_METADATA_DISABLED": "true", **environ},
        )  # fmt: skip

    async def run(self, words: Sequence[str], environ: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Run a command to its end: its exit code and what it said on either stream."""
        async with _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
            process = await self.start(words, environ or {})
            out, err = await asyncio.wait_for(process.communicate(), _LONGEST_S)
        return {"exit": process.returncode, "out": out.decode(), "err": err.decode()}

    def lines(self, name: str) -> list[str]:
        """What the agent wrote down in one of its files."""
        file = self.root / "agents" / name
        return file.read_text("utf-8").splitlines() if file.exists() else []

    def results(self) -> list[Result]:
        """The trials of the latest run."""
        with Store.open(self.root / ".harness" / "results.db", readonly=True) as store:
            return list(store.results(store.run("latest").id, traces=True))

    def runs(self) -> int:
        """How many runs there were."""
        with Store.open(self.root / ".harness" / "results.db", readonly=True) as store:
            return len(store.runs())


def _toml(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Tables as harness.toml writes them; JSON's words for text, numbers, lists and truth are TOML's, too."""
    for name, table in tables.items():
        yield f"[{name}]"
        yield from (f"{key} = {json.dumps(item)}" for key, item in table.items())


@contextmanager
def rehearsal(
    inputs: Sequence[str],
    *,
    agent: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
    repeat: int = 1,
) -> Iterator[Rehearsal]:
    """A workspace that is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        yield Rehearsal(Path(folder), inputs, agent=agent or {}, tables=tables or {}, repeat=repeat)


async def refused(given: Given, do: Do) -> dict[str, Any]:
    """`{model, models, environ, examine}`: what doctor and eval say of an agent whose model cannot be asked like this."""
    with rehearsal(["VTI", "BND"], agent={"model": given["model"]}, tables=given["models"]) as place:

        async def doctor() -> dict[str, Any]:
            """Have the workspace looked at."""
            told = await place.run(["doctor", "--json"], given.get("environ"))
            return {"exit": told["exit"], "remarks": json.loads(told["out"])}

        async def evaluate() -> dict[str, Any]:
            """Try to run the cases."""
            told = await place.run(["eval"], given.get("environ"))
            return {"exit": told["exit"], "said": told["err"]}

        examined = await do(doctor)() if given.get("examine", True) else {"exit": None, "remarks": []}
        tried = await do(evaluate)()
        return {
            "doctor": examined["exit"],
            "remarks": [item["text"] for item in examined["remarks"] if item["mark"] != "ok"],
            "eval": tried["exit"],
            "said": tried["said"],
            "begun": len(place.lines("begun")),
        }


async def capped(given: Given, do: Do) -> dict[str, Any]:
    """`{cases, letters, budget_usd}`: what a run spends that may not spend more than that, and what becomes of its trials."""
    inputs = [f"question {number:03} " + "x" * given["letters"] for number in range(given["cases"])]
    tables = {"run": {"conceal": False, "budget_usd": given["budget_usd"]}, "models.priced": _PRICED}
    with rehearsal(inputs, agent={"model": "priced"}, tables=tables) as place:

        async def evaluate() -> dict[str, Any]:
            """Run the cases."""
            told = await place.run(["eval", "-j", str(given.get("at_once", 4))])
            return {"exit": told["exit"], "said": told["err"] + told["out"]}

        ended, results = await do(evaluate)(), place.results()
        costs = [item.outcome.trace.cost_usd or 0.0 for item in results]
        return {
            "exit": ended["exit"],
            "said": [line.strip() for line in ended["said"].splitlines() if "budget" in line],
            "status": dict(Counter(item.status for item in results)),
            "spent_usd": sum(costs),
            "dearest_usd": max(costs, default=0.0),
            "asked": len(place.lines("asked")),
        }


async def cached(given: Given, do: Do) -> dict[str, Any]:
    """`{inputs, repeat, runs}`: what the same run costs and says each time, where replies are kept."""
    with rehearsal(
        given["inputs"], agent={"model": "priced"}, tables={"models.priced": _PRICED}, repeat=given["repeat"]
    ) as place:

        async def evaluate(words: Sequence[str]) -> dict[str, Any]:
            """Run the cases with these options."""
            before = len(place.lines("asked"))
            told = await place.run(["eval", *words])
            traces = [item.outcome.trace for item in place.results()]
            return {
                "exit": told["exit"],
                "cost_usd": [trace.cost_usd for trace in traces],
                "hits": sum(bool(step.args.get("cache_hit")) for trace in traces for step in trace.models),
                "answers": [trace.answer for trace in traces],
                "asked": len(place.lines("asked")) - before,
            }

        return {"runs": [await do(evaluate)(words=words) for words in given["runs"]]}


async def killed(given: Given, do: Do) -> dict[str, Any]:
    """`{inputs, side_effects}`: how often each trial began of a run that is killed while some wait, and is resumed."""
    agent = {"model": "offline", **({"side_effects": given["side_effects"]} if "side_effects" in given else {})}
    with rehearsal(given["inputs"], agent=agent) as place:

        async def kill() -> dict[str, Any]:
            """Begin the run, and kill it once all of its trials have begun and those that do not wait are over."""
            process = await place.start(["eval", "-j", str(len(given["inputs"]))], {})
            ends = time.monotonic() + _LONGEST_S / 2
            quick = [said for said in given["inputs"] if not said.startswith("slow")]
            while time.monotonic() < ends and not (  # noqa: ASYNC110 - what is waited for happens in other processes
                len(place.lines("begun")) == len(given["inputs"]) and _done(place) == len(quick)
            ):
                await asyncio.sleep(0.03)
            process.send_signal(signal.SIGKILL)
            await process.communicate()
            return {"exit": process.returncode, "begun": len(place.lines("begun")), "kept": _done(place)}

        async def resume() -> dict[str, Any]:
            """Take the run up again."""
            told = await place.run(["eval", "--resume"])
            return {"exit": told["exit"], "said": told["err"]}

        ended = await do(kill)()
        (place.root / "agents" / "go").touch()
        resumed, results = await do(resume)(), place.results()
        return {
            "killed": ended,
            "resumed": resumed["exit"],
            "runs": place.runs(),
            "begun": dict(sorted(Counter(place.lines("begun")).items())),
            "status": {str(item.job.case.input): item.status for item in results},
            "why": sorted({item.outcome.error.type for item in results if item.outcome.error}),
        }


def _done(place: Rehearsal) -> int:
    """Trials of the run whose results are kept."""
    if not (place.root / ".harness" / "results.db").exists():
        return 0
    with Store.open(place.root / ".harness" / "results.db") as store:
        runs = store.runs()
        return runs[0].done if runs else 0


async def unreachable(given: Given, do: Do) -> dict[str, Any]:
    """`{langfuse: unset or wrong}`: how a run ends whose traces go there, and what it says of them."""
    tables = {"telemetry": {"exporters": ["langfuse"], "deadline_s": 10.0}}
    with LangfuseSink() as sink, rehearsal(["VTI", "BND"], agent={"model": "offline"}, tables=tables) as place:
        known = sink.environ()
        environ = {
            "unset": {"LANGFUSE_BASE_URL": sink.url},
            "wrong": {**known, "LANGFUSE_SECRET_KEY": "sk-wrong"},
        }[given["langfuse"]]

        async def evaluate() -> dict[str, Any]:
            """Run the cases."""
            told = await place.run(["eval"], environ)
            return {
                "exit": told["exit"],
                "said": [line for line in told["err"].splitlines() if "telemetry" in line.lower()],
            }

        ended = await do(evaluate)()
        status = [item.status for item in place.results()]
        return {**ended, "status": status, "requests": len(sink.requests), "spans": len(sink.spans)}
