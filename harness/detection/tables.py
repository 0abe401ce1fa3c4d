"""The findings as rows: one table for people, Markdown and JSON alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from harness.mutation import SEAMS
from harness.shape import plain

from .values import DECIDED, Detection, Fate, Findings, Rate, rate_of

TARGET_SEVERE: Final = 0.95
"""Share of severity-3 mutants that an expected check must notice."""

TARGET_ALL: Final = 0.85
"""Share of all mutants that an expected check must notice."""

ORDER: Final[tuple[Fate, ...]] = (
    "survived", "alarm", "undecided", "broken", "idle", "other", "equivalent", "expected", "quiet",
)  # fmt: skip
"""What needs a person first."""

WORDS: Final[dict[Fate, str]] = {
    "survived": "SURVIVED",
    "alarm": "FALSE ALARM",
    "undecided": "undecided",
    "broken": "broken: the agent fails outright",
    "idle": "changes nothing: equivalent candidate",
    "other": "noticed, by an unexpected check",
    "equivalent": "equivalent",
    "expected": "noticed",
    "quiet": "no check minded",
}


def ordered(findings: Findings) -> list[Detection]:
    """Survivors first."""
    return sorted(findings.detections, key=lambda item: (ORDER.index(item.fate), -item.mutant.severity))


def groups(findings: Findings) -> dict[str, dict[str, Rate]]:
    """Shares by agent, severity, seam, origin and expected check."""
    defects = [item for item in findings.detections if not item.mutant.is_benign]
    return {
        "agent": _by(defects, lambda item: [item.mutant.agent]),
        "severity": _by(defects, lambda item: [str(item.mutant.severity)]),
        "seam": _by(defects, lambda item: [f"{item.mutant.seam} ({SEAMS[item.mutant.seam]})"]),
        "origin": _by(defects, lambda item: ["seen in public" if item.mutant.origin == "S" else "designed"]),
        "expected check": _by(defects, lambda item: item.mutant.expects),
    }


def met(findings: Findings) -> bool:
    """Whether the shares reach their targets and nothing harmless was taken for a defect."""
    severe, every = findings.rate(3).share, findings.rate().share
    return (
        (severe is None or severe >= TARGET_SEVERE)
        and (every is None or every >= TARGET_ALL)
        and not findings.of("alarm")
    )


def percent(rate: Rate) -> str:
    """A share for people."""
    return "–" if rate.share is None else f"{100 * rate.share:.0f} %"


def look(item: Detection) -> str:
    """The command that shows what a mutant did."""
    return f"finharness mutate {item.mutant.id} -v"


def record(findings: Findings) -> dict[str, Any]:
    """Everything, as JSON."""
    severe, every = findings.rate(3), findings.rate()
    benign = [item for item in findings.detections if item.mutant.is_benign]
    return {
        "score": {
            "severity_3": _rate(severe),
            "all": _rate(every),
            "targets": {"severity_3": TARGET_SEVERE, "all": TARGET_ALL},
            "false_alarms": {
                "mutants": len(findings.of("alarm")),
                "of": len(benign),
                "trials": sum(item.noticed for item in benign),
                "of_trials": sum(item.trials for item in benign),
            },
            "met": met(findings),
        },
        "counts": {fate: len(findings.of(fate)) for fate in ORDER},
        "by": {name: {key: _rate(rate) for key, rate in rows.items()} for name, rows in groups(findings).items()},
        "mutants": [_row(item) for item in ordered(findings)],
        "unsteady": list(findings.unsteady),
        "failing_on_control": list(findings.failing),
        "notes": list(findings.notes),
        "trials": findings.trials,
        "control_trials": findings.control_trials,
        "seconds": findings.seconds,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"noticed_by_expected": rate.killed, "noticed": rate.noticed, "of": rate.of, "share": rate.share}


def _row(item: Detection) -> dict[str, Any]:
    made = item.mutant
    return {
        "id": made.id,
        "agent": made.agent,
        "seam": made.seam,
        "severity": made.severity,
        "origin": made.origin,
        "description": made.description,
        "where": made.where,
        "expects": list(made.expects),
        "fate": item.fate,
        "reason": item.reason,
        "trials": item.trials,
        "noticed": item.noticed,
        "kills": [plain(kill) for kill in item.kills],
        "changes": list(item.changes),
    }


def _by(items: Sequence[Detection], keys: Callable[[Detection], Iterable[str]]) -> dict[str, Rate]:
    found: dict[str, list[Detection]] = {}
    for item in items:
        for key in keys(item):
            found.setdefault(key, []).append(item)
    return {key: rate_of(found[key]) for key in sorted(found)}


def decided(item: Detection) -> bool:
    """Whether it counts in the shares."""
    return item.fate in DECIDED
