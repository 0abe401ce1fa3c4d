"""Variables, and the cases they make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suites import template
from harness.suites.matrix import combinations, mentioned
from harness.suites.template import TemplateError, names_in, render

MATRIX = """\
    agent: charter
    vars: {currency: [EUR, USD]}
    cases:
      - id: A
        vars:
          portfolio: [P01, P02]
          client: [{name: ann, age: 41, likes: [bonds]}, {name: bob smith, age: 67, likes: [cash]}]
        input: "I am {{ client.age }} and like {{ client.likes[0] }}."
        world: {portfolio: "{{ portfolio }}", age: "{{client.age}}"}
        assert: [{contains: "{{ client['name'] }}"}, {type: latency, threshold: "{{ client.age }}"}]
      - {id: B, input: "in {{ currency }}", assert: [is-json]}
"""


def test_lists_make_every_combination(place) -> None:
    cases = place.load(MATRIX)

    assert [case.id.partition(",")[0] for case in cases[:4]] == [
        "A[portfolio=P01", "A[portfolio=P01", "A[portfolio=P02", "A[portfolio=P02",
    ]  # fmt: skip
    assert cases[0].id == "A[portfolio=P01,client=ann]"
    assert [case.id for case in cases[4:]] == ["B[currency=EUR]", "B[currency=USD]"]
    assert len({case.id for case in cases}) == len(cases) == 6


def test_text_that_is_one_variable_keeps_its_type(place) -> None:
    case = place.load(MATRIX)[0]

    assert case.input == "I am 41 and like bonds."
    assert case.world == {"portfolio": "P01", "age": 41}
    assert [check.params for check in case.checks] == [{"value": "ann"}, {"threshold": 41}]


def test_the_suffix_of_a_value_does_not_move_when_the_list_grows(place) -> None:
    text = "agent: charter\ncases: [{id: A, vars: {q: [LIST]}, input: '{{ q }}', assert: [is-json]}]\n"
    (one,) = place.load(text.replace("LIST", "two words"))
    ids = [case.id for case in place.load(text.replace("LIST", "first, two words"))]

    assert ids == ["A[q=first]", one.id]


def test_long_suffixes_are_hashed(place) -> None:
    names = ", ".join(f"v{number}: [{'x' * 30}{number}]" for number in range(5))
    uses = " ".join(f"{{{{ v{number} }}}}" for number in range(5))
    (case,) = place.load(f"agent: charter\ncases: [{{id: A, vars: {{{names}}}, input: '{uses}', assert: [is-json]}}]\n")

    assert len(case.id) <= 100
    assert case.id.startswith("A[")


def test_values_of_variables_are_never_read_again(place) -> None:
    (case,) = place.load(
        """\
        agent: charter
        cases:
          - id: A
            vars: {attack: "{{ 7*7 }} {{ who }} {% for %}"}
            input: "{{ attack }}!"
            assert: [is-json]
        """
    )

    assert case.input == "{{ 7*7 }} {{ who }} {% for %}!"


def test_defaults_are_filled_in_too(place) -> None:
    cases = place.load(
        """\
        agent: charter
        defaults: {vars: {p: [P1, P2]}, world: {portfolio: "{{ p }}"}, assert: [{contains: "{{ p }}"}]}
        cases: [{id: A, input: x}, {id: B, vars: {p: P3}, input: x}]
        """
    )

    assert [(case.id, case.world["portfolio"], case.checks[0].params["value"]) for case in cases] == [
        ("A[p=P1]", "P1", "P1"), ("A[p=P2]", "P2", "P2"), ("B", "P3", "P3"),
    ]  # fmt: skip


def test_fixtures_are_data_or_text(place) -> None:
    place.write(
        {
            "cases/fixtures/profile.json": '{"age": 4}',
            "cases/fixtures/ask.txt": "What {{ x }}?\n",
            "cases/fixtures/list.yaml": "[one, two]\n",
        }
    )
    cases = place.load(
        """\
        agent: charter
        cases:
          - id: A
            vars: {n: file://fixtures/list.yaml, file: ask}
            input: file://fixtures/{{ file }}.txt
            world: {profile: file://fixtures/profile.json, n: "{{ n }}"}
            assert: [python: "file://checks/x.py:f"]
        """
    )

    assert [case.id for case in cases] == ["A[n=one]", "A[n=two]"]
    assert (cases[1].input, cases[1].world) == ("What {{ x }}?\n", {"profile": {"age": 4}, "n": "two"})
    assert cases[0].checks[0].params == {"value": "checks/x.py:f"}


def test_places_survive_filling_in(place) -> None:
    case = place.load(MATRIX)[1]

    assert str(case.where) == "cases/s.yaml:4:5"
    assert str(case.checks[1].where) == "cases/s.yaml:10:50"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ a }}", 1),
        (" {{a}} ", 1),
        ("{{ a }}{{ b }}", "1x"),
        ("{{ c }}", [1, {"k": None}]),
        ("{{ c }}!", '[1, {"k": null}]!'),
        ("{{ c[1].k }}!", "!"),
        ("{{ c[1]['k'] }}", None),
        ("{{ d }}!", "true!"),
        ("no }} end", "no }} end"),
    ],
)
def test_renders(text: str, result: object) -> None:
    assert render(text, {"a": 1, "b": "x", "c": [1, {"k": None}], "d": True}) == result


@pytest.mark.parametrize(
    "text",
    [
        "{{ }}", "{{ a b }}", "{{ a | upper }}", "{{ a() }}", "{{ a + 1 }}", "{{ 'x' }}", "{{ a.__class__ }}", "{{ a[0] }}",
        "{{ c[9] }}", "{{ c[-1] }}", "{{ c.append }}", "{{ {{ a }} }}", "{{ a", "x {{ a }} {{", "{{ a\n}} {{ b.c }}",
    ],
)  # fmt: skip
def test_refuses_everything_but_names(text: str) -> None:
    with pytest.raises(TemplateError):
        render(text, {"a": 1, "b": "x", "c": [1]})


def test_a_short_text_cannot_ask_for_gigabytes() -> None:
    counted = []

    class Counting(dict):
        def __getitem__(self, key: str) -> str:
            counted.append(key)
            return super().__getitem__(key)

    with pytest.raises(TemplateError, match="is longer than"):
        render("{{ a }}" * 10_000, Counting(a="x" * 100_000))
    assert len(counted) <= template.LONGEST_TEXT // 100_000 + 2


@given(st.text(alphabet="{} a.[]'\"0_%|(", max_size=40))
def test_any_template_is_rendered_or_refused(text: str) -> None:
    try:
        filled = render(text, {"a": "x"})
    except TemplateError as error:
        assert error.remedy  # noqa: PT017
        return
    assert isinstance(filled, str)
    assert filled == text or names_in(text) == {"a"}


def test_mentions_are_found_anywhere_but_in_vars_and_ids() -> None:
    raw = {"id": "{{ a }}", "vars": {"x": "{{ b }}"}, "input": ["{{ c.d }}", {"k": "x{{e}}y{{ f[0] }}"}], "n": 3}

    assert mentioned(raw) == {"c", "e", "f"}


def test_constants_make_no_cases() -> None:
    assert list(combinations({"a": "x", "b": [1, 2]}, {"a"})) == [("", {"a": "x", "b": [1, 2]})]


def test_templates_are_filled_in_where_they_are_used(place) -> None:
    place.write({"cases/fixtures/schema.json": '{"type": "object"}'})
    cases = place.load(
        """\
        agent: charter
        templates:
          named: {type: contains, value: "{{ p }}"}
          shaped: {is-json: {schema: file://fixtures/schema.json}}
          unused: {type: contains, value: "{{ q }}"}
        cases:
          - {id: A, vars: {p: [P1, P2]}, input: x, assert: [{$ref: named}, {$ref: shaped}]}
          - {id: B, input: x, assert: [is-json]}
        """
    )

    assert [case.id for case in cases] == ["A[p=P1]", "A[p=P2]", "B"]
    assert [case.checks[0].params for case in cases[:2]] == [{"value": "P1"}, {"value": "P2"}]
    assert cases[0].checks[1].params == {"schema": {"type": "object"}}


def test_a_template_with_an_undefined_variable_is_named_where_it_is_written(place) -> None:
    text = place.refusal(
        'agent: charter\ntemplates: {t: {contains: "{{ q }}"}}\ncases: [{id: A, input: x, assert: [{$ref: t}]}]\n'
    )

    assert text == "cases/s.yaml:2:27: undefined variable 'q'\n  fix: add `vars: {q: ...}`"
