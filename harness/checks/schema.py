"""JSON Schemas from suites: small, local and complete, or refused at load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.jsonpath import written
from harness.model import canonical

from .patterns import checked, search
from .wording import refuse, shown

_LIMIT = 64 << 10
_DEPTH = 40


def validator(schema: dict[str, Any], field: str) -> Any:
    """Make a validator that reads no file, opens no socket and cannot hang on a pattern.

    Raises:
        MisfitsError: at the field that holds the schema.
    """
    import jsonschema
    from jsonschema.validators import extend, validator_for
    from referencing import Registry

    _local(schema, field)
    kind = validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        path = (field, *error.absolute_path)
        raise refuse(path, f"this is no JSON Schema: {error.message[:200]}", "correct the schema") from None
    made = extend(kind, {"pattern": _pattern})(schema, registry=Registry())  # type: ignore[no-untyped-call]  # theirs
    try:
        made.is_valid(None)
    except Exception as error:  # noqa: BLE001 - an unresolvable or endless reference shows in many ways
        raise refuse(field, f"the schema cannot be used: {type(error).__name__}: {error}", "correct its $ref") from None
    return made


def mistakes(made: Any, document: Any) -> list[tuple[str, str]]:
    """Path and message of everything in a document that its schema forbids, nearest to the top first."""
    found = sorted(made.iter_errors(document), key=lambda error: (len(error.absolute_path), str(error.absolute_path)))
    return [(written(list(error.absolute_path)), _message(error)) for error in found]


def _message(error: Any) -> str:
    """The sentence of jsonschema, without the whole document in front of it."""
    text = str(error.message)
    whole = repr(error.instance)
    return text.replace(whole, shown(error.instance), 1) if text.startswith(whole) else text[:300]


def _local(schema: Any, field: str) -> None:
    for place, depth, item in _nodes(schema, (field,), 0):
        if depth > _DEPTH:
            raise refuse(field, f"the schema is nested deeper than {_DEPTH}", "use $defs to make it flat")
        if not isinstance(item, Mapping):
            continue
        for key in ("$ref", "$dynamicRef", "$recursiveRef"):
            target = item.get(key)
            if isinstance(target, str) and not target.startswith("#"):
                raise refuse(
                    (*place, key), f"{target!r} leads outside the schema", "copy it below $defs: '#/$defs/name'"
                )
        if isinstance(item.get("pattern"), str):
            checked(item["pattern"], (*place, "pattern"))
    if len(canonical(schema)) > _LIMIT:
        raise refuse(field, "the schema is larger than 64 KiB", "check the parts that matter")


def _nodes(item: Any, place: tuple[str | int, ...], depth: int) -> Iterator[tuple[tuple[str | int, ...], int, Any]]:
    yield place, depth, item
    if depth > _DEPTH:
        return
    if isinstance(item, Mapping):
        for key, inner in item.items():
            yield from _nodes(inner, (*place, str(key)), depth + 1)
    elif isinstance(item, Sequence) and not isinstance(item, str):
        for index, inner in enumerate(item):
            yield from _nodes(inner, (*place, index), depth + 1)


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[Any]:
    """The `pattern` keyword, searched under a time limit."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and search(pattern, instance) is None:
        yield ValidationError(f"{shown(instance)} does not match {pattern!r}")
