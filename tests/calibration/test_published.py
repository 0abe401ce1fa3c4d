"""Figures that others published about judges, found again through the command, offline."""

import gzip
import json
from pathlib import Path

import pytest

from harness.cli import main

DATA = Path(__file__).parents[2] / "bench" / "data" / "judges"


def checked(tmp_path, *arguments):
    output = tmp_path / "found.json"
    assert main(["judge", "check", *map(str, arguments), "--every", "-o", str(output)]) == 0
    return json.loads(output.read_text())["sets"]


def test_pandalm_s_annotators_and_judge(tmp_path, capsys):
    (found,) = checked(tmp_path, DATA / "pandalm.csv.gz", "--verdict", "pandalm_7b", "--length", "length1,length2")
    kappas = [pair["value"] for pair in found["humans"]["pairs"]]
    assert [f"{kappa:.3f}" for kappa in kappas] == ["0.852", "0.879", "0.862"]
    assert f"{found['humans']['fleiss']:.3f}" == "0.864"
    assert [sum(row) for row in found["table"]] == [105, 422, 472]
    assert (found["accuracy"]["value"], found["kappa"]["value"]) == pytest.approx((0.6677, 0.4354), abs=5e-5)
    assert "**Fleiss' kappa of the annotators**: 0.8642" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["natural", "gptinst"])
def test_llmbar_s_accuracies_and_positional_agreements_are_exact(tmp_path, name):
    published = json.loads((DATA / f"llmbar_{name}_published.json").read_text())
    found = checked(tmp_path, DATA / f"llmbar_{name}.csv.gz", "--by", "judge,strategy")
    assert len(found) == len(published) == 36
    for one in found:
        known = published[one["group"].replace(" / ", "/")]
        swap = one["swap"]
        assert swap["accuracy"] == pytest.approx(float(known["published_correct_average"].rstrip("%")) / 100, abs=1e-12)
        assert f"{swap['same']} / {swap['rows']}" == known["published_positional_agreement"].split(" =")[0]


def test_unreadable_verdicts_are_a_class_of_their_own(tmp_path):
    found = {one["group"]: one for one in checked(tmp_path, DATA / "llmbar_natural.csv.gz", "--by", "judge,strategy")}
    one = found["PaLM2 / Vanilla_NoRules"]
    assert one["unreadable"] == sum(row[-1] for row in one["table"]) > 0
    assert one["kappa"]["value"] < one["kappa_read"]["value"]
    assert one["swap"]["both_unreadable"] == 3
    assert one["kappa_read"]["n"] + one["unreadable"] == one["kappa"]["n"] == 100


def test_a_judge_of_numbers_against_a_plain_comparison(tmp_path, capsys):
    (found,) = checked(
        tmp_path, DATA / "convfinqa.jsonl.gz", "--id", "question_id", "--verdict", "answer_correct",
        "--compare", "expected_answer,predicted_answer",
    )  # fmt: skip
    assert f"{found['kappa']['value']:.2f}" == "0.83"
    assert (found["accuracy"]["count"], found["accuracy"]["of"]) == (338, 354)
    missed = found["disagreements"]
    assert len(missed) == 16
    assert (-0.0637, 6.3699) in {(item["expected_answer"], item["predicted_answer"]) for item in missed}
    assert sum(item["verdict"] == "yes" for item in missed) == 10
    assert "16 disagreements" in capsys.readouterr().out


def test_the_files_are_what_they_say():
    with gzip.open(DATA / "llmbar_gptinst.csv.gz", "rt") as file:
        assert sum(1 for _ in file) == 92 * 36 + 1
