"""The page of one trial: everything that one looks for stands on it, and nothing in the data acts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from stored_runs import HOSTILE, RUNS, a_full_workspace, a_workspace

CASE = "pages/case.py"


class Page(HTMLParser):
    """Text, tags and places of the page's own markup, style sheets left out."""

    def __init__(self, app):
        super().__init__()
        self.words, self.tags, self.ids, self.links = [], set(), set(), set()
        self.feed("".join(item.proto.body for item in app.get("html") if not item.proto.body.startswith("<style")))
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        known = dict(attrs)
        self.ids |= {known["id"]} if "id" in known else set()
        self.links |= {known["href"]} if "href" in known else set()

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return a_full_workspace(tmp_path_factory.mktemp("workspace"))


def test_an_address_leads_to_the_trial(opened, full):
    app = opened(full, run=RUNS[-1], case="CH-01", trial="1")
    page = Page(app)

    assert not app.exception
    assert app.title[0].value == "CH-01"
    assert "finance:chart-spec: the slices add up to 98.0, not to 100" in page.text
    assert "0 of 3 decided trials passed; pass^3 = 0.00" in page.text
    for words in ("Score 0.62", "Time 1.4 s", "Steps 5", "Tokens 2,638", "Cost $0.0070"):
        assert words in page.text
    assert "finharness eval cases/alex/charter.yaml --case CH-01 --repeat 2" in page.text


def test_checks_say_what_was_expected_and_where_the_number_came_from(opened, full):
    page = Page(opened(full, run=RUNS[-1], case="CH-01"))

    assert '{"tolerance": 0.05, "total": 100}' in page.text
    assert "± 0.05" in page.text
    assert "step s5 $.series[*].value two slices" in page.text
    assert "cases/alex/charter.yaml:6:7" in page.text


def test_every_link_inside_the_page_leads_somewhere(opened, full):
    page = Page(opened(full, run=RUNS[-1], case="CH-01"))

    assert {link for link in page.links if link.startswith("#")} <= {f"#{name}" for name in page.ids}
    assert {"#t-source-1", "#t-figure-1", "#t-step-s5"} <= page.links | {f"#{name}" for name in page.ids}


def test_figures_say_where_they_come_from(opened, full):
    page = Page(opened(full, run=RUNS[-1], case="CH-01"))

    assert "2 computed from what was read" in page.text
    assert "5200.0 in s2 get_portfolio" in page.text
    assert "No finance:grounded-numbers check of this case looked at the whole answer" in page.text


def test_what_changed_since_it_passed_is_told(opened, full):
    page = Page(opened(full, run=RUNS[-1], case="CH-01"))

    assert f"Compared with trial 1 of run {RUNS[1]}" in page.text
    assert "✓ passed: the slices add up to 100" in page.text
    assert "✗ failed: the slices add up to 98.0, not to 100" in page.text


def test_the_conversation_is_plain_text(opened, full):
    page = Page(opened(full, run=RUNS[-1], case="TG-05"))

    assert "User Hello? Agent Hello. <script>alert(1)</script> **bold**" in page.text
    assert '"ask": "<script>' in page.text


def test_all_that_is_stored_is_sent_once_it_is_asked_for(opened, full):
    app = opened(full, run=RUNS[-1], case="CH-01")
    assert not app.json

    app.session_state["raw"] = True
    app.run()

    assert '"status": "failed"' in app.json[0].value


def test_nothing_hostile_is_interpreted(opened, full):
    app = opened(full, run=RUNS[-1], case=HOSTILE)
    page = Page(app)

    assert not app.exception
    assert app.title[0].value.startswith("``<script>")
    interpreted = [item.value for item in (*app.markdown, *app.caption, *app.subheader)]
    assert not any("alert(1)" in text for text in interpreted)
    assert page.tags <= {
        "a", "code", "dd", "details", "div", "dl", "dt", "h2", "h3", "li", "mark", "nav", "ol", "p", "pre", "section", "span",
        "strong", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
    }  # fmt: skip
    shown = [page.text, *(item.value for item in (*app.text, *app.code))]
    assert not any("\x1b" in text or "\u202e" in text for text in shown)


def test_another_trial_is_a_click_away(opened, full):
    app = opened(full, run=RUNS[-1], case="CH-03", trial="1")
    assert "failed trial 2 of 3" in Page(app).text

    app.segmented_control[0].select(2).run()

    assert app.query_params["trial"] in ("2", ["2"])
    assert "passed trial 3 of 3" in Page(app).text


def test_without_an_address_a_case_is_chosen_from_a_list(opened, full):
    app = opened(full, CASE)
    assert app.title[0].value == "Case"
    assert [label.split()[1] for label in app.selectbox[1].options][:2] == ["failed", "failed"]

    app.selectbox[1].select_index(1).run()

    assert "CH-03" in app.title[0].value


@pytest.mark.parametrize("query", [{"run": "none"}, {"case": "none"}, {"trial": "99"}, {"case": "../../etc/passwd"}])
def test_an_address_that_leads_nowhere_says_what_there_is(opened, full, query):
    app = opened(full, **{"case": "CH-01", **query})

    assert not app.exception
    assert app.title[0].value == "No such trial"
    assert "Next: " in Page(app).text


def test_without_results_it_says_what_to_do_next(opened, tmp_path):
    app = opened(a_workspace(tmp_path), CASE)

    assert not app.exception
    assert "Next: run finharness eval first" in Page(app).text
    assert "finharness eval" in app.code[0].value
