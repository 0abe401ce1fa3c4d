"""Reports as files: every format is valid whatever the data, and the suffix decides."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from builders import a_case, a_job, a_manifest, a_result, a_verdict, an_outcome
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UserError
from harness.model import Evidence, Failure
from harness.render.files import check_target, write
from harness.render.page import plain_markdown
from harness.render.table import safe
from harness.store import RunRow
from harness.summary import summarise

HOSTILE = (
    "<script>alert(1)</script>",
    "</pre></style><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "]]><!--",
    "\x00\x08\x1b[2J\ufffe\ud800\U0010ffff",
    "=HYPERLINK(1)",
    "@everyone fixes #1 ![x](http://e.vil/x.png) [y](http://e.vil) http://e.vil www.e.vil",
    "| a | b |\n|---|---|\n```\n# title\n- item",
    "{{ 7*7 }}{% raw %}${x}",
    "& &lt; &#60;",
    "line\r\nbreak\u2028x\u202eevil",
)
SUFFIXES = ["json", "jsonl", "csv", "md", "html", "xml", "junit.xml"]


@pytest.fixture
def hostile():
    results = []
    for number, text in enumerate(HOSTILE):
        case = a_case(f"C-{number}{text}", suite=f"s/{text}", description=text, tags={text: text})
        verdict = a_verdict(
            False, check=text, reason=text, expected=text, actual={text: [text]}, evidence=(Evidence(note=text),)
        )
        status = ("failed", "errored", "undecided")[number % 3]
        kind = "infrastructure_failed" if status == "errored" else "completed"
        outcome = an_outcome(text, status=kind, error=Failure(text, text, text), stdout=text)
        results.append(a_result(status, job=a_job(case, variant=text), verdicts=(verdict,), outcome=outcome))
    summary = summarise(RunRow(a_manifest(command=HOSTILE[0]), "complete", None, 9, 9), results)
    return summary, results


def written(tmp_path, suffix, summary, results, **known):
    path = tmp_path / f"report.{suffix}"
    write(path, summary, results, **known)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "md", "html", "junit.xml"])
def test_report_as_a_file(sample, golden, tmp_path, suffix):
    golden(f"report.{suffix}", written(tmp_path, suffix, sample.summary, sample.results))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_only_the_report_is_left_in_the_folder(sample, tmp_path, suffix):
    written(tmp_path, suffix, sample.summary, sample.results)

    assert [path.name for path in tmp_path.iterdir()] == [f"report.{suffix}"]


def test_json_holds_hostile_data_exactly(hostile, tmp_path):
    rows = json.loads(written(tmp_path, "json", *hostile))["results"]
    lines = [json.loads(line) for line in written(tmp_path, "jsonl", *hostile).splitlines()]

    assert rows == lines
    assert [row["answer"] for row in rows] == list(HOSTILE)


def test_csv_has_one_row_per_trial_and_no_formula(hostile, tmp_path):
    rows = list(csv.reader(io.StringIO(written(tmp_path, "csv", *hostile))))

    assert len(rows) == len(HOSTILE) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]


@given(st.text(st.sampled_from("=+-@\t\r\n＝a1 '"), min_size=1))
def test_no_text_cell_opens_a_formula(text):
    assert not safe(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


def test_numbers_stay_numbers():
    assert (safe(-12.5), safe(None), safe(3)) == (-12.5, None, 3)


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.styles, self.links = set(), set(), set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.styles |= {content for name, content in attrs if name == "style"}
        self.links |= {content for name, content in attrs if name == "href"}


TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "h3",
        "p",
        "span",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
    ),
    *(
        "td",
        "code",
        "article",
        "dl",
        "dt",
        "dd",
        "details",
        "summary",
        "pre",
        "div",
        "ul",
        "ol",
        "li",
        "a",
        "strong",
        "sup",
    ),
    *("mark", "figure", "figcaption"),
}
ATTRIBUTES = {
    *(
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "href",
        "title",
        "style",
        "scope",
        "tabindex",
        "open",
    ),
    *("data-label", "aria-label", "aria-hidden"),
}
STYLE = re.compile(
    r"(?:(?:left|width|bottom|padding-left):-?[\d.]+(?:%|rem);?|clip-path:polygon\([\d.%,calc()+ px-]*\);?)+"
)


def test_html_has_no_element_attribute_style_or_link_from_data(hostile, tmp_path):
    page = Elements()
    text = written(tmp_path, "html", *hostile)
    page.feed(text)

    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert all(STYLE.fullmatch(style) for style in page.styles)
    assert all(link.startswith("#c") for link in page.links)
    assert "default-src 'none'" in text
    assert not {"\x00", "\x1b", "\u202e"} & set(text)


def test_html_tells_a_trial_whole_without_a_script(sample, tmp_path):
    text = written(tmp_path, "html", sample.summary, sample.results)

    for words in (
        "the shares add up to 93.5 %",
        "Figures of the answer",
        "Steps and plan",
        "Over time",
        "Conversation",
        "Raw data",
    ):
        assert words in text
    assert "finharness eval cases/alex/charter.yaml --case CH-01 --repeat 2" in text
    assert "<script" not in text


def test_html_tells_passed_cases_that_are_asked_for(sample, tmp_path):
    text = written(tmp_path, "html", sample.summary, sample.results, also=["CH-00"])

    assert "<h2>Passed, and asked for</h2>" in text
    assert text.count("alex/charter :: CH-00") == 1


def test_html_stays_bounded_whatever_there_is_to_tell(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.render.telling.STORIES_SHOWN", 3)
    results = [a_result("failed", job=a_job(a_case(f"C-{number}"))) for number in range(8)]
    summary = summarise(RunRow(a_manifest(), "complete", None, 8, 8), results)

    text = written(tmp_path, "html", summary, results)

    assert text.count("Figures of the answer") == 3
    assert text.count("<article") == 8


def test_html_style_is_the_one_that_the_policy_names(sample, tmp_path):
    import base64
    import hashlib

    text = written(tmp_path, "html", sample.summary, sample.results)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]

    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in text


def test_junit_is_valid_xml_whatever_the_data(hostile, tmp_path):
    root = ET.fromstring(written(tmp_path, "junit.xml", *hostile))

    assert len(root.findall(".//testcase")) == len(HOSTILE)
    assert root.attrib == {"name": "finharness", "tests": "12", "failures": "4", "errors": "4", "skipped": "4"}


def test_junit_counts_trials_that_did_not_run(sample, tmp_path):
    root = ET.fromstring(written(tmp_path, "junit.xml", sample.summary, sample.results))

    assert len(root.findall(".//testcase")) == int(root.attrib["tests"]) == 12
    assert len(root.findall(".//error")) == int(root.attrib["errors"]) == 2


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        pytest.param("@all", "@\u2060all", id="mention"),
        pytest.param("fixes #1", "fixes \\#\u20601", id="issue"),
        pytest.param("<b>&", "&lt;b&gt;&amp;", id="html"),
        pytest.param("![a](b)", "!\\[a\\](b)", id="image"),
        pytest.param("a | b", "a \\| b", id="table"),
        pytest.param("- x\n# y", "\u2060- x \\#\u2060 y", id="blocks"),
        pytest.param("http://e.vil www.e.vil", "http:\u2060//e.vil www\u2060.e.vil", id="links"),
        pytest.param("`code` *a* _b_", "\\`code\\` \\*a\\* \\_b\\_", id="spans"),
    ],
)
def test_markdown_shows_data_as_it_is(data, shown):
    assert plain_markdown(data) == shown


def test_a_workspace_template_replaces_ours(sample, tmp_path):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "report.md").write_text("{{ run.id }} has {{ summary.counts.failed }} failures\n")

    text = written(tmp_path, "md", sample.summary, sample.results, templates=templates)

    assert text == "20261121-100000-0001 has 3 failures\n"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ nothing.here }}", id="undefined"),
        pytest.param("{% if %}", id="syntax"),
        pytest.param("{{ run.__class__.__mro__ }}", id="out-of-the-sandbox"),
    ],
)
def test_a_template_that_does_not_work_is_named(sample, tmp_path, template):
    (tmp_path / "report.md").write_text(template)

    with pytest.raises(UserError, match="template does not work"):
        write(tmp_path / "out.md", sample.summary, sample.results, templates=tmp_path)
    assert not (tmp_path / "out.md").exists()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("x.htm", "did you mean 'html'", id="suffix"),
        pytest.param("report", "names no report format", id="no-suffix"),
        pytest.param("none/x.html", "mkdir -p", id="folder"),
        pytest.param("folder.html", "it is a folder", id="is-a-folder"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_beforehand(tmp_path, name, problem):
    (tmp_path / "folder.html").mkdir()

    with pytest.raises(UserError, match=problem):
        check_target(tmp_path / name)


def test_html_lists_what_did_not_pass_and_unfolds_the_first_three(tmp_path):
    results = [a_result("failed", job=a_job(a_case(f"C-{number}"))) for number in range(5)]
    summary = summarise(RunRow(a_manifest(), "complete", None, 5, 5), results)

    text = written(tmp_path, "html", summary, results)

    links = re.findall(r'<a href="#(case-failed-\d+)">(C-\d)</a>', text)
    assert links == [(f"case-failed-{number + 1}", f"C-{number}") for number in range(5)]
    assert all(f'id="{anchor}"' in text for anchor, _ in links)
    assert len(re.findall(r'id="c\d-checks" class="fh fh-fold" open', text)) == 3
