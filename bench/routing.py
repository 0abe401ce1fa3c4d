"""Measure where Clera sends 66 questions: `python bench/routing.py` writes the confusion matrix to bench/routing.md.

The questions are the cases with the tag `routing`; whom each must reach is what their check `cases/_checks/clera.py:route` says.
Each is asked of the plain offline model and of the one with varied wording and one misbehaviour in ten.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.model import Case, Result
from harness.steps.routing import Confusion, confusion
from harness.store import Store
from harness.suites import load
from harness.workspace import Workspace

ROOT = Path(__file__).parent.parent
ROUTE = "cases/_checks/clera.py:route"
ONE_OF = ("portfolio", "analyst", "trade", "nobody")
FLOOR = 0.85
"""Least share of right routes, by the Clera guide's alert."""


@dataclass(frozen=True)
class Routed:
    """What came of the questions."""

    first: Confusion
    """Whom each must reach first, and whom it reached."""

    exact: int
    """Trials whose whole way was the right one."""

    trials: int
    """All of them."""

    @property
    def accuracy(self) -> float:
        """Share of trials that reached the right member first."""
        return self.first.accuracy or 0.0


def expected(case: Case) -> list[str]:
    """The way that a case asks for."""
    found = [check.params["params"]["route"] for check in case.checks if check.params.get("value") == ROUTE]
    return list(found[0])


def way(result: Result) -> list[str]:
    """The way that a trial took."""
    return [step.name for step in result.outcome.trace.steps if step.kind == "handoff"]


def routed(results: Iterable[Result]) -> Routed:
    """Compare the ways taken with those asked for."""
    pairs = [(expected(result.job.case), way(result)) for result in results if result.outcome.status == "completed"]
    first = confusion(((wanted or ["nobody"])[0], (taken or ["nobody"])[0]) for wanted, taken in pairs)
    return Routed(first, sum(wanted == taken for wanted, taken in pairs), len(pairs))


def table(found: Routed) -> Iterator[str]:
    """The matrix: a row for each member that had to be reached, a column for each that was."""
    yield f"| must reach | {' | '.join(ONE_OF)} | right |"
    yield f"|---|{'---:|' * len(ONE_OF)}---:|"
    for wanted in ONE_OF:
        row = Counter({taken: found.first.counts.get((wanted, taken), 0) for taken in ONE_OF})
        share = f"{row[wanted] / row.total():.1%}" if row.total() else "–"
        yield f"| {wanted} | {' | '.join(str(row[taken]) for taken in ONE_OF)} | {share} |"


def asked(workspace: Workspace, model: str, repeat: int) -> list[Result]:
    """Run the questions on a model, and read the results back."""
    command = [sys.executable, "-m", "harness", "eval", "cases/clera", "--tag", "routing", "--agent", f"clera@{model}"]
    done = subprocess.run(
        [*command, "--repeat", str(repeat), "--json"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode > 1:
        sys.exit(done.stderr or done.stdout)
    with Store.open(workspace.store, readonly=True) as store:
        return list(store.results(json.loads(done.stdout)["run"]["id"], traces=True))


def main() -> None:
    """Ask, compare and write the tables."""
    workspace = Workspace.find(ROOT)
    cases = [case for case in load(workspace, ["cases/clera"]) if "routing" in case.tags]
    lines = [
        "# Where 66 questions are sent",
        "",
        f"Written by `python bench/routing.py`: {len(cases)} cases with the tag `routing`. The floor is {FLOOR:.0%} of right first",
        "handoffs; `exact` counts the whole way, so also the second handoff of a question that needs two members.",
    ]
    for model, repeat in (("offline", 1), ("offline-noisy", 3), ("offline-flaky", 3)):
        found = routed(asked(workspace, model, repeat))
        lines += ["", f"## {model}", "", *table(found), ""]
        lines.append(
            f"{found.trials} trials; right first handoff {found.accuracy:.1%} "
            f"({'above' if found.accuracy >= FLOOR else 'BELOW'} the floor), exact way {found.exact / found.trials:.1%}."
        )
    (ROOT / "bench" / "routing.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
