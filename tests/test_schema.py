"""The schemas and reference pages that are generated from the shapes."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from harness.document import read_file, read_text
from harness.registry import Check, kind_of, kinds
from harness.schema import pages, schemas, stale, write_schemas
from harness.schema.fields import field_docs
from harness.shape import shape_of
from harness.suites.assertions import parameters
from harness.suites.shapes import CaseFile, CheckKeys, SuiteFile

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def validators() -> dict[str, jsonschema.Draft202012Validator]:
    made = {}
    for name, text in schemas().items():
        schema = json.loads(text)
        jsonschema.Draft202012Validator.check_schema(schema)
        made[name] = jsonschema.Draft202012Validator(schema)
    return made


def said(validator: jsonschema.Draft202012Validator, data: object) -> list[str]:
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(data)]


def suites(folder: str) -> list[Path]:
    parts = {"fixtures", "data", "labels"}
    return [path for path in sorted((ROOT / folder).rglob("*.y*ml")) if not parts & set(path.parts)]


@pytest.mark.parametrize("path", suites("cases"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_suite_fits_its_schema(path: Path, validators) -> None:
    assert said(validators["suite.json"], read_file(path, path.name).data) == []


@pytest.mark.parametrize("path", suites("judges"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_rubric_fits_its_schema(path: Path, validators) -> None:
    assert said(validators["rubric.json"], read_file(path, path.name).data) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("**/harness.toml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_fit_their_schema(path: Path, validators) -> None:
    assert said(validators["harness.json"], tomllib.loads(path.read_text())) == []


GOOD = """\
description: x
agent: charter
templates: {t: {type: contains, value: x}}
defaults: {tags: [a], budget: {seconds: 3}, assert: [is-json]}
tests:
  - id: A
    vars: {n: [1, 2], p: file://fixtures/p.json}
    repeat: "{{ n }}"
    turns: [hello, {input: {a: 1}, assert: [{not-contains: x, severity: minor}]}]
    world: {p: "{{ p }}"}
    tags: {team: alex, year: 2026}
    judge: tone
    assert:
      - type: not-contains
        value: x
        weight: 2
      - type: latency
        threshold: "{{ n }}"
      - type: assert-set
        assert: [is-json, {contains: x}, {$ref: t}]
      - tool-used: allocation
      - $ref: t
        severity: minor
      - The answer is calm.
"""


def test_accepts_every_form(validators) -> None:
    assert said(validators["suite.json"], read_text(GOOD.encode(), "x.yaml").data) == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("agent: charter", "agnt: charter", ""),
        ("id: A", "id: 7", "tests.0.id"),
        ("judge: tone", "juge: tone", "tests.0"),
        ("value: x\n        weight", "valeu: x\n        weight", "tests.0.assert.0"),
        ("weight: 2", "weight: -2", "tests.0.assert.0"),
        ("type: latency", "type: latencies", "tests.0.assert.1"),
        ("tool-used: alloc", "tool-usd: alloc", "tests.0.assert.3"),
        ("assert: [is-json, {contains", "assert: [is-json, {contans", "tests.0.assert.2"),
        ("{input: {a: 1}", "{inptu: {a: 1}", "tests.0.turns.1"),
        ("budget: {seconds: 3}", "budget: {seconds: 0}", "defaults.budget"),
    ],
)
def test_refuses_what_the_loader_refuses(validators, old: str, new: str, path: str) -> None:
    assert old in GOOD
    errors = said(validators["suite.json"], read_text(GOOD.replace(old, new, 1).encode(), "x.yaml").data)

    assert [error.partition(":")[0] for error in errors] == [path]


def test_is_the_same_every_time() -> None:
    assert schemas() == schemas()


def test_every_check_and_every_field_is_documented() -> None:
    for name in kinds():
        kind = kind_of(name)
        assert kind.__doc__, name
        assert issubclass(kind, Check)
        assert all(field_docs(kind).get(field) for field in shape_of(kind)), name
    assert all(field_docs(CaseFile).get(field) for field in shape_of(CaseFile))


def test_no_parameter_hides_behind_a_key_of_every_check() -> None:
    reserved = {"type", *shape_of(CheckKeys)}

    assert {name: reserved & set(parameters(name)) for name in kinds() if reserved & set(parameters(name))} == {}


def test_editors_see_the_documentation(validators) -> None:
    schema = validators["suite.json"].schema
    case = schema["$defs"]["Case"]["properties"]

    assert case["repeat"]["description"] == "How many trials of the case are run."
    assert case["assert"]["description"].startswith("What must hold of the outcome")
    assert schema["properties"]["tests"]["description"] == "Another name of `cases`."
    assert set(field_docs(SuiteFile)) < set(schema["properties"])


def test_written_schemas_are_current_until_they_change(tmp_path) -> None:
    assert len(stale(tmp_path)) == 3

    paths = write_schemas(tmp_path)
    assert stale(tmp_path) == ()

    paths[0].write_text("{}")
    assert stale(tmp_path) == (".harness/schema/suite.json",)


@pytest.mark.parametrize("name", ["cases.md", "checks.md"])
def test_the_reference_pages_are_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == pages()[name], "run `finharness schema --docs docs`"


def test_pages_name_every_check_and_key() -> None:
    made = pages()

    assert all(f"### `{name}`" in made["checks.md"] for name in kinds())
    assert "| `assert` | list of [checks](checks.md) |" in made["cases.md"]
    assert "| `id` | text | **required** | Stable identity" in made["cases.md"]
