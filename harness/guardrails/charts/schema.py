"""Validate figures of Vega-Lite and Plotly by their own schemas, where the package that ships the schema is installed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.text import one_line

from .report import Finding, Profile

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_MOST = 5


def schema_findings(figure: Any, path: str, profile: Profile) -> Iterator[Finding]:
    """What a figure's own schema says: `schema` for what it forbids, `schema-unknown` for what it does not know.

    Vega-Lite ignores properties that it does not know, and a newer one may know them: these only warn. Without the package, the
    report says that nothing was validated (`schema-not-checked`).
    """
    if profile not in ("vega-lite", "plotly") or not isinstance(figure, Mapping):
        return
    yield from _vega(figure, path) if profile == "vega-lite" else _plotly(figure, path)


def _vega(spec: Mapping[str, Any], path: str) -> Iterator[Finding]:
    validator = _vega_validator()
    if validator is None:
        yield _absent(path, "altair")
        return
    plain = _plain(spec)
    for _ in range(_MOST):
        error = next(iter(validator.iter_errors(plain)), None)
        if error is None:
            return
        error = _deepest(error)
        where = f"{path}{error.json_path.removeprefix('$')}"
        unknown = _unknown(error)
        if not unknown:
            yield Finding("schema", "block", where, _told(error))
            return
        yield Finding("schema-unknown", "warn", where, one_line(f"Vega-Lite knows no {', '.join(unknown)} here", 200))
        holder: Any = error.instance
        for name in unknown:  # what else is wrong shows without them
            holder.pop(name)


@cache
def _vega_validator() -> Validator | None:
    """A validator with the schema that altair ships; None without altair."""
    found = find_spec("altair")
    places = list(found.submodule_search_locations or ()) if found else []
    schemas = sorted(Path(places[0]).glob("vegalite/v*/schema/vega-lite-schema.json")) if places else []
    if not schemas:
        return None
    from jsonschema import Draft7Validator

    return Draft7Validator(json.loads(schemas[-1].read_text(encoding="utf-8")))


def _deepest(error: ValidationError) -> ValidationError:
    """Of alternatives that all fail, the one that fitted furthest."""
    while error.context:
        error = max(error.context, key=lambda inner: (len(inner.absolute_path), bool(_unknown(inner))))
    return error


def _unknown(error: ValidationError) -> list[str]:
    """Properties that a schema does not list."""
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    known = error.schema.get("properties", ()) if isinstance(error.schema, Mapping) else ()
    return sorted(set(error.instance) - set(known))


def _told(error: ValidationError) -> str:
    if error.validator in ("enum", "const"):
        return one_line(f"{error.instance!r} is no value that Vega-Lite knows here", 200)
    return one_line(error.message, 200)


def _plotly(figure: Mapping[str, Any], path: str) -> Iterator[Finding]:
    if find_spec("plotly") is None:
        yield _absent(path, "plotly")
        return
    build = import_module("plotly.graph_objects").Figure
    try:
        build({name: part for name, part in _plain(figure).items() if name in ("data", "layout", "frames")})
    except Exception as error:  # noqa: BLE001  (plotly raises what its validators raise: ValueError, TypeError, KeyError)
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        yield Finding("schema", "block", path, one_line(" ".join(lines[:2]) or type(error).__name__, 200))


def _absent(path: str, package: str) -> Finding:
    message = f"the figure's own schema was not checked: install finharness[charts] ({package} is missing)"
    return Finding("schema-not-checked", "info", path, message)


def _plain(item: Any) -> Any:
    """A copy with floats for decimals, as the validators know numbers."""
    if isinstance(item, Mapping):
        return {str(key): _plain(inner) for key, inner in item.items()}
    if isinstance(item, list | tuple):
        return [_plain(inner) for inner in item]
    return (math.nan if item.is_nan() else float(item)) if isinstance(item, Decimal) else item
