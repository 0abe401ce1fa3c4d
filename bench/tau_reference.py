"""Which comparison with a reference plan agrees with the real reward: `python bench/tau_reference.py` writes bench/tau_reference.md.

tau-bench decides the reward from the final database. Here the same recorded runs are graded by their calls alone, in every mode of
`trajectory:plan`, and the agreement with the reward is measured as accuracy and Cohen's kappa. Nothing is tuned to a file: which
calls change something is told from the tools' names.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from harness.importers import Recording  # noqa: E402
from harness.importers.tau2 import read_tau2  # noqa: E402
from harness.importers.tau_bench import read_tau_bench  # noqa: E402
from harness.model import CheckSpec, Outcome  # noqa: E402
from harness.registry import Finding, Subject, build  # noqa: E402

DATA = Path(__file__).parent / "data"
FILES: dict[str, tuple[Callable[..., Recording], str]] = {
    "tau-bench airline, gpt-4o (200 runs)": (read_tau_bench, "tau_bench_gpt-4o-airline.json.gz"),
    "tau-bench retail, tool calling (100 runs)": (read_tau_bench, "tau_bench_retail_baseline.json.gz"),
    "tau2 airline, ToolOrchestra (50 runs)": (read_tau2, "tau2_toolorchestra_airline.json.gz"),
}
MODES = {
    "exact": "the same calls, no others, in this order",
    "in_order": "the plan's calls in order, others allowed",
    "any_order": "the plan's calls, others allowed",
    "writes": "the changing calls as a multiset, with arguments (default)",
}
TARGET = 0.86


def kappa(pairs: Iterable[tuple[bool, bool]]) -> tuple[float, float]:
    """Accuracy and Cohen's kappa of two judges."""
    table = Counter(pairs)
    total = table.total()
    agree = (table[True, True] + table[False, False]) / total
    said = (table[True, True] + table[True, False]) / total
    real = (table[True, True] + table[False, True]) / total
    chance = said * real + (1 - said) * (1 - real)
    return agree, (agree - chance) / (1 - chance) if chance < 1 else 1.0


def judged(recording: Recording, mode: str) -> Iterator[tuple[bool, bool]]:
    """Whether the calls follow the plan, and whether the run was rewarded."""
    check = build(CheckSpec(type="trajectory:plan", params={"mode": mode}))
    for job, outcome in recording.trials:
        if outcome.status == "completed":
            yield _followed(check.conclude(Subject(job.case, outcome)), outcome, mode), _rewarded(outcome)


def _followed(finding: object, outcome: Outcome, mode: str) -> bool:
    assert isinstance(finding, Finding)
    if finding.passed is not None:
        return finding.passed
    # No plan at all: the task is to do nothing that changes anything.
    from harness.steps.calls import may_write

    made = [call for call in outcome.trace.tools if call.status == "ok"]
    return not (
        made if mode == "exact" else [call for call in made if may_write(call.name)] if mode == "writes" else []
    )


def _rewarded(outcome: Outcome) -> bool:
    return float(outcome.trace.artifacts["reward"]) == 1.0


def main() -> int:
    """Measure, print and write the table."""
    lines = [
        "# Reference plans against the real reward",
        "",
        (
            "Agreement of `trajectory:plan` with the reward, from the database, of recorded runs: accuracy / kappa. "
            "`python bench/tau_reference.py`."
        ),
        "",
        f"| mode | {' | '.join(FILES)} |",
        "|---|" + "---|" * len(FILES),
    ]
    recordings = [reader(DATA / name) for reader, name in FILES.values()]
    table = {mode: [kappa(judged(recording, mode)) for recording in recordings] for mode in MODES}
    for mode, found in table.items():
        lines.append(f"| `{mode}`: {MODES[mode]} | " + " | ".join(f"{a:.2f} / {k:.2f}" for a, k in found) + " |")
    reached = table["writes"][0][1]
    lines += [
        "",
        f"Target: kappa {TARGET} on airline for the default; reached {reached:.2f}. Sources: bench/data/SOURCE.md.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")
    return 0 if reached >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
