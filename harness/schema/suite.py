"""The JSON Schema of suite files: cases, and every kind of check with its parameters."""

from __future__ import annotations

from typing import Any, Final

from harness.registry import ALIASES, describe, kind_of, kinds
from harness.shape import shape_of
from harness.suites.assertions import JUDGED, NEGATED
from harness.suites.shapes import CASE_NAMES, SUITE_NAMES, CaseFile, CheckKeys, DefaultsFile, SuiteFile, TurnFile

from .tidy import DRAFT, FILLED, filled, renamed, schema_of

_FIELD_NAMES: Final = {field: name for name, field in CASE_NAMES.items()}
_TURN: Final = {"$ref": "#/$defs/Turn"}
_CHECKS: Final = {"type": "array", "items": {"$ref": "#/$defs/Check"}}


def suite_schema() -> dict[str, Any]:
    """The schema of a suite."""
    definitions: dict[str, Any] = {"Filled": FILLED}
    suite = _shape(SuiteFile, definitions)
    definitions["Case"] = _case(CaseFile, definitions)
    definitions["Defaults"] = _case(DefaultsFile, definitions)
    definitions["Turn"] = {"anyOf": [{"type": "string"}, _case(TurnFile, definitions)]}
    turns = definitions["Case"]["properties"]["turns"]
    described = {"description": turns["description"]}
    definitions["Case"]["properties"]["turns"] = {**described, "type": "array", "minItems": 1, "items": _TURN}
    definitions |= _checks(definitions)
    definitions["Fault"] = filled(definitions["Fault"])
    properties = suite["properties"]
    properties["defaults"] |= {"$ref": "#/$defs/Defaults"}
    properties["cases"]["items"] = {"$ref": "#/$defs/Case"}
    properties["templates"]["additionalProperties"] = {"$ref": "#/$defs/Check"}
    for other, name in SUITE_NAMES.items():
        properties[other] = {**properties[name], "description": f"Another name of `{name}`."}
    return {"$schema": DRAFT, "title": "finharness suite", **suite, "$defs": dict(sorted(definitions.items()))}


def _shape(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    schema, inner = schema_of(kind)
    definitions |= inner
    return schema


def _case(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = filled(renamed(_shape(kind, definitions), _FIELD_NAMES))
    described = schema["properties"]["assert"].get("description", "")
    schema["properties"]["assert"] = {"description": described, **_CHECKS}
    return schema


def _checks(definitions: dict[str, Any]) -> dict[str, Any]:
    """Every form of a check."""
    common = _shape(CheckKeys, definitions)["properties"]
    whole = {f"check_{name.replace(':', '_')}": _whole(name, common, definitions) for name in kinds()}
    sentence = {
        "type": "string",
        "description": f"A sentence that a judge decides (`{JUDGED}`), or the name of a check.",
    }
    reference = {
        "type": "object",
        "properties": {"$ref": {"type": "string", "description": "A check from the suite's `templates`."}},
        "required": ["$ref"],
    }
    forms = [sentence, *({"$ref": f"#/$defs/{name}"} for name in whole), {"$ref": "#/$defs/ShortForm"}, reference]
    return {"Check": {"anyOf": forms}, "ShortForm": _short(common), **whole}


def _whole(name: str, common: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    kind = kind_of(name)
    written = {field: spelled for spelled, field in kind.spelled.items()}
    schema = filled(renamed(_shape(kind, definitions), written))
    properties = schema["properties"]
    if "assert" in properties:
        described = {"description": properties["assert"].get("description", "")}
        properties["assert"] = {**described, **_CHECKS, "minItems": 1}
    kinds_of_it = {"enum": [*_names(name)], "description": describe(kind).splitlines()[0]}
    return {
        **schema,
        "description": describe(kind),
        "properties": {"type": kinds_of_it, **properties, **common},
        "required": ["type", *(written.get(field, field) for field in schema.get("required", ()))],
        "additionalProperties": False,
    }


def _short(common: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name in kinds():
        for written in _names(name):
            properties[written] = {"description": describe(kind_of(name)).splitlines()[0]}
    return {
        "type": "object",
        "description": "The short form: a check's name and its value.",
        "properties": {**properties, **common},
        "minProperties": 1,
        "maxProperties": 1 + len(shape_of(CheckKeys)),
        "additionalProperties": False,
    }


def _names(name: str) -> list[str]:
    """A check's name, its other names, and their opposites."""
    names = [name, *(alias for alias, kind in ALIASES.items() if kind == name)]
    return [*names, *(f"{NEGATED}{item}" for item in names)]
