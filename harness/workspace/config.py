"""Read harness.toml and the environment variables that override it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, Problems, os_errors
from harness.shape import Misfit, MisfitsError, dotted, read

from .adapters import sorted_out
from .settings import AgentSettings, Config

CONFIG_FILE = "harness.toml"
_LIMIT_BYTES = 1 << 20

OVERRIDES: Mapping[str, tuple[str, str, type]] = {
    "FINHARNESS_CONCURRENCY": ("run", "concurrency", int),
    "FINHARNESS_WORKERS": ("run", "workers", int),
    "FINHARNESS_TIMEOUT_S": ("run", "timeout_s", float),
    "FINHARNESS_BUDGET_USD": ("run", "budget_usd", float),
    "FINHARNESS_SEED": ("run", "seed", int),
    "FINHARNESS_ISOLATION": ("run", "isolation", str),
    "FINHARNESS_STORE": ("workspace", "store", str),
    "FINHARNESS_JUDGE_MODEL": ("judge", "model", str),
}
"""Environment variable to (table, key, type)."""


def read_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the settings that are in force.

    Raises:
        ConfigError: when the file cannot be read or is no TOML.
        Problems: with everything in it that does not fit.
    """
    data = _parse(path) if path is not None else {}
    place = path.name if path is not None else "environment"
    return config_of(data, place=place, overridden=_override(data, environ))


def config_of(
    data: Mapping[str, Any], *, place: str = CONFIG_FILE, overridden: Mapping[str, str] | None = None
) -> Config:
    """Make settings of parsed TOML.

    Raises:
        Problems: with everything in it that does not fit.
    """
    misfits: list[Misfit] = []
    if isinstance(data.get("agents"), Mapping):
        tables, misfits = sorted_out(data["agents"], AgentSettings)
        data = {**data, "agents": tables}
    try:
        config = read(Config, data)
    except MisfitsError as error:
        misfits += error.misfits
    if misfits:
        raise Problems([_problem(misfit, place, overridden or {}) for misfit in misfits])
    named = replace(
        config,
        agents={name: replace(agent, name=name) for name, agent in config.agents.items()},
        models={name: replace(model, name=name) for name, model in config.models.items()},
    )
    _check_names(named, place)
    return named


def _parse(path: Path) -> dict[str, Any]:
    with os_errors(ConfigError, "cannot be read", remedy="check the path and its permissions", where=path):
        raw = path.read_bytes()
    if len(raw) > _LIMIT_BYTES:
        raise ConfigError("is larger than 1 MiB", remedy="settings are short; is this the right file?", where=str(path))
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 (byte {error.start})", remedy="save it as UTF-8", where=str(path)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"is not valid TOML: {error}", remedy="correct the place named", where=str(path)) from error


def _override(data: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Put the environment's settings in; return which variable set which dotted key."""
    changed: dict[str, str] = {}
    for variable, (table, key, kind) in OVERRIDES.items():
        text = environ.get(variable, "")
        if not text:
            continue
        try:
            converted = kind(text)
        except ValueError as error:
            raise ConfigError(
                f"{text!r} is not {'a whole number' if kind is int else 'a number'}",
                remedy=f"set {variable} to one, or unset it",
                where=variable,
            ) from error
        section = data.setdefault(table, {})
        if isinstance(section, dict):
            section[key] = converted
            changed[f"{table}.{key}"] = variable
    return changed


def _problem(misfit: Misfit, place: str, overridden: Mapping[str, str]) -> ConfigError:
    key = dotted(misfit.path)
    variable = overridden.get(key)
    return ConfigError(misfit.problem, remedy=misfit.remedy, where=variable or f"{place}: {key}")


def _check_names(config: Config, place: str) -> None:
    errors: list[ConfigError] = []
    known = {*config.models, "offline"}
    for name, agent in config.agents.items():
        if agent.model is not None and agent.model not in known:
            errors.append(_unknown_model(f"{place}: agents.{name}.model", agent.model, known))
        if agent.model == "offline" and agent.policy is None:
            errors.append(
                ConfigError(
                    "the offline model needs a policy",
                    remedy='add `policy = "agents/x/policy.py:policy"` or name a model under [models]',
                    where=f"{place}: agents.{name}",
                )
            )
    if config.judge.model is not None and config.judge.model not in known:
        errors.append(_unknown_model(f"{place}: judge.model", config.judge.model, known))
    if errors:
        raise Problems(errors)


def _unknown_model(where: str, name: str, known: set[str]) -> ConfigError:
    return ConfigError(
        f"unknown model {name!r}", remedy=f"name one of {', '.join(sorted(known))}, or add [models.{name}]", where=where
    )
