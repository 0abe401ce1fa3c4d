"""Label files as anybody may have written them, and what is no such file."""

import csv
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.calibration.columns import Columns, examples, joined
from harness.calibration.examine import examine
from harness.calibration.ratings import ABSTAINED, UNREADABLE, number_of, plain_rating, spelling
from harness.calibration.tables import cell, is_table, read_table
from harness.cli import main
from harness.errors import UserError

ROWS = [
    {"id": "1", "label": "yes", "verdict": "yes"},
    {"id": "2", "label": "no", "verdict": "no"},
    {"id": "3", "label": "yes", "verdict": "no"},
    {"id": "4", "label": "no", "verdict": "cannot_tell"},
    {"id": "5", "label": "no", "verdict": ""},
]


def written(path, text):
    path.write_bytes(text.encode("utf-8-sig"))
    return path


def as_csv(delimiter):
    lines = [list(ROWS[0]), *(list(row.values()) for row in ROWS)]
    return "\r\n".join(delimiter.join(line) for line in lines)


FORMS = {
    "a.jsonl": "\n".join(map(json.dumps, ROWS)) + "\n\n",
    "a.json": json.dumps(ROWS),
    "b.json": json.dumps({"meta": {"n": 5}, "results": ROWS}),
    "c.json": json.dumps({row["id"]: {"label": row["label"], "verdict": row["verdict"]} for row in ROWS}),
    "a.csv": as_csv(","),
    "b.csv": as_csv(";"),
    "a.tsv": as_csv("\t"),
}


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("name", sorted(FORMS))
def test_every_form_of_the_same_table_gives_the_same_examination(tmp_path, name, packed):
    path = tmp_path / f"{name}{packed}"
    with (gzip.open if packed else open)(path, "wb") as file:
        file.write(FORMS[name].encode("utf-8-sig"))
    found = examine(examples(read_table(path), Columns())[0])
    assert found.table == ((1, 1, 0, 0), (0, 1, 1, 1))
    assert (found.abstained, found.unreadable, len(found.missed)) == (1, 1, 3)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.jsonl", '{"id": 1}\n{"id": ', "a.jsonl:2: it is no JSON"),
        ("a.json", '{"a": [{"x": 1}], "b": [{"x": 1}]}', "several lists are in it: a, b"),
        ("a.json", '"text"', "no list of rows"),
        ("a.json", "[1]", "a row is an object"),
        ("a.json", "[" * 100_000, "no JSON"),
        ("a.csv", "id,label\n1,yes,no", "3 cells under 2 columns"),
        ("a.csv", "id,id\n1,2", "two columns are called 'id'"),
        ("a.csv", 'id,label\n"1,yes', "no CSV"),
        ("a.jsonl", "", "no rows"),
        ("a.xlsx", "PK", "no format"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(tmp_path, name, text, why):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError) as caught:
        read_table(tmp_path / name)
    assert why in str(caught.value)
    assert name in str(caught.value.where)


@pytest.mark.parametrize(
    ("name", "data"), [("a.csv", b"id,label\n1,\xff"), ("a.jsonl.gz", b"not gzip"), ("gone.csv", None)]
)
def test_bytes_that_cannot_be_read_are_refused(tmp_path, name, data):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match="UTF-8|cannot be read"):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("said", "rating"),
    [
        (" Yes ", "yes"), (True, "true"), (1, "1"), (1.0, "1"), ("1.0", "1"), ("2.50", "2.5"), (None, UNREADABLE), ("", UNREADABLE),
        ("NaN", UNREADABLE), (float("inf"), UNREADABLE), ("cannot_tell", ABSTAINED), ({"a": 1}, UNREADABLE), ("inf", "inf"),
    ],
)  # fmt: skip
def test_ratings_in_one_spelling(said, rating):
    assert plain_rating(said) == rating


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers())))
def test_a_rating_is_always_a_word_and_stays_what_it_is(said):
    once = plain_rating(said)
    assert isinstance(once, str)
    assert plain_rating(once) == once


def test_binary_words_mean_the_same_and_other_words_are_strange():
    found = spelling(["true", "false"], ["yes", "no"])
    assert (found.categories, found.read("true"), found.read("no")) == (("yes", "no"), "yes", "no")
    other = spelling(["a", "b"], ["a", "i would say b", "b", "i would say b"])
    assert (other.read("i would say b"), other.strange) == (UNREADABLE, (("i would say b", 2),))
    assert spelling(["a", "b"], ["c"], categories=["a", "b", "c"]).read("c") == "c"
    assert spelling(["1", "5"], ["3", "bad"], scale="ordinal").categories == ("1", "3", "5")
    with pytest.raises(UserError, match="no number"):
        spelling(["good", "bad"], [], scale="ordinal")
    with pytest.raises(UserError, match="no category"):
        spelling(["a", "b"], [], categories=["a"])
    assert [number_of(rating) for rating in ("yes", "no", "2.5", "a")] == [1.0, 0.0, 2.5, None]


def test_annotators_in_columns_in_a_list_and_in_an_object_are_the_same(tmp_path):
    columns = [{"id": n, "annotator1": a, "annotator2": b, "verdict": a} for n, (a, b) in enumerate(["yy", "yn", "nn"])]
    listed = [{"id": n, "labels": list(pair), "verdict": pair[0]} for n, pair in enumerate(["yy", "yn", "nn"])]
    named = [
        {"id": n, "labels": {"ann": pair[0], "bob": pair[1]}, "verdict": pair[0]}
        for n, pair in enumerate(["yy", "yn", "nn"])
    ]
    found = []
    for number, rows in enumerate((columns, listed, named)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(rows))
        found.append(examine(examples(read_table(path), Columns())[0]))
    assert found[0].humans == found[1].humans == found[2].humans
    assert found[0].humans.without_majority == 1


def test_two_files_are_joined_by_their_ids(tmp_path):
    labels = read_table(written(tmp_path / "l.csv", "id,label\n1,yes\n2,no\n3,no"))
    verdicts = read_table(written(tmp_path / "v.csv", "id,verdict\n2,no\n1,yes"))
    found = examine(examples(joined(labels, verdicts, None), Columns(verdict="verdict"))[0])
    assert (found.accuracy.count, found.accuracy.of, found.unreadable) == (2, 3, 1)
    with pytest.raises(UserError, match="no verdict is for any"):
        joined(labels, read_table(written(tmp_path / "w.csv", "id,verdict\n9,no")), None)
    with pytest.raises(UserError, match="names the rows of both"):
        joined(labels, verdicts, "name")


def test_mistakes_in_columns_name_what_there_is(tmp_path, capsys):
    path = written(tmp_path / "a.csv", "id,label,verdict,judge\n1,yes,yes,a\n1,yes,no,b")
    assert main(["judge", "check", str(path)]) == 2
    assert "stands 2 times" in capsys.readouterr().err
    assert main(["judge", "check", str(path), "--by", "judge"]) == 0
    assert main(["judge", "check", str(path), "--verdict", "verdikt"]) == 2
    assert "verdict" in capsys.readouterr().err
    assert main(["judge", "check", str(written(tmp_path / "b.csv", "id,text\n1,a"))]) == 2
    assert "no column has human labels" in capsys.readouterr().err
    assert main(["judge", "check", str(path), "-o", "x.pdf"]) == 2
    assert main(["judge", "check", str(path), "--compare", "a"]) == 2


def test_labels_by_criterion_are_not_taken_for_annotators(tmp_path, capsys):
    path = written(tmp_path / "a.jsonl", json.dumps({"id": 1, "answer": "a", "labels": {"risk": "yes", "clear": "no"}}))
    assert main(["judge", "check", str(path)]) == 2
    assert "criteria or annotators" in capsys.readouterr().err
    assert main(["judge", "check", str(path), "--label", "labels.risk", "--label", "labels.clear"]) == 0


def test_one_class_one_verdict_and_nothing_readable_are_said_and_never_scored(tmp_path, capsys):
    for text, told in (
        ("id,label,verdict\n1,yes,yes\n2,yes,yes", "one class only"),
        ("id,label,verdict\n1,yes,yes\n2,no,yes", "only ever says"),
        ("id,label,verdict\n1,yes,\n2,no,", "no verdict could be read"),
    ):
        assert main(["judge", "check", str(written(tmp_path / "a.csv", text))]) == 0
        assert told in capsys.readouterr().out
    assert main(["judge", "check", str(written(tmp_path / "a.csv", "id,label,verdict\n1,,yes"))]) == 2


def test_an_ordinal_scale_weighs_near_misses(tmp_path):
    rows = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (1, 2), (3, 4), (2, 2), (5, 5), (4, 11)]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "label", "verdict"), *((n, *row) for n, row in enumerate(rows))])
    read = examples(read_table(tmp_path / "a.csv"), Columns())[0]
    found = examine(read, scale="ordinal", categories=["1", "2", "3", "4", "5"])
    assert found.unreadable == 1
    assert found.kappa_read.value > found.kappa.value
    assert found.rates[0].labelled == pytest.approx(26 / 9)
    linear = examine(read, scale="ordinal", categories=["1", "2", "3", "4", "5"], weights="linear")
    assert found.kappa_read.value > linear.kappa_read.value > found.kappa.value


def test_words_have_an_order_where_they_are_named_in_order():
    from harness.calibration.tables import Row

    lines = [("bad", "bad", "ok"), ("ok", "good", "ok"), ("good", "good", "good"), ("good", "ok", "good")]
    rows = [Row({"id": n, "label_a": a, "label_b": b, "verdict": v}, "x") for n, (a, b, v) in enumerate(lines)]
    found = examine(examples(rows, Columns())[0], scale="ordinal", categories=["bad", "ok", "good"])
    assert found.humans.alpha > 0.3
    assert found.rates[0].judged == pytest.approx(1.5)
    with pytest.raises(UserError, match="no number"):
        examine(examples(rows, Columns())[0], scale="ordinal")


def test_a_judge_that_likes_long_answers_is_flagged_and_its_rate_corrected():
    lines = [{"id": n, "label": "yes" if n % 2 else "no", "verdict": "yes" if n % 2 or n % 8 == 0 else "no",
              "length": 900 if n % 8 == 0 else 100 + n % 3} for n in range(80)]  # fmt: skip
    more = [{"id": 100 + n, "label": None, "verdict": "yes" if n < 30 else "no", "length": 100} for n in range(50)]
    from harness.calibration.tables import Row

    read = examples([Row(line, "x") for line in lines + more], Columns())[0]
    found = examine(read, rogan_gladen=True)
    assert found.length.flagged
    (rate,) = found.rates
    assert rate.ppi.interval.low < rate.ppi.value < rate.ppi.interval.high
    assert rate.rogan_gladen.value < rate.judged


def test_dotted_paths_reach_into_cells():
    from harness.calibration.tables import Row

    row = Row({"scores": {"human": [1, 2]}, "a.b": 3}, "x")
    assert (cell(row, "scores.human.1"), cell(row, "a.b"), cell(row, "scores.none"), cell(row, "scores.human.9")) == (
        2,
        3,
        None,
        None,
    )
    assert [is_table(name) for name in ("a.jsonl", "b.CSV.gz", "advice", "a.yaml")] == [True, True, False, False]
