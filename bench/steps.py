"""Measure the step analysis: `python bench/steps.py` prints the tables and writes bench/steps.md.

Traces of a financial agent are generated with defects put into them and with traps beside them: reads that a trade made worthwhile,
polls, calls that need each other, identifiers that came from the user, a nested result or a sentence. The generator knows what it
planted; the analysis sees only the trace. Two simple rules are measured on the same traces: a counter of equal calls, and the
repetition rule of DeepEval's AgentLoopDetection (three equal calls are a loop), written down from its source.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from harness.model import Case, PlanStep, Reference, Step, ToolFacts, Trace, TurnTrace, Usage, canonical  # noqa: E402
from harness.steps import analyse  # noqa: E402
from harness.steps.course import Course  # noqa: E402

TRACES = 600
CLASSES = ("redundant", "loop", "retry", "unrecovered", "serialisable", "invented")
FACTS = {
    "get_order_status": ToolFacts(poll=True),
    "get_price": ToolFacts(volatile_args=("request_id",), choices=("period",)),
    "place_order": ToolFacts(mutates=("ledger",)),
}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Writer:
    """Writes one trace, and beside it what was planted."""

    rng: random.Random
    steps: list[Step] = field(default_factory=list)
    planted: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in CLASSES})
    now: float = 0.0
    told: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def fresh(self, kind: str = "ticker") -> str:
        """An identifier that occurs nowhere yet."""
        while True:
            made = (
                "".join(self.rng.choices(LETTERS, k=4)) if kind == "ticker" else f"ACC-{self.rng.randrange(10**6):06}"
            )
            if made not in self.used:
                self.used.add(made)
                return made

    def price(self) -> float:
        """A figure with enough digits to be told from others."""
        return round(self.rng.uniform(100, 900), 2)

    def model(self) -> None:
        """The agent thinks."""
        start, self.now = self.now, self.now + self.rng.uniform(0.2, 1.0)
        self.steps.append(
            Step(
                id=f"m{len(self.steps)}",
                kind="llm",
                name="model",
                t0=start,
                t1=self.now,
                usage=Usage(500, 50, 0),
                cost_usd=0.001,
            )
        )

    def batch(self, *calls: tuple[str, dict[str, Any], Any]) -> list[str]:
        """One tool turn: the model asks for calls, which run at the same time; a result that is an Exception failed."""
        self.model()
        start, ids = self.now, []
        for name, args, result in calls:
            end = start + self.rng.uniform(0.1, 0.6)
            failed = isinstance(result, Exception)
            step_id = f"c{len(self.steps)}"
            self.steps.append(
                Step(
                    id=step_id, kind="tool", name=name, args=args, result=None if failed else result,
                    status="error" if failed else "ok", error=str(result) if failed else None, t0=start, t1=end,
                )
            )  # fmt: skip
            ids.append(step_id)
            self.now = max(self.now, end)
        return ids

    def plant(self, kind: str, what: str) -> None:
        """Note a defect."""
        self.planted[kind][what] += 1

    def case(self) -> Case:
        """The case that goes with it."""
        return Case(id="G", input=" ".join(self.told), reference=Reference(tools=FACTS))

    def trace(self) -> Trace:
        """What was written."""
        return Trace(steps=tuple(self.steps), turns=(TurnTrace("done"),), answer="done", duration_s=self.now)


def portfolio(w: Writer) -> list[str]:
    """Every conversation begins with a look at what is held; each later turn below needs something of an earlier one."""
    tickers = [w.fresh() for _ in range(w.rng.randint(2, 4))]
    account = w.fresh("account")
    w.told.append(f"Please review account {account}.")
    w.batch(("get_portfolio", {"account_id": account}, {"holdings": [{"symbol": t, "quantity": 10} for t in tickers]}))
    return tickers


def clean_prices(w: Writer, tickers: list[str]) -> None:
    """Prices of what is held, asked for together."""
    prices = {t: w.price() for t in tickers}
    w.batch(
        *(
            ("get_price", {"symbol": t, "period": "1d", "request_id": str(w.rng.random())}, {"price": prices[t]})
            for t in tickers
        )
    )
    w.batch(("allocate", {"prices": list(prices.values())}, {"plan_id": w.fresh("account")}))


def duplicate(w: Writer, tickers: list[str]) -> None:
    """The same question twice, with something in between."""
    name, key = w.rng.choice([("get_news", "symbol"), ("get_profile", "symbol"), ("get_price", "symbol")])
    other = w.fresh()
    args, result = {key: w.rng.choice(tickers)}, {"text": f"Peer {other} is cheap at {w.price()}."}
    w.batch((name, {**args, **({"request_id": "1"} if name == "get_price" else {})}, result))
    w.batch(("get_profile", {"symbol": other}, {"id": w.fresh("account")}))
    (again,) = w.batch((name, {**args, **({"request_id": "2"} if name == "get_price" else {})}, result))
    w.plant("redundant", again)


def trade_and_look(w: Writer, tickers: list[str]) -> None:
    """No defect: what was read is read again after a trade."""
    symbol = w.rng.choice(tickers)
    cash = {"cash": w.price()}
    w.batch(("get_balance", {}, cash))
    w.batch(("place_order", {"symbol": symbol, "quantity": 1}, {"order_id": w.fresh("account")}))
    w.batch(("get_balance", {}, cash if w.rng.random() < 0.5 else {"cash": w.price()}))


def poll(w: Writer, tickers: list[str]) -> None:
    """No defect: waiting for an order to be filled."""
    order = w.fresh("account")
    w.batch(("place_order", {"symbol": w.rng.choice(tickers), "quantity": 2}, {"order_id": order}))
    for _ in range(w.rng.randint(3, 6)):
        w.batch(("get_order_status", {"order_id": order}, "pending"))
    w.batch(("get_order_status", {"order_id": order}, "filled"))


def retry(w: Writer, tickers: list[str]) -> None:
    """A failure, tried again with the same or one changed argument until it works, or not."""
    args = {"symbol": w.rng.choice(tickers), "form": "10-K", "year": 2025}
    name = w.rng.choice(["search_filings", "get_estimates", "get_dividends"])
    failures = w.rng.randint(1, 3)
    ids = []
    for _ in range(failures):
        ids += w.batch((name, dict(args), TimeoutError("timeout")))
        if w.rng.random() < 0.3:
            args = {**args, "year": args["year"] - 1}
    if w.rng.random() < 0.6:
        ids += w.batch((name, dict(args), {"url": f"https://example.com/{w.fresh()}"}))
    else:
        w.plant("unrecovered", ids[0])
    for again in ids[1:]:
        w.plant("retry", again)
    calls = [step for step in w.steps if step.id in ids]
    if failures == 3 and len({canonical(step.args) for step in calls[:3]}) == 1:
        w.plant("loop", ids[0])  # three equal failures in a row bring nothing new


def loop(w: Writer, tickers: list[str]) -> None:
    """The same one to six calls, three to five times."""
    period, rounds = w.rng.randint(1, 6), w.rng.randint(3, 5)
    block = [
        (
            f"{w.rng.choice(['get_quote', 'get_chart', 'get_rating'])}_{number}",
            {"symbol": w.rng.choice(tickers)},
            {"v": w.price()},
        )
        for number in range(period)
    ]
    first = len(w.steps)
    for number in range(rounds):
        for call in block:
            (step,) = w.batch(call)
            if number:
                w.plant("redundant", step)
    w.plant("loop", next(step.id for step in w.steps[first:] if step.kind == "tool"))
    for _ in range(
        period - 1
    ):  # what the user named is asked for turn by turn: all but the first could have been one turn
        w.plant("serialisable", "turn")


def progress(w: Writer, tickers: list[str]) -> None:
    """No defect: the same page-turning call again and again, with something new each time."""
    cursor = w.fresh("account")
    w.batch(("open_feed", {"symbol": w.rng.choice(tickers)}, {"cursor": cursor}))
    for _ in range(4):
        w.batch(("next_page", {"cursor": cursor}, {"rows": [w.price(), w.price()]}))


def serial(w: Writer, tickers: list[str]) -> None:
    """Independent reads, one per turn: all but the first could have gone with the turn before."""
    named = [w.fresh() for _ in range(w.rng.randint(2, 4))]
    w.told.append(f"Compare {', '.join(named[:-1])} and {named[-1]}.")
    w.batch(("place_order", {"symbol": w.rng.choice(tickers), "quantity": 3}, {"order_id": w.fresh("account")}))
    for number, symbol in enumerate(named):
        w.batch(("get_profile", {"symbol": symbol}, {"sector": "energy", "beta": w.price()}))
        if number:
            w.plant("serialisable", "turn")
    w.batch(("place_order", {"symbol": w.rng.choice(tickers), "quantity": 4}, {"order_id": w.fresh("account")}))


def dependent(w: Writer, tickers: list[str]) -> None:
    """No defect: each call needs what the one before gave back, in a list, nested, or in a sentence."""
    first, second = w.fresh("account"), w.fresh()
    w.batch(("find_document", {"symbol": w.rng.choice(tickers)}, {"hits": [{"meta": {"document": first}}]}))
    w.batch(
        ("read_document", {"document_id": first}, f"The filing compares the company with {second}, its main rival.")
    )
    w.batch(("get_profile", {"symbol": second}, {"price": w.price()}))


def invent(w: Writer, tickers: list[str]) -> None:
    """An identifier from nowhere, beside one from the user and one from a result."""
    good = w.fresh("account")
    w.told.append(f"My broker's number is {good}.")
    kind = w.rng.choice(["ticker", "account"])
    bad = w.fresh(kind)
    key = "symbol" if kind == "ticker" else "account_id"
    order = {"symbol": w.rng.choice(tickers), "broker_id": good, "side": "buy"}
    (step,) = w.batch(("place_order", {**order, key: bad}, {"order_id": w.fresh("account")}))
    w.plant("invented", f"{step} {key}")


PARTS = (clean_prices, duplicate, trade_and_look, poll, retry, loop, progress, serial, dependent, invent)


def generated(seed: int) -> Writer:
    """One trace with two to six parts."""
    w = Writer(random.Random(seed))
    tickers = portfolio(w)
    for part in w.rng.sample(PARTS, w.rng.randint(2, 6)):
        # A trade between parts makes what is asked for again in another part worthwhile, and keeps turns of two parts apart.
        w.batch(("place_order", {"symbol": w.rng.choice(tickers), "quantity": 1}, {"order_id": w.fresh("account")}))
        part(w, tickers)
    return w


def detected(w: Writer) -> dict[str, Counter[str]]:
    """What the analysis finds, in the words of the generator."""
    course = Course.of(w.trace(), w.case())
    found = {name: Counter() for name in CLASSES}
    found["redundant"].update(call.id for call, _ in course.repeats)
    found["loop"].update(item.calls[0].id for item in course.loops)
    found["unrecovered"].update(item.attempts[0].id for item in course.recoveries if item.by is None)
    for item in course.recoveries:
        found["retry"].update(step.id for step in (*item.attempts[1:], *([item.by] if item.by else [])))
    found["serialisable"]["turn"] = course.timing.turns_saveable
    found["invented"].update(
        f"{item.call.id} {item.value.argument}" for item in course.sources.unsourced if item.value.kind == "identifier"
    )
    return found


def duplicate_counter(w: Writer) -> dict[str, Counter[str]]:
    """Every call that equals an earlier one is redundant; three in all are a loop."""
    seen: Counter[str] = Counter()
    found = {name: Counter() for name in CLASSES}
    first: dict[str, str] = {}
    for step in w.steps:
        if step.kind == "tool":
            key = canonical([step.name, step.args])
            seen[key] += 1
            first.setdefault(key, step.id)
            if seen[key] > 1:
                found["redundant"][step.id] += 1
            if seen[key] == 3:  # the rule of AgentLoopDetection
                found["loop"][first[key]] += 1
    return found


def table(rule: Any, seeds: range) -> dict[str, tuple[int, int, int]]:
    """True positives, false positives and misses by class."""
    total = {name: [0, 0, 0] for name in CLASSES}
    for seed in seeds:
        w = generated(seed)
        found = rule(w)
        for name in CLASSES:
            right = (w.planted[name] & found[name]).total()
            total[name][0] += right
            total[name][1] += found[name].total() - right
            total[name][2] += w.planted[name].total() - right
    return {name: (a, b, c) for name, (a, b, c) in total.items()}


def growth() -> list[tuple[str, int, float]]:
    """CPU seconds for traces of growing length, of kinds that a quadratic analysis would choke on."""
    rows = []
    for kind, make in LONG.items():
        for size in (2_500, 5_000, 10_000):
            trace = Trace(steps=tuple(make(number, size) for number in range(size)), duration_s=float(size))
            plan = Reference(steps=(PlanStep(name="t1"), PlanStep(name="t2", after=("t1",))))
            best = float("inf")
            for _ in range(3):
                start = time.process_time()
                analyse(trace, Case(id="G", input="Go.", reference=plan))
                best = min(best, time.process_time() - start)
            rows.append((kind, size, best))
    return rows


def _step(number: int, name: str, args: dict[str, Any], result: Any, **known: Any) -> Step:
    return Step(
        id=f"s{number}",
        kind="tool",
        name=name,
        args=args,
        result=result,
        **{"t0": float(number), "t1": number + 1.0, **known},
    )


LONG = {
    "many tools, texts with figures": lambda n, _: _step(
        n, f"t{n % 7}", {"n": n % 1000, "s": f"ABC{n % 50}"}, {"text": f"ABC{n % 50} is at {n}.25"}
    ),
    "one call that always fails": lambda n, _: _step(n, "t1", {"s": "ZZZ1"}, None, status="error", error="x"),
    "nothing but equal calls": lambda n, _: _step(n, "t1", {"s": "ZZZ1"}, 1),
    "all at the same time": lambda n, size: _step(n, "t1", {"s": f"K{n}1"}, 1, t0=0.0, t1=float(size)),
    "orders, each with its own number": lambda n, _: _step(n, "place_order", {"ref": f"Q{n}"}, {"id": f"X{n}"}),
}


def main() -> int:
    """Measure, print and write the table."""
    seeds = range(TRACES)
    ours, simple = table(detected, seeds), table(duplicate_counter, seeds)
    lines = [
        "# Step analysis: what it finds in generated traces",
        "",
        (
            f"{TRACES} traces of {sum(len(generated(seed).steps) for seed in seeds)} steps with planted defects and traps; "
            "`python bench/steps.py`."
        ),
        "",
        "| class | planted | precision | recall | equal calls counted: precision | recall |",
        "|---|---|---|---|---|---|",
    ]
    good = True
    for name in CLASSES:
        precision, recall, other = _rates(ours[name]), _rates(ours[name], recall=True), simple[name]
        good &= precision >= 0.97 and recall >= 0.95
        rest = (
            (_shown(_rates(other)), _shown(_rates(other, recall=True))) if name in ("redundant", "loop") else ("-", "-")
        )
        lines.append(
            f"| {name} | {ours[name][0] + ours[name][2]} | {precision:.3f} | {recall:.3f} | {rest[0]} | {rest[1]} |"
        )
    lines += ["", "Target: precision 0.97 and recall 0.95 in every class.", "", "CPU seconds for one analysis:", ""]
    lines += ["| steps | 2,500 | 5,000 | 10,000 |", "|---|---|---|---|"]
    rows = growth()
    for kind in LONG:
        lines.append(f"| {kind} | " + " | ".join(f"{seconds:.2f}" for name, _, seconds in rows if name == kind) + " |")
    slowest = max(seconds for _, size, seconds in rows if size == 10_000)
    lines += ["", f"Target: 10,000 steps in less than a second; the slowest took {slowest:.2f} s."]
    text = "\n".join(lines) + "\n"
    print(text)
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    return 0 if good and slowest < 1 else 1


def _rates(counts: tuple[int, int, int], *, recall: bool = False) -> float:
    right, wrong, missed = counts
    total = right + (missed if recall else wrong)
    return right / total if total else 1.0


def _shown(rate: float) -> str:
    return f"{rate:.3f}"


if __name__ == "__main__":
    sys.exit(main())
