"""Reading YAML strictly."""

import json
import os
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.document import MAX_ALIASES, MAX_NODES, FileProblems, compose, read_file, read_text
from harness.document.compose import _pure_parser

GOOD = b"""\
a: 1
b: [x, 'two', "\\u00e4", 1.5, -0, true, null, ~]
c: {d: {e: }}
f: |
  line
  line
g: >-
  folded
  text
"""


def refusal(data: bytes) -> str:
    with pytest.raises(FileProblems) as caught:
        read_text(data, "x.yaml")
    return str(caught.value)


def nested_aliases(levels: int, template: bytes) -> bytes:
    first = b"x0: &x0 {k: v}\n"
    return first + b"".join(
        template.replace(b"NEW", b"x%d" % level).replace(b"OLD", b"x%d" % (level - 1)) for level in range(1, levels)
    )


BOMBS = {
    "brackets": (b"[" * 30_000, "1:33: nesting deeper than 32"),
    "braces": (b"{a: " * 30_000, "nesting deeper than 32"),
    "dashes": (b"- " * 5_000, "nesting deeper than 32"),
    "laughs": (
        nested_aliases(12, b"NEW: &NEW [*OLD,*OLD,*OLD,*OLD,*OLD,*OLD,*OLD,*OLD,*OLD]\n"),
        "expand to more than 200000 values",
    ),
    "aliases": (b"a: &a x\nb: [" + b"*a, " * 101 + b"]", "too many aliases or merges (more than 100)"),
    "merges": (nested_aliases(20, b"NEW: &NEW {<<: [*OLD,*OLD,*OLD,*OLD,*OLD,*OLD]}\n"), "too many aliases or merges"),
    "recursion": (b"&a [*a]", "1:5: the anchor 'a' contains itself"),
    "recursive merge": (b"a: &a\n  <<: *a\n", "the anchor 'a' contains itself"),
    "chain": (
        nested_aliases(60, b"NEW: &NEW [*OLD]\n"),
        "nesting deeper than 32 through aliases",
    ),
    "values": (b"[" + b"a," * (MAX_NODES + 1) + b"]", "more than 200000 values"),
    "digits": (b"x: " + b"9" * 5_000, "1:4: a number of 5000 digits is too large"),
    "hexadecimal": (b"x: 0x" + b"f" * 5_000, "is too large"),
}

REFUSED = {
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", "3:1: the key 'a' stands twice: on line 1 and on line 3"),
    "python tag": (b"!!python/object/apply:os.system [x]", "tags are not allowed"),
    "custom tag": (b"a: !env X", "1:4: the tag '!env': tags are not allowed"),
    "standard tag": (b"a: !!str 1", "tags are not allowed"),
    "tag on a key": (b"!!str a: 1", "tags are not allowed"),
    "tab": (b"a:\n\t- b\n", "2:1: a tab is used for indentation"),
    "unterminated quote": (b"a: 'x\nb: 2\n", "1:4: a quote is opened on line 1 and not closed by line 2"),
    "unterminated bracket": (b"a: [1, 2\nb: 3\n", "what it belongs to begins on line 1"),
    "second colon": (b"q: What is: this\n", "fix: quote it: q: 'What is: this'"),
    "indentation": (b"a: b\n c: d\n", "2:3: a `key: value` stands where none can be"),
    "second document": (b"a: 1\n---\nb: 2\n", "2:1: a second document begins"),
    "list as key": (b"? [1, 2]\n: 3\n", "1:3: a list or mapping is used as a key"),
    "mapping as key": (b"? {a: 1}\n: 3\n", "a list or mapping is used as a key"),
    "alias as key": (b"a: &a k\n*a : 2\n", "an alias is used as a key"),
    "truth as key": (b"true: x\n", "the key true is not text"),
    "nothing as key": (b"~: x\n", "the key ~ is not text"),
    "empty key": (b"? \n: x\n", "the key nothing is not text"),
    "unknown anchor": (b"a: *b\n", "there is no anchor 'b' above"),
    "infinity": (b"a: .inf", "1:4: .inf is not a finite number"),
    "not a number": (b"a: .NaN", ".NaN is not a finite number"),
    "overflow": (b"a: 1e400", "1e400 is too large for a number"),
    "merge of text": (b"a: {<<: x}", "a merge key takes a mapping"),
    "lone surrogate": (b'a: "\\ud800"\n', "lone surrogate"),
    "unknown escape": (b'a: "\\q"\n', "unknown escape"),
    "at sign": (b"a: @x\n", "text cannot begin with '@'"),
    "NUL": (b"a: x\x00\n", "1:5: control character U+0000 at byte 4"),
    "C0": (b"a: \x1b[31m\n", "control character U+001B at byte 3"),
    "latin-1": ("a: é".encode("latin-1"), "not UTF-8: byte 0xe9 at offset 3"),
    "utf-16": ("a: é".encode("utf-16"), "is UTF-16, not UTF-8 (byte 0)"),
    "utf-16 without a mark": ("a: b".encode("utf-16-le"), "is UTF-16 without a byte order mark"),
    "utf-32": ("a: b".encode("utf-32"), "is UTF-32"),
    "encoded surrogate": (b"a: \xed\xa0\x80", "is not UTF-8"),
}


@pytest.mark.parametrize(("data", "said"), BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused(data: bytes, said: str) -> None:
    assert said in refusal(data)


@pytest.mark.parametrize("name", ["brackets", "braces", "dashes", "merges", "aliases"])
def test_bombs_end_the_reading_early(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml_error, make = compose._parser()
    counted = []

    class Counting:
        def __init__(self, data: bytes) -> None:
            self.inner = make(data)

        def get_event(self) -> object:
            counted.append(1)
            return self.inner.get_event()

    monkeypatch.setattr(compose, "_parser", lambda: (yaml_error, Counting))

    refusal(BOMBS[name][0])

    assert len(counted) < 10 * MAX_ALIASES


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED)
def test_refuses_and_names_the_place(data: bytes, said: str) -> None:
    text = refusal(data)

    assert said in text
    assert re.match(r"x\.yaml:\d+:\d+: .+\n  fix: .+", text)


@pytest.mark.parametrize(
    "data", [*[case[0] for case in REFUSED.values()], BOMBS["merges"][0], BOMBS["recursion"][0], BOMBS["dashes"][0]]
)
def test_the_pure_parser_refuses_the_same(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "_parser", lambda: (yaml.YAMLError, _pure_parser()))

    refusal(data)


def test_reports_every_mistake_that_is_no_syntax_error() -> None:
    text = refusal(b"a: .nan\nb: !x y\na: 1\nc: 1e999\n")

    assert [line.split(": ")[0] for line in text.splitlines()[::2]] == [
        "x.yaml:1:4",
        "x.yaml:2:4",
        "x.yaml:3:1",
        "x.yaml:4:4",
    ]


def test_reads_plain_data() -> None:
    assert read_text(GOOD, "x.yaml").data == {
        "a": 1,
        "b": ["x", "two", "ä", 1.5, 0, True, None, None],
        "c": {"d": {"e": None}},
        "f": "line\nline\n",
        "g": "folded text",
    }


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_text(GOOD, "x.yaml")
    monkeypatch.setattr(compose, "_parser", lambda: (yaml.YAMLError, _pure_parser()))

    document = read_text(GOOD, "x.yaml")

    assert document.data == expected.data
    assert document.place(["c", "d", "e"]).line == expected.place(["c", "d", "e"]).line


@pytest.mark.parametrize("data", [b"", b"# only a comment\n", b"---\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_nothing(data: bytes) -> None:
    assert read_text(data, "x.yaml").data is None


def test_accepts_a_byte_order_mark_and_windows_line_ends() -> None:
    assert read_text(b"\xef\xbb\xbfa: 1  \r\nb: [x]\r\n", "x.yaml").data == {"a": 1, "b": ["x"]}


def test_merges_keep_what_is_already_there_and_know_their_places() -> None:
    document = read_text(b"a: &a {k: 1, l: 2}\nb: &b {l: 3, m: 4}\nc:\n  <<: [*a, *b]\n  k: 0\n", "x.yaml")

    assert document.data["c"] == {"k": 0, "l": 2, "m": 4}
    assert str(document.place(["c", "m"], at_key=True)) == "x.yaml:2:14"


def test_a_number_as_a_key_is_its_text() -> None:
    assert read_text(b"{5: a, 1.0: b}", "x.yaml").data == {"5": "a", "1.0": "b"}


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (["b", 1, "c"], False, "2:12"),
        (["b", 1, "c"], True, "2:9"),
        (["b", 0], False, "2:5"),
        (["b"], True, "2:1"),
        (["b", 1, "nowhere"], False, "2:8"),
        (["b", 7], False, "2:4"),
        ([], False, "1:1"),
    ],
)
def test_knows_where_everything_stands(path: list[str | int], at_key: bool, place: str) -> None:
    document = read_text(b"a: 1\nb: [x, {c: y}]\n", "x.yaml")

    assert str(document.place(path, at_key=at_key)) == f"x.yaml:{place}"


def test_columns_count_characters() -> None:
    document = read_text("é: {ü: [a, b]}".encode(), "x.yaml")

    assert str(document.place(["é", "ü", 1])) == "x.yaml:1:12"
    assert str(document.where(document.data["é"])) == "x.yaml:1:4"


def test_names_a_file_that_may_not_be_read(ordinary) -> None:
    (ordinary / "a.yaml").write_text("a: 1")
    assert read_file(ordinary / "a.yaml", "a.yaml").data == {"a": 1}
    (ordinary / "a.yaml").chmod(0)

    with pytest.raises(FileProblems, match="a.yaml:1:1: cannot be read \\(Permission denied\\)"):
        read_file(ordinary / "a.yaml", "a.yaml")


def test_refuses_a_large_file_before_reading_it(tmp_path) -> None:
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(200 << 20)

    with pytest.raises(FileProblems, match="is larger than 1 MiB"):
        read_file(tmp_path / "a.yaml", "a.yaml")


def test_refuses_what_is_no_file(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    with pytest.raises(FileProblems, match="is not a regular file"):
        read_file(tmp_path / "pipe.yaml", "pipe.yaml")


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read = read_text(data, "x.yaml").data
    except FileProblems:
        return
    assert read is None or isinstance(read, str | int | float | bool | list | dict)


@given(st.text(alphabet="ab: -[]{}&*?|>'\"#%@!<,\n\t\\0x.", max_size=60))
def test_what_both_parsers_accept_they_read_alike(text: str) -> None:
    results = []
    for parser in (compose._parser()[1], _pure_parser()):
        composer = compose._Composer("x.yaml")
        try:
            composer.run(parser(text.encode()).get_event)
        except (yaml.YAMLError, compose._Stop, ValueError):
            return
        if composer.mistakes:
            return
        results.append(composer.root)
    assert results[0] == results[1]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=50), inner, max_size=4),
    max_leaves=15,
)


@given(JSON)
def test_what_a_yaml_writer_writes_is_read_back(data: object) -> None:
    text = json.dumps(data)  # JSON is YAML, but for escaped surrogate pairs and DEL
    if "\\ud" in text or "\x7f" in text:
        return
    assert read_text(text.encode(), "x.yaml").data == data
