"""Generate a JSON Schema from a shape, without what would only be noise in an editor."""

from __future__ import annotations

from typing import Any, Final

from .fields import field_docs

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: Any, *, without: tuple[str, ...] = ()) -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON Schema of a shape and the definitions it refers to.

    Args:
        kind: A class made by `harness.shape.value`.
        without: Fields that files do not have.
    """
    from pydantic import TypeAdapter

    whole = TypeAdapter(kind).json_schema()
    definitions = {name: _tidy(part) for name, part in whole.pop("$defs", {}).items()}
    schema: dict[str, Any] = _tidy(whole)
    for name, text in field_docs(kind).items():  # pydantic leaves out what a class inherits
        if name in schema["properties"]:
            schema["properties"][name].setdefault("description", " ".join(text.split()))
    for name in without:
        schema["properties"].pop(name, None)
    return schema, definitions


def renamed(schema: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The schema with properties under other names."""
    properties = {names.get(name, name): part for name, part in schema.get("properties", {}).items()}
    return {**schema, "properties": properties}


def filled(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping whose values may also be `{{ name }}` or `file://...`."""
    properties = {name: _or_filled(part) for name, part in schema["properties"].items()}
    return {**schema, "properties": properties}


FILLED: Final = {
    "type": "string",
    "pattern": r"\{\{|^file://",
    "description": "A variable (`{{ name }}`) or the content of a file (`file://fixtures/x.json`).",
}
"""What stands for a value that is not text."""


def _or_filled(part: dict[str, Any]) -> dict[str, Any]:
    kinds = [part.get("type"), *(choice.get("type") for choice in part.get("anyOf", ()))]
    untyped = not any(key in part for key in ("type", "anyOf", "$ref", "enum", "const"))
    if untyped or ("string" in kinds and "enum" not in part and "pattern" not in part):
        return part
    outer: dict[str, Any] = {key: part[key] for key in ("description", "default") if key in part}
    inner = {key: item for key, item in part.items() if key not in outer}
    choices = inner["anyOf"] if set(inner) == {"anyOf"} else [inner]
    return {**outer, "anyOf": [*choices, {"$ref": "#/$defs/Filled"}]}


def _tidy(item: Any) -> Any:
    """Drop generated titles, and the `null` that says no more than leaving the key out."""
    if isinstance(item, list):
        return [_tidy(part) for part in item]
    if not isinstance(item, dict):
        return item
    tidy = {
        key: {name: _tidy(part) for name, part in content.items()} if key in {"properties", "$defs"} else _tidy(content)
        for key, content in item.items()
        if not (key == "title" and isinstance(content, str)) and not (key == "default" and content is None)
    }
    choices = tidy.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices and item.get("default") is None:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del tidy["anyOf"]
        tidy = {**tidy, **(rest[0] if len(rest) == 1 else {"anyOf": rest})}
    return tidy
