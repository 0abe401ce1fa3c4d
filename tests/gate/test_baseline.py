from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.gate import Baseline, BaselineCase, baseline_path, find_baseline, read_baseline, write_baseline
from harness.gate.baseline import text
from harness.model import fingerprint

LINE = BaselineCase(case="A", agent="adviser", fingerprint="f" * 64, passed=2, trials=3)
GOOD = Baseline(
    suite="demo/basics", run="20261121-100000-0001", blessed_by="ann", blessed_at="2026-11-21T09:00:00+00:00",
    commit="abc", dirty=False, versions={"finharness": "0.1.0"}, cases=(replace(LINE, case="B", must_pass=True), LINE),
).sealed()  # fmt: skip


REST = '"order": "", "content": "", "checks": [], "judges": [], "cost_usd": [], "seconds": [], "tokens": []'


def test_a_baseline_survives_its_file(tmp_path):
    path = baseline_path(tmp_path, "demo/basics")

    write_baseline(path, GOOD)

    assert find_baseline(tmp_path, "demo/basics") == GOOD
    assert [item.name for item in path.parent.iterdir()] == ["basics.json"]


def test_the_file_has_a_line_per_case_in_order():
    lines = text(GOOD).splitlines()

    assert lines[-4:-2] == [
        '    {"case": "A", "agent": "adviser", "fingerprint": "' + "f" * 64 + '", "passed": 2, "trials": 3, "must_pass": false, "severity": "major", ' + REST + "},",
        '    {"case": "B", "agent": "adviser", "fingerprint": "' + "f" * 64 + '", "passed": 2, "trials": 3, "must_pass": true, "severity": "major", ' + REST + "}",
    ]  # fmt: skip
    assert text(GOOD) == text(replace(GOOD, cases=GOOD.cases[::-1]).sealed())


def test_a_suite_without_a_file_has_no_baseline(tmp_path):
    assert find_baseline(tmp_path, "demo/basics") is None


def test_who_blessed_and_when_is_no_difference():
    assert GOOD.same_results(replace(GOOD, blessed_by="bob", blessed_at="later").sealed())
    assert not GOOD.same_results(replace(GOOD, commit="def").sealed())


def edited(**changes):
    return json.dumps({**json.loads(text(GOOD)), **changes})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(edited(run="other"), "was edited by hand", id="head"),
        pytest.param(text(GOOD).replace('"passed": 2', '"passed": 3'), "was edited by hand", id="case"),
        pytest.param(edited(sha256=""), "was edited by hand", id="no-checksum"),
        pytest.param(edited(format=99), "has format 99; this finharness reads up to 2", id="newer"),
        pytest.param(edited(cases=[]), "has no cases", id="no-cases"),
        pytest.param(text(GOOD).replace('"trials": 3', '"trials": 0'), "trials", id="no-trials"),
        pytest.param("", "is empty", id="empty"),
        pytest.param("[]", "the top is no object", id="list"),
        pytest.param("{", "is not JSON", id="cut"),
        pytest.param("[" * 100_000, "is not JSON", id="deep"),
        pytest.param('{\n<<<<<<< ours\n"a": 1\n', "unresolved merge conflict", id="conflict"),
        pytest.param(edited(extra=1), "unknown key 'extra'", id="unknown"),
        pytest.param('{"format": 1}', "is missing", id="missing"),
    ],
)
def test_a_file_that_is_no_baseline_says_why_and_where(tmp_path, content, problem):
    path = tmp_path / "b.json"
    path.write_text(content)

    with pytest.raises(ConfigError, match=problem) as caught:
        read_baseline(path)

    assert caught.value.where == str(path)
    assert caught.value.exit_code == 2


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_baseline(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="Is a directory"):
        read_baseline(tmp_path)


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param((replace(LINE, passed=4),), id="4-of-3"),
        pytest.param((LINE, replace(LINE, passed=1)), id="twice"),
        pytest.param((replace(LINE, order="ppp"),), id="order-says-otherwise"),
        pytest.param((replace(LINE, order="pp?"),), id="no-such-result"),
    ],
)
def test_impossible_lines_are_refused_even_with_a_right_checksum(tmp_path, cases):
    write_baseline(tmp_path / "b.json", replace(GOOD, cases=cases).sealed())

    with pytest.raises(ConfigError, match="'A' is impossible"):
        read_baseline(tmp_path / "b.json")


def test_another_suite_s_file_is_refused(tmp_path):
    write_baseline(baseline_path(tmp_path, "demo/other"), GOOD)

    with pytest.raises(ConfigError, match="baseline of suite 'demo/basics', not of 'demo/other'"):
        find_baseline(tmp_path, "demo/other")


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_crash(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("b") / "b.json"
    path.write_bytes(content)

    with pytest.raises(ConfigError):
        read_baseline(path)


def test_trials_are_split_in_order_for_screening_and_confirming():
    line = replace(LINE, passed=4, trials=5, order="ppfpp")

    assert (line.screening, line.held_out) == ((2, 3), (2, 2))
    assert (LINE.screening, LINE.held_out) == ((2, 3), (0, 0))


def test_a_baseline_of_an_older_form_is_still_read(tmp_path):
    data = json.loads(text(GOOD)) | {"format": 1}
    for case in data["cases"]:
        for name in ("order", "content", "checks", "judges", "cost_usd", "seconds", "tokens"):
            del case[name]
    del data["more"]
    (tmp_path / "b.json").write_text(json.dumps(data | {"sha256": fingerprint(data | {"sha256": ""})}))

    assert read_baseline(tmp_path / "b.json").cases == GOOD.cases


@pytest.mark.parametrize("number", ["NaN", "Infinity", '"cheap"'])
def test_a_price_that_is_none_is_refused(tmp_path, number):
    path = tmp_path / "b.json"
    path.write_text(text(GOOD).replace('"cost_usd": []', f'"cost_usd": [{number}]', 1))

    with pytest.raises(ConfigError, match="not a baseline|edited by hand"):
        read_baseline(path)
