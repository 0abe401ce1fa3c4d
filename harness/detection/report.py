"""Tell the findings on a terminal: survivors first, with the command to look at them, then shares."""

from __future__ import annotations

from collections.abc import Iterator

from harness.render.terminal import Line, Style, Styled, width
from harness.text import one_line

from .tables import TARGET_ALL, TARGET_SEVERE, WORDS, groups, look, ordered, percent
from .values import Detection, Fate, Findings, Rate

_TROUBLE = ("survived", "alarm", "undecided", "broken", "idle", "other")
_STYLES: dict[Fate, Style] = {
    "survived": "bad", "alarm": "bad", "undecided": "warn", "broken": "warn", "idle": "warn", "other": "warn",
    "equivalent": "dim", "expected": "good", "quiet": "good",
}  # fmt: skip
_NOTES = 6


def lines(findings: Findings, *, verbose: bool = False) -> Iterator[Line]:
    """The whole report."""
    for item in ordered(findings):
        if verbose or item.fate in _TROUBLE:
            yield from _mutant(item, verbose=verbose)
    yield from _shares(findings)
    yield from _remarks(findings)
    yield from _score(findings)


def _mutant(item: Detection, *, verbose: bool) -> Iterator[Line]:
    made = item.mutant
    about = "benign" if made.is_benign else f"severity {made.severity}"
    yield (
        Styled(WORDS[item.fate], _STYLES[item.fate]), "  ", Styled(made.id, "strong"),
        f"  {made.agent}, seam {made.seam}, {about}: {one_line(made.description, 200)}",
    )  # fmt: skip
    columns = width() - 6
    if item.reason:
        yield ("      ", one_line(item.reason, 2 * columns))
    for kill in item.kills[: 12 if verbose else 3]:
        mark = "" if kill.expected else " (not expected)"
        yield (f"      noticed by {kill.check}{mark} in {kill.case}: ", one_line(kill.reason, columns))
    if item.fate == "other":
        yield (f"      expected: {', '.join(made.expects)}",)
    if verbose or item.fate == "survived":
        for change in item.changes if verbose else item.changes[:1]:
            yield ("      changed  ", one_line(change, 2 * columns))
    if verbose:
        yield (f"      asked at {made.where}; {item.noticed} of {item.trials} trials noticed",)
        if item.looked:
            yield ("      passed  ", one_line(", ".join(item.looked), 4 * columns))
    if not verbose and item.fate in {"survived", "alarm", "other", "undecided"}:
        yield ("      ", Styled(f"look: {look(item)}", "dim"))


def _shares(findings: Findings) -> Iterator[Line]:
    for name, rows in groups(findings).items():
        if len(rows) < 2 and name != "severity":
            continue
        yield ("",)
        yield (Styled(f"by {name}", "strong"), "  noticed by an expected check / by any / of")
        for key, rate in rows.items():
            yield (f"  {key:<34} {rate.killed:>4} {rate.noticed:>4} {rate.of:>4}   ", _coloured(rate))


def _coloured(rate: Rate) -> Styled:
    good = rate.share is None or rate.share == 1
    return Styled(percent(rate), "good" if good else "warn")


def _remarks(findings: Findings) -> Iterator[Line]:
    for words, found in (
        ("conclude otherwise when the same trial is run again", findings.unsteady),
        ("fail on the unchanged agent, so no mutant is noticed by them", findings.failing),
    ):
        if found:
            yield ("",)
            yield (Styled(f"{len(found)} check(s) {words}:", "warn"),)
            for item in found[:_NOTES]:
                yield ("  ", one_line(item, 160))
            if len(found) > _NOTES:
                yield (f"  and {len(found) - _NOTES} more",)
    for note in findings.notes:
        yield (Styled(f"note: {one_line(note, 240)}", "warn"),)


def _score(findings: Findings) -> Iterator[Line]:
    yield ("",)
    for words, rate, target in (
        ("severity 3", findings.rate(3), TARGET_SEVERE), ("all mutants", findings.rate(), TARGET_ALL),
    ):  # fmt: skip
        if rate.of:
            good = rate.share is not None and rate.share >= target
            yield (
                f"{words}: {rate.killed} of {rate.of} noticed by an expected check, {rate.noticed} by any: ",
                Styled(percent(rate), "good" if good else "bad"), f" (target {100 * target:.0f} %)",
            )  # fmt: skip
    benign = [item for item in findings.detections if item.mutant.is_benign]
    if benign:
        alarms = len(findings.of("alarm"))
        trials = sum(item.trials for item in benign)
        yield (
            f"false alarms: {alarms} of {len(benign)} benign changes, {sum(item.noticed for item in benign)} of {trials} trials ",
            Styled("(target 0)", "bad" if alarms else "good"),
        )
    apart = [f"{len(found)} {word}" for word, found in (
        ("broken", findings.of("broken")), ("undecided", findings.of("undecided")),
        ("equivalent candidates", findings.of("idle")), ("equivalent", findings.of("equivalent")),
    ) if found]  # fmt: skip
    if apart:
        yield (f"not counted: {', '.join(apart)}",)
    yield (f"{findings.trials} trials ({findings.control_trials} of unchanged agents) in {findings.seconds:.1f} s",)
