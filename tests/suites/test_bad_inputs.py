"""Every way that a suite can be wrong, each named with its place and a remedy."""

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.document import FileProblems
from harness.errors import SuiteError, UserError
from harness.suites import load
from harness.suites.fixtures import Fixtures
from harness.workspace import AgentSettings, Workspace

SAFE = "    input: x\n    assert: [is-json]\n"
NAMED = "  - id: A\n"
CASE = f"{NAMED}    input: x\n"

BODIES = {
    "11 NO as a truth value": (f"{NAMED}    must_pass: NO\n{SAFE}", "4:16: must_pass: expected true or false, found the text 'NO'"),
    "11 a truth value as text": (f"{NAMED}    description: true\n{SAFE}", 'fix: quote it: "true"'),
    "12 octal as a number": (f"{NAMED}    repeat: 03\n{SAFE}", "repeat: expected a whole number, found the text '03'"),
    "13 sexagesimal as a number": (f"{NAMED}    budget: {{seconds: 1:30}}\n{SAFE}", "seconds: expected a number, found the text '1:30'"),
    "15 no date": (f"{NAMED}    as_of: 2026-13-45\n{SAFE}", "4:12: as_of: '2026-13-45' is no date"),
    "16 many digits": (f"{NAMED}    repeat: {'9' * 5000}\n{SAFE}", "4:13: a number of 5000 digits is too large"),
    "17 nan as a weight": (f"{CASE}    assert: [{{type: is-json, weight: .nan}}]\n", ".nan is not a finite number"),
    "18 overflow": (f"{CASE}    assert: [{{type: latency, threshold: 1e400}}]\n", "1e400 is too large for a number"),
    "19 underscores": (f"{NAMED}    repeat: 1_000\n{SAFE}", "fix: write 1000, without underscores"),
    "29 unknown key": (f"{NAMED}    descripton: x\n{SAFE}", "4:5: unknown key 'descripton'\n  fix: did you mean 'description'?"),
    "29 unknown key beside assert": (f"{CASE}    asert: [is-json]\n", "unknown key 'asert'\n  fix: did you mean 'assert'?"),
    "30 no id": ("  - input: x\n    assert: [is-json]\n", "3:5: 'id' is missing\n  fix: add `id:`"),
    "30 null id": (f"  - id:\n{SAFE}", "id: expected text, found nothing"),
    "30 number as id": (f"  - id: 7\n{SAFE}", '3:9: id: expected text, found the number 7\n  fix: quote it: "7"'),
    "31 id twice": (f"{NAMED}{SAFE}{NAMED}{SAFE}", "6:5: the id 'A' is already used at cases/s.yaml:3:5"),
    "32 id but for case": (f"{NAMED}{SAFE}  - id: a\n{SAFE}", "the id 'a' differs only by case from 'A', which is already used at"),
    "33 slash": (f"  - id: a/b\n{SAFE}", "the id 'a/b' is not usable"),
    "33 dots": (f"  - id: ..\n{SAFE}", "the id '..' is not usable"),
    "33 newline": (f'  - id: "a\\nb"\n{SAFE}', "is not usable"),
    "33 long": (f"  - id: {'a' * 10_000}\n{SAFE}", "is not usable"),
    "33 formula": (f"  - id: =cmd\n{SAFE}", "the id '=cmd' is not usable"),
    "33 emoji": (f"  - id: 🚀\n{SAFE}", "is not usable"),
    "33 other letters": (f"  - id: á\n{SAFE}", "is not usable"),
    "33 brackets": (f"  - id: a[b]\n{SAFE}", "is not usable"),
    "33 empty": (f'  - id: ""\n{SAFE}', "is not usable"),
    "34 bad regex": (f'{CASE}    assert: [{{type: regex, value: "(["}}]\n', "5:35: value: "),
    "35 invalid JSON schema": (f"{CASE}    assert: [{{type: is-json, schema: {{type: objct}}}}]\n", "5:"),
    "35 remote $ref": (f"{CASE}    assert: [{{type: is-json, schema: {{$ref: 'http://x/y'}}}}]\n", "5:"),
    "36 unknown check": (f"{CASE}    assert: [{{type: contans, value: x}}]\n", "5:21: unknown check type 'contans'\n  fix: did you mean 'contains'?"),
    "36 unknown short form": (f"{CASE}    assert: [{{contans: x}}]\n", "unknown check type 'contans'\n  fix: did you mean 'contains'?"),
    "36 unknown agent": (f"{NAMED}    agent: chartr\n{SAFE}", "4:12: unknown agent 'chartr'\n  fix: did you mean 'charter'?"),
    "36 unknown rubric": (f"{CASE}    judge: [tone, manners]\n", "5:19: unknown rubric 'manners'\n  fix: use one of: tone"),
    "36 unknown rubric in a check": (f"{CASE}    assert: [{{type: llm-rubric, rubric: tome}}]\n", "fix: did you mean 'tone'?"),
    "38 negative weight": (f"{CASE}    assert: [{{type: is-json, weight: -1}}]\n", "weight: -1 must be at least 0"),
    "38 weights sum 0": (f"{CASE}    assert: [{{type: is-json, weight: 0}}]\n", "5:13: the weights of the checks sum to 0"),
    "39 threshold as text": (f"{CASE}    assert: [{{type: latency, threshold: high}}]\n", "5:41: threshold: expected a number, found the text 'high'"),
    "39 threshold out of bounds": (f"{CASE}    assert: [{{type: assert-set, threshold: 1.5, assert: [is-json]}}]\n", "threshold: 1.5 must be at most 1"),
    "40 traversal": (f"{NAMED}    input: file://../../etc/passwd\n    assert: [is-json]\n", "4:12: '../../etc/passwd' leads out of the workspace"),
    "40 absolute": (f"{NAMED}    input: file:///etc/passwd\n    assert: [is-json]\n", "is not a path inside the workspace"),
    "40 missing": (f"{NAMED}    input: file://fixtures/nothing.txt\n    assert: [is-json]\n", "4:12: "),
    "40 directory": (f"{NAMED}    input: file://fixtures\n    assert: [is-json]\n", "4:12: "),
    "40 FIFO": (f"{NAMED}    input: file://fixtures/pipe\n    assert: [is-json]\n", "4:12: "),
    "40 wrong case": (f"{NAMED}    input: file://fixtures/Profile.json\n    assert: [is-json]\n", "did you mean 'profile.json'?"),
    "40 link out": (f"{NAMED}    input: file://fixtures/link\n    assert: [is-json]\n", "leads out of the workspace"),
    "40 no JSON": (f"{NAMED}    input: file://fixtures/broken.json\n    assert: [is-json]\n", "is not JSON"),
    "40 infinite JSON": (f"{NAMED}    input: file://fixtures/infinite.json\n    assert: [is-json]\n", "cannot be read as JSON"),
    "40 deep JSON": (f"{NAMED}    input: file://fixtures/deep.json\n    assert: [is-json]\n", "fixtures/deep.json'"),
    "40 no UTF-8": (f"{NAMED}    input: file://fixtures/latin.txt\n    assert: [is-json]\n", "is not UTF-8 (byte 0)"),
    "40 bad YAML": (f"{NAMED}    input: file://fixtures/bad.yaml\n    assert: [is-json]\n", "cases/fixtures/bad.yaml:1:4: the tag '!x'"),
    "41 undefined variable": (f"{NAMED}    vars: {{port: [a]}}\n    input: '{{{{ prt }}}} {{{{ port }}}}'\n    assert: [is-json]\n", "5:12: undefined variable 'prt'\n  fix: did you mean 'port'?"),
    "41 no variables": (f"{NAMED}    input: '{{{{ port }}}}'\n    assert: [is-json]\n", "4:12: undefined variable 'port'"),
    "41 missing key": (f"{NAMED}    vars: {{p: {{age: 4}}}}\n    input: '{{{{ p.aeg }}}}'\n    assert: [is-json]\n", "fix: did you mean 'age'?"),
    "42 attribute": (f"{NAMED}    vars: {{p: x}}\n    input: \"{{{{ p }}}} {{{{ ''.__class__ }}}}\"\n    assert: [is-json]\n", "is more than a variable's name"),
    "42 product": (f"{NAMED}    vars: {{p: x}}\n    input: \"{{{{ p }}}} {{{{ 'a'*10**9 }}}}\"\n    assert: [is-json]\n", "is more than a variable's name"),
    "42 call": (f"{NAMED}    vars: {{p: x}}\n    input: '{{{{ p.upper() }}}}'\n    assert: [is-json]\n", "is more than a variable's name"),
    "42 dunder of a value": (f"{NAMED}    vars: {{p: x}}\n    input: '{{{{ p.__class__ }}}}'\n    assert: [is-json]\n", "has no '__class__'"),
    "42 unclosed": (f"{NAMED}    vars: {{p: x}}\n    input: '{{{{ p }}}} {{{{ p'\n    assert: [is-json]\n", "`{{` without `}}`"),
    "43 template of a template": (f"{CASE}    assert: [{{$ref: loop}}]\n", "the template 'loop' refers to another template"),
    "45 on as a key": (f"{NAMED}    on: x\n{SAFE}", "unknown key 'on'"),
    "48 list as a key": (f"{NAMED}    ? [1, 2]\n    : 3\n", "a list or mapping is used as a key"),
    "asserts nothing": (f"{CASE}", "3:5: the case asserts nothing"),
    "asserts an empty list": (f"{CASE}    assert: []\n", "the case asserts nothing"),
    "asks nothing": (f"{NAMED}    assert: [is-json]\n", "3:5: the case asks nothing"),
    "input and turns": (f"{CASE}    turns: [hello]\n    assert: [is-json]\n", "5:5: both 'input' and 'turns' are given"),
    "no turns": (f"{NAMED}    turns: []\n    assert: [is-json]\n", "turns: 0 given, must have at least 1 item(s)"),
    "silent turn": (f"{NAMED}    turns: [{{assert: [is-json]}}]\n", "4:13: the turn says nothing"),
    "unknown key in a turn": (f"{NAMED}    turns: [{{inptu: x}}]\n    assert: [is-json]\n", "fix: did you mean 'input'?"),
    "misspelt parameter": (f"{CASE}    assert:\n      - type: contains\n        valeu: x\n", "7:9: unknown key 'valeu'\n  fix: did you mean 'value'?"),
    "misspelt common key": (f"{CASE}    assert: [{{type: is-json, severty: minor}}]\n", "fix: did you mean 'severity'?"),
    "unknown severity": (f"{CASE}    assert: [{{type: is-json, severity: majr}}]\n", "fix: did you mean 'major'?"),
    "missing parameter": (f"{CASE}    assert: [{{type: contains}}]\n", "5:14: 'value' is missing"),
    "sentence with a colon": (f"{CASE}    assert:\n      - The answer says: yes\n", "a sentence with a colon must be quoted"),
    "empty sentence": (f"{CASE}    assert: ['  ']\n", "the check is empty"),
    "number as a check": (f"{CASE}    assert: [3]\n", "a check is a mapping or a sentence"),
    "type is no text": (f"{CASE}    assert: [{{type: 3}}]\n", "type: expected the name of a check"),
    "two short forms": (f"{CASE}    assert: [{{contains: x, regex: y}}]\n", "5:28: two checks in one"),
    "value of a check without parameters": (f"{CASE}    assert: [{{error-free: 3}}]\n", "5:"),
    "unknown template": (f"{CASE}    assert: [{{$ref: polte}}]\n", "unknown template 'polte'"),
    "inside a set": (f"{CASE}    assert: [{{type: assert-set, assert: [{{contains: x}}, {{type: regx, value: y}}]}}]\n", "5:64: unknown check type 'regx'"),
    "inside a turn": (f"{NAMED}    turns: [{{input: x, assert: [{{type: contains, valu: x}}]}}]\n", "fix: did you mean 'value'?"),
    "unused variable": (f"{NAMED}    vars: {{p: [1, 2], q: '{{{{ x }}}}'}}\n    input: '{{{{ p }}}}'\n    assert: [is-json]\n", "4:23: the variable 'q' is never used"),
    "empty variable": (f"{NAMED}    vars: {{p: []}}\n    input: '{{{{ p }}}}'\n    assert: [is-json]\n", "the variable 'p' has no values"),
    "repeated value": (f"{NAMED}    vars: {{p: [a, a]}}\n    input: '{{{{ p }}}}'\n    assert: [is-json]\n", "the variable 'p' repeats a value"),
    "too many combinations": (f"{NAMED}    vars: {{p: {list(range(101))}, q: {list(range(100))}}}\n    input: '{{{{ p }}}}{{{{ q }}}}'\n    assert: [is-json]\n", "the variables make 10100 cases, more than 10000"),
    "case is text": ("  - just text\n", "3:5: expected a mapping, found the text 'just text'\n  fix: write keys: agent, input"),
    "unknown budget": (f"{NAMED}    budget: {{secnds: 3}}\n{SAFE}", "4:14: unknown key 'secnds'\n  fix: did you mean 'seconds'?"),
    "tags of lists": (f"{NAMED}    tags: {{a: [b]}}\n{SAFE}", "4:15: "),
    "repeat of 0": (f"{NAMED}    repeat: 0\n{SAFE}", "repeat: 0 must be at least 1"),
}  # fmt: skip


@pytest.fixture
def furnished(place):
    """A workspace with a rubric, templates and odd fixtures."""
    place.write(
        {
            "judges/tone.yaml": "id: tone\ncriteria:\n  - {id: polite, ask: Is it polite?}\n",
            "cases/fixtures/profile.json": "{}",
            "cases/fixtures/broken.json": "{",
            "cases/fixtures/infinite.json": "[1e400]",
            "cases/fixtures/deep.json": "[" * 100 + "]" * 100,
            "cases/fixtures/latin.txt": b"\xe9",
            "cases/fixtures/bad.yaml": "a: !x y\n",
            "../outside.txt": "secret",
        }
    )
    fixtures = place.root / "cases/fixtures"
    (fixtures / "link").symlink_to(place.root.parent / "outside.txt")
    os.mkfifo(fixtures / "pipe")
    return place


@pytest.mark.parametrize(("body", "said"), BODIES.values(), ids=BODIES)
def test_names_the_place_and_the_remedy(furnished, body: str, said: str) -> None:
    text = furnished.refusal("agent: charter\ncases:\n" + body + "templates: {loop: {$ref: loop}}\n")

    assert said in text
    assert all(re.match(r"cases/[\w/]+\.yaml:\d+:\d+: .+", line) for line in text.splitlines()[::2])
    assert all(line.startswith("  fix: ") for line in text.splitlines()[1::2])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("just text", "1:1: expected a mapping, found the text 'just text'", id="21 text"),
        pytest.param("- a\n- b\n", "1:1: expected a mapping, found a list", id="21 list"),
        pytest.param("agnt: x\ncases: []\n", "1:1: unknown key 'agnt'\n  fix: did you mean 'agent'?", id="29 top"),
        pytest.param("cases: {}\n", "1:8: cases: expected a list, found a mapping", id="cases is a mapping"),
        pytest.param("tests: []\ncases: []\n", "'tests' is another name of 'cases'", id="both names"),
        pytest.param("defaults: 3\ncases: [{id: A, input: x}]\n", "1:11: expected a mapping", id="defaults"),
        pytest.param("defaultTest: {asert: []}\n", "unknown key 'asert'", id="defaults without cases"),
        pytest.param("cases: [{id: A, input: x, assert: [is-json]}]\n", "the case names no agent", id="no agent"),
    ],
)
def test_names_what_is_wrong_with_the_file(place, text: str, said: str) -> None:
    assert said in place.refusal(text)


def test_20_an_empty_file_is_no_suite_of_its_own(place) -> None:
    with pytest.raises(UserError, match=r"no cases in cases/s\.yaml"):
        place.load("")


def test_20_no_suites_at_all(place) -> None:
    with pytest.raises(SuiteError, match="cases: no suites found"):
        load(place.workspace)


def test_28_cases_are_capped(place, monkeypatch) -> None:
    monkeypatch.setattr("harness.suites.loading.MOST_CASES", 3)
    body = "".join(f"  - {{id: A{number}, input: x, assert: [is-json]}}\n" for number in range(5))

    assert "more than 3 cases in all" in place.refusal("agent: charter\ncases:\n" + body)


def test_31_the_same_id_in_two_files_names_both(place) -> None:
    body = "agent: charter\ncases:\n  - {id: A, input: x, assert: [is-json]}\n"
    place.write({"cases/a/one.yaml": body})

    assert "cases/a/one.yaml:3:5: the id 'A' is already used at cases/s.yaml:3:5" in place.refusal(body)


def test_37_mistakes_in_rubrics_are_reported_with_the_suites(place) -> None:
    place.write({"judges/empty.yaml": "", "judges/none.yaml": "id: none\ncriteria: []\n"})

    text = place.refusal("agent: charter\ncases:\n  - {id: A, input: x, judge: tone}\n")

    assert "judges/empty.yaml:1:1: the rubric is empty" in text
    assert "judges/none.yaml:2:11: criteria: 0 given, must have at least 1 item(s)" in text
    assert "cases/s.yaml:3:30: unknown rubric 'tone'\n  fix: add judges/tone.yaml" in text


def test_40_a_suite_that_is_a_link_out_of_the_workspace_is_refused(place) -> None:
    (place.root.parent / "other.yaml").write_text("cases: []\n")
    (place.root / "cases/link.yaml").symlink_to(place.root.parent / "other.yaml")

    with pytest.raises(FileProblems, match=r"cases/link\.yaml:1:1: .* leads out of the workspace"):
        load(place.workspace)


def test_44_windows_line_ends_are_fine(place) -> None:
    (case,) = place.load(b"agent: charter  \r\ncases:\r\n  - {id: A, input: x, assert: [is-json]}  \r\n")

    assert case.id == "A"


def test_14_an_unquoted_date_is_text(place) -> None:
    (case,) = place.load(
        "agent: charter\ncases:\n  - {id: A, input: 2026-01-02, as_of: 2026-03-31, assert: [is-json]}\n"
    )

    assert (case.input, case.as_of) == ("2026-01-02", "2026-03-31")


def test_code_is_refused_where_suites_are_not_trusted(place) -> None:
    text = """\
        agent: charter
        cases:
          - id: A
            input: x
            assert:
              - python: checks/x.py:f
              - {type: assert-set, assert: [{type: not-python, value: "checks/x.py:f"}]}
    """
    assert len(place.load(text)) == 1

    said = place.refusal(text, untrusted=True)

    assert said.count("a `python` check runs code, which --untrusted refuses") == 2
    assert "cases/s.yaml:7:43" in said or "cases/s.yaml:7:" in said


def test_all_mistakes_of_all_files_come_at_once_and_in_order(place) -> None:
    place.write({"cases/z.yaml": "a: !x y\n", "cases/b.yaml": "agent: chartr\ncases:\n  - {id: B, input: x}\n"})

    lines = place.refusal("cases:\n  - {id: A, agnt: x}\n  - {id: A, input: 3, assert: [{type: nix}]}\n").splitlines()[
        ::2
    ]

    assert [line.split(": ")[0] for line in lines] == [
        "cases/b.yaml:1:8",
        "cases/b.yaml:3:5",
        "cases/s.yaml:2:13",
        "cases/s.yaml:3:5",
        "cases/s.yaml:3:39",
        "cases/z.yaml:1:4",
    ]


GOOD = """\
agent: charter
defaults: {tags: [smoke], budget: {seconds: 3}}
cases:
  - id: A-1
    vars: {p: [P1, P2]}
    input: Chart {{ p }}.
    assert:
      - contains: x
      - {type: regex, value: '[0-9]+', severity: minor}
      - A sentence.
"""


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)), st.integers(0, 12), st.text(alphabet="ab:-[]{}&*'\"!,#|> \n\t0.", max_size=6)
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_suite_is_read_or_refused(tmp_path, edits: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    (tmp_path / "cases").mkdir(exist_ok=True)
    (tmp_path / "cases/s.yaml").write_text(text)
    workspace = Workspace.at(tmp_path, agents={"charter": AgentSettings(target="a.py:a")})
    try:
        cases = load(workspace)
    except UserError:
        return
    assert all(case.where and case.checks for case in cases)


HOSTILE = [
    "!!python/object/apply:pathlib.Path.touch [CANARY]",
    "!!python/object/apply:os.system ['touch CANARY']",
    "!!python/object/new:type {args: [x, [], {}], state: {}}",
    "!!python/name:os.system",
    "!!python/module:os",
    "!include CANARY",
    "!env PATH",
    "\"{{ ''.__class__.__mro__[1].__subclasses__() }}\"",
    "\"{{ cycler.__init__.__globals__.os.popen('touch CANARY') }}\"",
    '"{{ self._TemplateReference__context }}"',
    "\"{{ lipsum['__globals__']['os'].system('touch CANARY') }}\"",
    '"{% import os %}{{ os.system(1) }}"',
    "file://../../../../../../etc/passwd",
    "file:///proc/self/environ",
    "file://fixtures/../../../x",
    "file://..\\\\..\\\\x",
    '"file://a\\0b"',
    "file://~/.ssh/id_rsa",
    "file://.",
    "file://",
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_suites_are_data_and_cannot_act(place, payload: str, monkeypatch) -> None:
    monkeypatch.chdir(place.root)

    text = place.refusal(f"agent: charter\ncases:\n  - id: A\n    input: {payload}\n    assert: [is-json]\n")

    assert "cases/s.yaml:4:" in text
    assert not list(place.root.rglob("CANARY"))


@given(st.text(alphabet="ab./~\\ \x00é:*", max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fixtures_come_from_inside_the_workspace_only(tmp_path, name: str) -> None:
    (tmp_path / "cases/a").mkdir(parents=True, exist_ok=True)
    (tmp_path / "cases/a/b").write_text("inside")
    (tmp_path / "b").write_text("inside")
    (tmp_path.parent / "b").write_text("outside")

    try:
        found = Fixtures(Workspace.at(tmp_path)).fetch(f"file://{name}", tmp_path / "cases")
    except SuiteError:
        return
    assert found == "inside"


def test_many_copies_of_a_long_text_are_refused(place, monkeypatch) -> None:
    monkeypatch.setattr("harness.suites.matrix.MOST_TEXT", 10_000)
    values = ", ".join(map(str, range(200)))

    text = place.refusal(
        f"agent: charter\ncases:\n  - {{id: A, vars: {{n: [{values}]}}, input: '{'x' * 90} {{{{ n }}}}', assert: [is-json]}}\n"
    )

    assert text == (
        "cases/s.yaml:3:19: the variables of this file make too much text\n  fix: use shorter texts or lists"
    )


def test_a_file_whose_name_cannot_be_shown_is_refused(place) -> None:
    (place.root / "cases/a\nb.yaml").write_text("cases: []\n")

    with pytest.raises(FileProblems, match="the file's name has characters that cannot be shown"):
        load(place.workspace)


def test_a_fixture_of_too_many_values_is_refused(place, monkeypatch) -> None:
    monkeypatch.setattr("harness.suites.fixtures._MOST_COMMAS", 2)
    place.write({"cases/fixtures/many.json": "[1,2,3,4]"})

    assert "has more than 2 values" in place.refusal(
        "agent: charter\ncases: [{id: A, input: file://fixtures/many.json, assert: [is-json]}]\n"
    )
