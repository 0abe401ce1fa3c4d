"""The same small evaluation, written for each framework as its own documentation does; run by bench/peers.py.

Each program takes the number of cases and the agent's waiting time in seconds. Every case has three checks, all of which hold.
"""

TRANSCRIPT = """
import json, random
from pathlib import Path
PROSE = Path("prose.txt").read_text()
SYMBOLS, SECTORS = ["VTI", "BND", "AAPL", "MSFT", "VXUS", "GLD", "NVDA", "JNJ"], ["technology", "bonds", "health", "broad market"]
def table(dice):
    rows, size = [], 0
    while size < 4900:
        quantity, price = dice.randint(1, 500), round(dice.uniform(5, 900), 2)
        rows.append({"symbol": dice.choice(SYMBOLS), "quantity": quantity, "price": price, "value": round(quantity * price, 2),
            "currency": "USD", "sector": dice.choice(SECTORS), "as_of": "2026-03-31"})
        size += 130
    return json.dumps(rows)
def passage(dice):
    start = dice.randrange(len(PROSE) - 5000)
    return PROSE[start : start + 5000]
DICE = random.Random(1)
POOL = [table(DICE) for _ in range(60)], [passage(DICE) for _ in range(60)]
def transcript(number):
    # Twenty messages of 5 kB: fourteen tables as tools return them, six passages of English.
    tables, passages = POOL
    return [tables[(number * 7 + n) % 60] for n in range(14)] + [passages[(number * 11 + n) % 60] for n in range(6)]
"""

FINHARNESS = """
import asyncio, gc, os, sys, tempfile
from pathlib import Path
from harness.engine.manifest import Commit, manifest_of
from harness.engine.options import RunOptions
from harness.engine.run import run_jobs
from harness.model import Case, CheckSpec
from harness.plan import Selection, plan
from harness.registry import Services
from harness.store import Store
from harness.summary import exit_code, summarise
from harness.workspace import AgentSettings, Workspace
count, wait = int(sys.argv[1]), float(sys.argv[2])
root = Path(tempfile.mkdtemp(dir="."))
(root / "mine.py").write_text("import asyncio\\nWAIT = %r\\nasync def echo(request, context):\\n"
    "    if WAIT: await asyncio.sleep(WAIT)\\n    return f'you said {request.input}'\\n" % wait)
checks = (CheckSpec(type="contains", params={"value": "said"}), CheckSpec(type="starts-with", params={"value": "you"}),
    CheckSpec(type="icontains", params={"value": "NUMBER"}))
cases = tuple(Case(id=f"c{n}", suite="demo", agent="echo", input=f"number {n}", checks=checks) for n in range(count))
workspace = Workspace.at(root, agents={"echo": AgentSettings(name="echo", target="mine.py:echo")})
options = RunOptions(concurrency=1000)
jobs = plan(cases, workspace, Selection(), seed=0)
manifest = manifest_of(jobs, workspace, options, seed=0, commit=Commit())
gc.freeze()
with Store.open(root / "results.db") as store, store.claim(manifest.id):
    asyncio.run(run_jobs(jobs, manifest, workspace, store, options=options, services=Services(root=root)))
    row = store.run(manifest.id)
    assert exit_code(summarise(row, store.results(row.id))) == 0 and row.done == count
"""

PYDANTIC = """
import asyncio, sys
from dataclasses import dataclass
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains, Evaluator, EvaluatorContext
count, wait = int(sys.argv[1]), float(sys.argv[2])
@dataclass
class StartsWith(Evaluator):
    value: str
    def evaluate(self, ctx: EvaluatorContext) -> bool:
        return str(ctx.output).startswith(self.value)
async def task(said: str) -> str:
    if wait: await asyncio.sleep(wait)
    return f"you said {said}"
if len(sys.argv) > 3:
    dataset = Dataset[str, str, None].from_file(sys.argv[3], custom_evaluator_types=[StartsWith])
else:
    dataset = Dataset(name="d", cases=[Case(name=f"c{n}", inputs=f"number {n}") for n in range(count)], evaluators=[
        Contains(value="said"), StartsWith(value="you"), Contains(value="NUMBER", case_sensitive=False)])
report = dataset.evaluate_sync(task, progress=False, max_concurrency=1000)
assert len(report.cases) == count and all(a.value for case in report.cases for a in case.assertions.values())
"""

INSPECT = """
import asyncio, sys, tempfile
from inspect_ai import Task, eval as run
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.solver import solver
count, wait = int(sys.argv[1]), float(sys.argv[2])
@solver
def echo():
    async def solve(state, generate):
        if wait: await asyncio.sleep(wait)
        state.output = ModelOutput.from_content("none", f"you said {state.input_text}")
        return state
    return solve
def has(name, held):
    @scorer(metrics=[accuracy()], name=name)
    def make():
        async def score(state, target):
            return Score(value=1 if held(state.output.completion) else 0)
        return score
    return make()
task = Task(dataset=[Sample(input=f"number {n}", id=f"c{n}") for n in range(count)], solver=echo(), scorer=[
    has("said", lambda t: "said" in t), has("you", lambda t: t.startswith("you")), has("number", lambda t: "number" in t)])
(log,) = run(task, model="mockllm/model", display="none", log_dir=tempfile.mkdtemp(dir="."), max_samples=1000)
assert log.status == "success" and len(log.samples) == count
"""

DEEPEVAL = """
import asyncio, os, sys
os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] = "YES"
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase
count, wait = int(sys.argv[1]), float(sys.argv[2])
class Has(BaseMetric):
    threshold, async_mode, evaluation_model, strict_mode, include_reason = 0.5, True, None, False, False
    def measure(self, case, *args, **known):
        self.score = float(self.held(case.actual_output)); self.success = self.score >= 0.5; self.reason = ""
        return self.score
    async def a_measure(self, case, *args, **known):
        return self.measure(case)
    def is_successful(self):
        return self.success
    @property
    def __name__(self):
        return type(self).__name__
class Said(Has):
    def held(self, text): return "said" in text
class You(Has):
    def held(self, text): return text.startswith("you")
class Number(Has):
    def held(self, text): return "number" in text
async def ask(n):
    if wait: await asyncio.sleep(wait)
    return f"you said number {n}"
async def ask_all():
    return await asyncio.gather(*(ask(n) for n in range(count)))
said = asyncio.run(ask_all())
cases = [LLMTestCase(input=f"number {n}", actual_output=text) for n, text in enumerate(said)]
metrics = [Said(), You(), Number()]
result = evaluate(cases, metrics, async_config=AsyncConfig(max_concurrent=1000),
    display_config=DisplayConfig(show_indicator=False, print_results=False), cache_config=CacheConfig(write_cache=False))
assert len(result.test_results) == count and all(item.success for item in result.test_results)
"""

# Text that is the same in no two transcripts: nothing that was looked at before comes again.
TRANSCRIPT_ANEW = """
def transcript(number):
    tables, passages = POOL
    return [f"{number}.{n} {tables[(number * 7 + n) % 60]}" for n in range(14)] + [
        f"{number}.{n} {passages[(number * 11 + n) % 60]}" for n in range(6)]
"""

FINHARNESS_TRANSCRIPTS = (
    TRANSCRIPT
    + """
def agent(request, context):
    for place, text in enumerate(transcript(int(request.input))):
        context.recorder.result(context.recorder.call("search", {"page": place}), text)
    return "done"
"""
)

PYDANTIC_TRANSCRIPTS = (
    TRANSCRIPT
    + """
import sys
from typing import Any
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains
count = int(sys.argv[1])
async def task(number: str) -> dict[str, Any]:
    messages = [{"tool": "search", "page": place, "result": text} for place, text in enumerate(transcript(int(number)))]
    return {"answer": "done", "messages": messages}
dataset = Dataset(name="d", cases=[Case(name=f"c{n}", inputs=str(n)) for n in range(count)], evaluators=[Contains(value="answer")])
report = dataset.evaluate_sync(task, progress=False, max_concurrency=32)
assert len(report.cases) == count
if len(sys.argv) > 2:
    from pathlib import Path
    from pydantic import TypeAdapter
    from pydantic_evals.reporting import EvaluationReport
    Path("report.json").write_bytes(TypeAdapter(EvaluationReport[Any, Any, Any]).dump_json(report))
"""
)

PYDANTIC_SPANS = (
    TRANSCRIPT
    + """
import sys, logfire
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains, HasMatchingSpan
logfire.configure(send_to_logfire=False, console=False)
count = int(sys.argv[1])
async def task(number: str) -> str:
    for place, text in enumerate(transcript(int(number))):
        with logfire.span("search", page=place) as span:
            span.set_attribute("result", text)
    return "done"
dataset = Dataset(name="d", cases=[Case(name=f"c{n}", inputs=str(n)) for n in range(count)],
    evaluators=[Contains(value="done"), HasMatchingSpan(query={"name_equals": "search"})])
report = dataset.evaluate_sync(task, progress=False, max_concurrency=32)
assert len(report.cases) == count and all(all(item.value for item in case.assertions.values()) for case in report.cases)
"""
)

BARE = """
import asyncio, sys
count, wait = int(sys.argv[1]), float(sys.argv[2])
async def echo(said):
    await asyncio.sleep(wait)
    return f"you said {said}"
async def main():
    said = await asyncio.gather(*(echo(f"number {n}") for n in range(count)))
    assert all("said" in text and text.startswith("you") and "number" in text for text in said)
asyncio.run(main())
"""
