"""What a plan file can say: who may ask which models, how much in a minute, and for how much money."""

from __future__ import annotations

from dataclasses import field
from fnmatch import fnmatchcase
from typing import Annotated, Literal, TypeAlias

from harness.bounds import Ge, Gt, Len
from harness.limits.values import Rates
from harness.shape import value

PerMinute: TypeAlias = Annotated[int, Ge(1)] | None


@value
class RateLimits:
    """Most that may be asked for in any 60 seconds. `null` is unlimited; what is not written has the default."""

    rpm: PerMinute = 60
    """Requests."""

    input_tpm: PerMinute = 40_000
    """Input tokens."""

    output_tpm: PerMinute = 10_000
    """Output tokens."""

    def rates(self) -> Rates:
        """The same for the windows that count."""
        return Rates(requests=self.rpm, input_tokens=self.input_tpm, output_tokens=self.output_tpm)


UNLIMITED = RateLimits(rpm=None, input_tpm=None, output_tpm=None)
"""No limit at all."""


@value
class Budget:
    """Money and tokens that one or several entities share."""

    usd: Annotated[float, Gt(0)] | None = None
    """Most US dollars in a period."""

    tokens: Annotated[int, Ge(1)] | None = None
    """Most input and output tokens in a period."""

    period: Literal["day", "month", "total"] = "month"
    """When it begins anew, in UTC; `total` never does."""


@value
class Plan:
    """What one entity may do."""

    entity: Annotated[str, Len(1, 120)]
    """Who asks: a user, a service, an agent."""

    type: Literal["user", "service", "department", "agent"] = "service"
    """What it is."""

    tenant: Annotated[str, Len(1, 120)] = "SYSTEM"
    """Whom it belongs to."""

    active: bool = True
    """Whether it is served at all."""

    models: tuple[Annotated[str, Len(1)], ...] = ()
    """Models that it may ask, as names or patterns (`claude-*`); none without any."""

    keys: tuple[str, ...] = ()
    """SHA-256 of each of its keys, as `finharness gateway --new-key` writes them."""

    key_env: tuple[str, ...] = ()
    """Environment variables that hold keys of its, instead."""

    budget: str | None = None
    """Name under `budgets`."""

    limits: RateLimits = RateLimits()
    """Limits of each model that `model_limits` does not name."""

    model_limits: dict[str, RateLimits] = field(default_factory=dict)
    """Limits by model."""

    total: RateLimits | None = None
    """Limits of all its models together, besides."""

    def allows(self, model: str) -> bool:
        """Whether it may ask a model."""
        return any(fnmatchcase(model, pattern) for pattern in self.models)

    def limits_of(self, *names: str) -> RateLimits:
        """The limits of one model, by any of its names."""
        return next((self.model_limits[name] for name in names if name in self.model_limits), self.limits)


@value
class PlanFile:
    """A whole plan file."""

    plans: Annotated[tuple[Plan, ...], Len(1)]
    """One for each entity."""

    budgets: dict[str, Budget] = field(default_factory=dict)
    """Budgets by name."""


OPEN = Plan(entity="anyone", models=("*",), limits=UNLIMITED)
"""The plan of a gateway without a plan file, which only this machine can reach."""
