"""What the model calls of a run are allowed: the governor that its settings and its budget ask for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.errors import UserError
from harness.workspace import ModelSettings, Workspace

from .loadable import variant
from .options import RunOptions

if TYPE_CHECKING:
    from harness.limits.opening import RunLimits

_RATES: Final = (
    "requests_per_minute", "tokens_per_minute", "input_tokens_per_minute", "output_tokens_per_minute", "concurrency",
)  # fmt: skip


def allowance(
    workspace: Workspace, variants: Iterable[str], options: RunOptions, *, spent: tuple[float, int] = (0.0, 0)
) -> RunLimits | None:
    """Open the limits of a run; None, at no cost, when its models are offline and nothing is limited.

    Args:
        workspace: Where models and judge are described.
        variants: Agent variants of the run.
        options: Its budgets.
        spent: Dollars and tokens of these that were used before the run was taken up again.

    Raises:
        ConfigError: when a budget cannot be kept, or `limits` is no address.
        MissingExtra: when limits are shared in Redis and its library is not installed.
    """
    models = _models(workspace, variants)
    budgeted = options.budget_usd is not None or options.budget_tokens is not None
    if not budgeted and all(_is_free(model) for model in models):
        return None
    from harness.limits.opening import open_limits

    run = replace(workspace.run, budget_usd=options.budget_usd, budget_tokens=options.budget_tokens)
    return open_limits(models, run, spent=spent)


def _models(workspace: Workspace, variants: Iterable[str]) -> list[ModelSettings]:
    names: dict[str | None, None] = {}
    for name in dict.fromkeys(variants):
        with suppress(UserError):  # an agent that cannot be loaded is reported where it is
            names[variant(workspace, name).model] = None
    names |= dict.fromkeys(_judges(workspace))
    return [
        replace(workspace.models[name], name=name) for name in names if name is not None and name in workspace.models
    ]


def _judges(workspace: Workspace) -> list[str]:
    """Models that judge: the configured one, and those of the rubrics' panels."""
    if workspace.judge.model is None:
        return []
    from harness.rubrics import load

    panels = [rubric.panel.judges for rubric in load(workspace).values() if rubric.panel is not None]
    return [workspace.judge.model, *(name for panel in panels for name in panel)]


def _is_free(model: ModelSettings) -> bool:
    return model.provider == "offline" and all(getattr(model, name) is None for name in _RATES)
