"""Find the figures that others published about judges again, offline, through `finharness judge check`.

usage: python bench/judge_published.py      (writes bench/judge_published.md)

Data and licences: bench/data/judges/SOURCE.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DATA = ROOT / "bench" / "data" / "judges"


def main() -> None:
    """Compare and write the tables."""
    page = "\n".join(["# Published figures about judges, found again", "",
                      "Written by `python bench/judge_published.py`. Data: bench/data/judges/SOURCE.md.", "",
                      *pandalm(), *convfinqa(), *llmbar()])  # fmt: skip
    (ROOT / "bench" / "judge_published.md").write_text(page, encoding="utf-8")
    print(page)


def checked(*words: str) -> list[dict[str, Any]]:
    """The sets of one `judge check`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        command = [sys.executable, "-m", "harness", "judge", "check", *words, "--every", "-o", str(out)]
        subprocess.run(command, check=True, capture_output=True)
        found: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))["sets"]
    return found


def pandalm() -> list[str]:
    """Three annotators of 999 pairs, and one judge."""
    (found,) = checked(str(DATA / "pandalm.csv.gz"), "--verdict", "pandalm_7b", "--length", "length1,length2")
    kappas = [pair["value"] for pair in found["humans"]["pairs"]]
    rows = [*zip(("1-2", "1-3", "2-3"), ("0.85", "0.88", "0.86"), kappas, strict=True)]
    lines = ["## PandaLM", "", "| figure | published | found |", "|---|---|---|"]
    lines += [f"| kappa of annotators {who} | {published} | {value:.4f} |" for who, published, value in rows]
    counts = " / ".join(str(sum(row)) for row in found["table"])
    return [*lines, f"| majority labels 0 / 1 / 2 | 105 / 422 / 472 | {counts} |",
            f"| Fleiss' kappa of the annotators | not published; 0.864 reckoned elsewhere | {found['humans']['fleiss']:.4f} |",
            (f"| PandaLM-7B against the majority: agreement, kappa | not published | {found['accuracy']['value']:.4f}, "
            f"{found['kappa']['value']:.4f} |"), ""]  # fmt: skip


def convfinqa() -> list[str]:
    """A judge of numbers against a plain comparison of numbers."""
    (found,) = checked(str(DATA / "convfinqa.jsonl.gz"), "--id", "question_id", "--verdict", "answer_correct",
                       "--compare", "expected_answer,predicted_answer")  # fmt: skip
    share, kappa = found["accuracy"], found["kappa"]
    lines = ["## ConvFinQA", "", (f"The judge and a comparison within 0.5 % (factors 1, 100, 0.01) agree on {share['count']} of "
             f"{share['of']} answers, kappa {kappa['value']:.4f} (95 %: {kappa['low']:.3f} to {kappa['high']:.3f}). They differ on:"), "",
             "| question | expected | answered | by number | by the judge |", "|---|---:|---:|---|---|"]  # fmt: skip
    lines += [f"| {item['id']} | {item['expected_answer']:g} | {item['predicted_answer']:g} | {item['label']} | {item['verdict']} |"
              for item in found["disagreements"]]  # fmt: skip
    return [*lines, ""]


def llmbar() -> list[str]:
    """36 judges and strategies on two sets, in both orders."""
    lines = ["## LLMBar", "", "| set | judge / strategy | accuracy published | found | same in both orders published | found | unreadable | exact |",
             "|---|---|---:|---:|---:|---:|---:|---|"]  # fmt: skip
    exact = 0
    for name in ("natural", "gptinst"):
        published = json.loads((DATA / f"llmbar_{name}_published.json").read_text(encoding="utf-8"))
        for one in checked(str(DATA / f"llmbar_{name}.csv.gz"), "--by", "judge,strategy"):
            known, swap = published[one["group"].replace(" / ", "/")], one["swap"]
            accuracy = float(known["published_correct_average"].rstrip("%"))
            same = known["published_positional_agreement"].split(" =")[0]
            found = f"{swap['same']} / {swap['rows']}"
            hit = abs(accuracy - 100 * swap["accuracy"]) < 1e-9 and same == found
            exact += hit
            lines.append(f"| {name} | {one['group']} | {accuracy:.2f}% | {swap['accuracy']:.2%} | {same} | {found} | "
                         f"{one['unreadable']} | {'yes' if hit else 'NO'} |")  # fmt: skip
    return [*lines, "", f"{exact} of 72 exact."]


if __name__ == "__main__":
    main()
