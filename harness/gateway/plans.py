"""Read a plan file, YAML or TOML, and say everything that is wrong with it at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness.document import Site, fetch, read_text
from harness.errors import ConfigError, Problems, UserError, nearest
from harness.shape import Misfit, MisfitsError, dotted, read

from .keys import is_digest
from .values import Plan, PlanFile, RateLimits

_RATES: Final = ("rpm", "input_tpm", "output_tpm")


def load_plans(path: Path, environ: Mapping[str, str], *, name: str = "") -> PlanFile:
    """Read a plan file.

    Args:
        path: The file; its ending says whether it is TOML.
        environ: Where `key_env` looks.
        name: How messages call it; by default its file name.

    Raises:
        ConfigError: when it cannot be read.
        Problems: with every mistake in it.
    """
    shown = name or path.name
    raw = fetch(path, shown)
    if path.suffix == ".toml":
        return _checked(_toml(raw, shown), environ, lambda misfit: _toml_error(misfit, shown))
    document = read_text(raw, shown)
    site = Site(document, document.data)
    return _checked(document.data, environ, lambda misfit: next(site.mistakes(MisfitsError([misfit]))).error())


def _toml(raw: bytes, name: str) -> Any:
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is not valid TOML: {error}", remedy="correct the place named", where=name) from error


def _toml_error(misfit: Misfit, name: str) -> ConfigError:
    return ConfigError(misfit.problem, remedy=misfit.remedy, where=f"{name}: {dotted(misfit.path)}")


def _checked(data: Any, environ: Mapping[str, str], error_of: Any) -> PlanFile:
    misfits = list(_empty(data))
    found: PlanFile | None = None
    try:
        found = read(PlanFile, data)
    except MisfitsError as error:
        said = {item.path for item in misfits}
        misfits.extend(item for item in error.misfits if item.path not in said)
    plans = _plans(data) if found is None else dict(enumerate(found.plans))
    misfits.extend(_contradictions(plans, _budgets(data)))
    misfits.extend(_keys(plans, environ))
    if misfits:
        raise Problems(sorted((error_of(item) for item in misfits), key=_place))
    assert found is not None
    return found


def _plans(data: Any) -> dict[int, Plan]:
    """The plans that can be read, by their place: what is wrong with one does not hide what is wrong with another."""
    found: dict[int, Plan] = {}
    for number, item in enumerate(_list(data)):
        with suppress(MisfitsError):
            found[number] = read(Plan, item)
    return found


def _budgets(data: Any) -> Mapping[str, Any]:
    given = data.get("budgets") if isinstance(data, dict) else None
    return given if isinstance(given, dict) else {}


def _list(data: Any) -> list[Any]:
    given = data.get("plans") if isinstance(data, dict) else None
    return given if isinstance(given, list) else []


def _place(error: UserError) -> tuple[int, ...]:
    numbers = [part for part in str(error.where or "").split(":")[1:] if part.isdigit()]
    return tuple(int(part) for part in numbers)


def _empty(data: Any) -> Iterator[Misfit]:
    """Limits that are begun and not written, which is no way to say that there are none."""
    for number, plan in enumerate(_list(data)):
        if not isinstance(plan, dict):
            continue
        boxes: dict[tuple[str, ...], Any] = {("limits",): plan.get("limits", {}), ("total",): plan.get("total", {})}
        models = plan.get("model_limits")
        boxes |= {("model_limits", name): rates for name, rates in models.items()} if isinstance(models, dict) else {}
        for path, rates in boxes.items():
            if rates is None:
                yield Misfit(
                    ("plans", number, *path), "the limits are missing", "write {rpm: 60}; `rpm: null` is unlimited"
                )


def _contradictions(plans: Mapping[int, Plan], budgets: Mapping[str, Any]) -> Iterator[Misfit]:
    seen: dict[str, int] = {}
    for number, plan in plans.items():
        at = ("plans", number)
        if plan.entity in seen:
            yield Misfit((*at, "entity"), f"{plan.entity!r} has a plan already", "one plan for each entity")
        seen.setdefault(plan.entity, number)
        if plan.active and not plan.models:
            yield Misfit((*at,), f"{plan.entity!r} may ask no model", 'add `models: ["*"]`, or `active: false`')
        if plan.budget is not None and plan.budget not in budgets:
            yield Misfit((*at, "budget"), f"there is no budget {plan.budget!r}", nearest(plan.budget, budgets))
        for model, rates in plan.model_limits.items():
            if plan.models and not plan.allows(model):
                yield Misfit(
                    (*at, "model_limits", model), f"{model!r} has limits and may not be asked", "add it to `models`"
                )
            yield from _above_total(plan, rates, (*at, "model_limits", model))
        yield from _above_total(plan, plan.limits, (*at, "limits"))
    for name, budget in budgets.items():
        if isinstance(budget, dict) and not {"usd", "tokens"} & {
            key for key, item in budget.items() if item is not None
        }:
            yield Misfit(("budgets", name), f"the budget {name!r} limits nothing", "add usd or tokens")


def _above_total(plan: Plan, rates: RateLimits, at: tuple[str | int, ...]) -> Iterator[Misfit]:
    if plan.total is None or rates == RateLimits():  # defaults were not written, so that they contradict nobody
        return
    for name in _RATES:
        one, all_of_them = getattr(rates, name), getattr(plan.total, name)
        if one is not None and all_of_them is not None and one > all_of_them and one != getattr(RateLimits(), name):
            yield Misfit(
                (*at, name),
                f"{one} is more than all models together may have ({all_of_them})",
                f"lower it, or raise total.{name}",
            )


def _keys(plans: Mapping[int, Plan], environ: Mapping[str, str]) -> Iterator[Misfit]:
    owner: dict[str, str] = {}
    for number, plan in plans.items():
        at = ("plans", number)
        if plan.active and not plan.keys and not plan.key_env:
            yield Misfit(at, f"{plan.entity!r} has no key", "add one: finharness gateway --new-key")
        for index, key in enumerate(plan.keys):
            if not is_digest(key):
                yield Misfit(
                    (*at, "keys", index),
                    "is no SHA-256 of a key",
                    "keys are written as sha256:<64 hex digits>; make one: finharness gateway --new-key",
                )
            elif owner.setdefault(key.lower(), plan.entity) != plan.entity:
                yield Misfit((*at, "keys", index), f"is a key of {owner[key.lower()]!r}, too", "give each its own")
        for index, variable in enumerate(plan.key_env):
            if plan.active and not environ.get(variable, "").strip():
                yield Misfit(
                    (*at, "key_env", index), f"the environment variable {variable} is not set", f"export {variable}=..."
                )
