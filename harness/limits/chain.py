"""From a connected model to the one that agents and judges use: recorded, governed, patient."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from harness.llm import Model
from harness.workspace import ModelSettings

from .governed import GovernedModel, Governs
from .patient import PatientModel
from .values import Rates


def chained(
    model: Model,
    settings: ModelSettings,
    governor: Governs | None,
    *,
    remaining: Callable[[], float | None] = lambda: None,
    waiting: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Model:
    """Put the layers around a model: every attempt asks the governor, and failures that may pass are tried again.

    Args:
        model: Makes one attempt for each call, recorded where that is wanted.
        settings: Its [models.<name>] table.
        governor: Who decides about calls of this run; None where nobody does.
        remaining: Seconds until nobody waits any more.
        waiting: Entered while leave is waited for.
    """
    if governor is not None:
        model = GovernedModel(model, governor, waiting=waiting)
    if settings.provider == "offline" or settings.attempts == 1:
        return model
    return PatientModel(model, attempts=settings.attempts, cap_s=settings.retry_cap_s, remaining=remaining)


def rates_of(settings: ModelSettings) -> Rates:
    """The limits in a model's settings."""
    return Rates(
        requests=settings.requests_per_minute,
        tokens=settings.tokens_per_minute,
        input_tokens=settings.input_tokens_per_minute,
        output_tokens=settings.output_tokens_per_minute,
        concurrency=settings.concurrency,
    )
