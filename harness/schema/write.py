"""Write the schemas where editors find them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError
from harness.rubrics import Rubric
from harness.workspace.adapters import ADAPTERS, PYTHON, adapter_module
from harness.workspace.settings import Config

from .suite import suite_schema
from .tidy import DRAFT, schema_of

FOLDER: Final = ".harness/schema"
"""Where schemas are, relative to the workspace root."""


def schemas() -> Mapping[str, str]:
    """File name to content of every schema."""
    made = {"suite.json": suite_schema(), "rubric.json": _rubric(), "harness.json": _config()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in made.items()}


def write_schemas(root: Path) -> tuple[Path, ...]:
    """Write every schema into a workspace; files that are current are left as they are."""
    return put(root / FOLDER, schemas())


def put(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write files into a folder where they differ.

    Raises:
        ConfigError: when that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            if differs(folder / name, text):
                (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise ConfigError(problem, remedy="check the path and its permissions", where=str(folder)) from error
    return tuple(folder / name for name in files)


def differs(path: Path, text: str) -> bool:
    """Whether a file is missing or holds something else."""
    return not path.is_file() or path.read_bytes() != text.encode()


def stale(root: Path) -> tuple[str, ...]:
    """Schemas that are missing or out of date, relative to the root."""
    folder = root / FOLDER
    return tuple(f"{FOLDER}/{name}" for name, text in schemas().items() if differs(folder / name, text))


def _rubric() -> dict[str, Any]:
    schema, definitions = schema_of(Rubric, without=("where",))
    definitions.pop("Where", None)
    return {"$schema": DRAFT, "title": "finharness rubric", **schema, "$defs": definitions}


def _config() -> dict[str, Any]:
    schema, definitions = schema_of(Config)
    for name in ("AgentSettings", "ModelSettings"):
        definitions[name]["properties"].pop("name", None)
    agent = definitions["AgentSettings"]
    agent["properties"].pop("options", None)
    for name in ADAPTERS:
        title, one = _agent_of(name, agent, definitions)
        definitions[title] = one
    definitions["AgentSettings"] = {
        "anyOf": [{"$ref": f"#/$defs/{_title(name)}"} for name in ADAPTERS],
        "description": agent.get("description", "One agent that suites can name."),
    }
    return {"$schema": DRAFT, "title": "finharness settings (harness.toml)", **schema, "$defs": definitions}


def _title(adapter: str) -> str:
    return "".join(part.capitalize() for part in adapter.split("-")) + "Agent"


def _agent_of(adapter: str, common: dict[str, Any], definitions: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The table of an agent with one adapter: the keys of every agent, and the adapter's own."""
    kind = adapter_module(adapter).Settings
    own, more = schema_of(kind)
    definitions.update(more)
    unused = {"target", "model", "policy"} - {*kind.needs, *kind.takes}
    properties = {name: part for name, part in common["properties"].items() if name not in unused}
    properties["adapter"] = {"const": adapter, "description": properties["adapter"]["description"]}
    required = [*own.get("required", ()), *kind.needs, *(() if adapter == PYTHON else ("adapter",))]
    about = {"description": own["description"]} if "description" in own else {}
    return _title(adapter), {
        "type": "object",
        **about,
        "properties": {**properties, **own.get("properties", {})},
        "required": required,
        "additionalProperties": False,
    }
