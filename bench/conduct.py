"""Measure the conduct guardrail: `python bench/conduct.py` prints the tables and writes bench/conduct.md.

The labelled phrases are in bench/data/conduct. Three ways of telling what an adviser must not say are compared: a plain list of
words, the rules without regard to what a sentence does with a phrase, and the rules as they are shipped. What they flag in other
people's financial writing (paragraphs of annual reports) is counted too.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from harness.guardrails.conduct import check_conduct, shipped  # noqa: E402

DATA = Path(__file__).parent / "data"
SPLITS = {
    "dev": "rules adjusted on it",
    "held": "written before the rules by the same hand, who knew it: no fair test of recall",
    "dev2": "blind once: 4 of 33 found, 2 of 40 flagged wrongly; adjusted on since",
    "dev3": "blind once: 14 of 35 found, 1 of 40 flagged wrongly; adjusted on since",
    "blind": "written after the rules to be worded otherwise, never adjusted on",
}
WORDS = re.compile(
    r"\b(?:guarantee\w*|promise\w*|risk-?free|no risk|certain\w*|sure|definitely|always|never|act now|hurry|last chance|limited time|can't lose)\b",
    re.IGNORECASE,
)
BARE = tuple(replace(rule, scoped=False) for rule in shipped())
Judge = Callable[[str], bool]
JUDGES: dict[str, Judge] = {
    "list of words": lambda text: bool(WORDS.search(text)),
    "rules without scope": lambda text: bool(check_conduct(text, rules=BARE, balance=False).breaches),
    "rules as shipped": lambda text: bool(check_conduct(text, balance=False).breaches),
}


def phrases() -> list[dict[str, str]]:
    """The labelled phrases."""
    return [json.loads(line) for line in (DATA / "conduct" / "phrases.jsonl").read_text("utf-8").splitlines()]


def counts(judge: Judge, rows: list[dict[str, str]]) -> Counter[str]:
    """Right and wrong verdicts."""
    found: Counter[str] = Counter()
    for row in rows:
        bad = row["label"] != "none"
        found[("hit" if bad else "false alarm") if judge(row["text"]) else ("missed" if bad else "quiet")] += 1
    return found


def rate(part: int, whole: int) -> str:
    """A share with its counts."""
    return f"{part / whole:.3f} ({part} of {whole})" if whole else "-"


def paragraphs() -> list[str]:
    """Paragraphs of annual reports, other people's writing in which next to nothing is a promise to a client."""
    with gzip.open(DATA / "tatqa_dev.json.gz", "rt", encoding="utf-8") as file:
        return [text for page in json.load(file) for text in page["paragraphs"]]


def families(rows: list[dict[str, str]]) -> list[str]:
    """Recall by family and split, as table rows."""
    found: dict[str, dict[str, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        if row["label"] != "none":
            found[row["label"]][row["split"]][JUDGES["rules as shipped"](row["text"])] += 1
    return [
        f"| {family} | " + " | ".join(rate(by[split][True], by[split].total()) for split in SPLITS) + " |"
        for family, by in found.items()
    ]


def report() -> str:
    """Everything, as Markdown."""
    rows = phrases()
    lines = [
        "# The conduct guardrail, measured", "",
        "Written by `python bench/conduct.py`. The phrases are this project's own; see [data/conduct/SOURCE.md](data/conduct/SOURCE.md).",
        "Rules find the wordings that they know: on phrases written to be worded otherwise (`blind`) they find a part only. Put a judge",
        "behind them for implied promises.", "",
        "| split | how it was used | method | precision | recall | false alarms |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for split, used in SPLITS.items():
        part = [row for row in rows if row["split"] == split]
        for name, judge in JUDGES.items():
            seen = counts(judge, part)
            flagged, bad, good = (
                seen["hit"] + seen["false alarm"],
                seen["hit"] + seen["missed"],
                seen["false alarm"] + seen["quiet"],
            )
            lines.append(
                f"| {split} | {used} | {name} | {rate(seen['hit'], flagged)} | {rate(seen['hit'], bad)} | {rate(seen['false alarm'], good)} |"
            )
    texts = paragraphs()
    blocked = [text for text in texts if not check_conduct(text, balance=False).ok]
    plain = sum(JUDGES["list of words"](text) for text in texts)
    bare = sum(not check_conduct(text, rules=BARE, balance=False).ok for text in texts)
    rules = Counter(one.rule for text in blocked for one in check_conduct(text, balance=False).blocking)
    lines += [
        "", "## Recall by family, as shipped", "", "| family | " + " | ".join(SPLITS) + " |", "|---|" + "---|" * len(SPLITS),
        *families(rows), "", "## Annual reports (TAT-QA paragraphs)", "", "| method | paragraphs flagged |", "|---|---|",
        f"| list of words | {rate(plain, len(texts))} |", f"| rules without scope, blocking | {rate(bare, len(texts))} |",
        f"| rules as shipped, blocking | {rate(len(blocked), len(texts))} |", "",
        f"By rule: {', '.join(f'`{name}` {number}' for name, number in rules.most_common()) or 'none'}.", "",
        f"{len(shipped())} rules, as of {max(rule.as_of for rule in shipped())}.", "",
    ]  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    made = report()
    (Path(__file__).parent / "conduct.md").write_text(made, encoding="utf-8")
    print(made)
