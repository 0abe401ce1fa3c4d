"""What agents on AWS Lambda cost a month: the arithmetic of the price list, so that nobody has to trust a table in a guide."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from harness.errors import UserError
from harness.frozen import frozen

GB_SECOND_USD: Final = Decimal("0.0000166667")
"""Price of a second with one GB of memory, x86, first tier, as AWS's price list and the guides have it; check it for your region."""

MILLION_REQUESTS_USD: Final = Decimal("0.20")
"""Price of a million invocations."""

MILLION_MESSAGES_USD: Final = Decimal("0.40")
"""Price of a million requests to a standard SQS queue."""

FREE_GB_SECONDS: Final = 400_000
FREE_REQUESTS: Final = 1_000_000
_MB_PER_GB: Final = 1024


@frozen
class LambdaLoad:
    """What one function does in a month."""

    invocations: int
    """How often it is called."""

    seconds: float
    """How long one call takes, on average."""

    memory_mb: int
    """Memory that it is given."""

    @property
    def gb_seconds(self) -> Decimal:
        """What is charged by time."""
        return Decimal(self.invocations) * Decimal(str(self.seconds)) * Decimal(self.memory_mb) / _MB_PER_GB


@frozen
class MonthlyCost:
    """The bill, in US dollars."""

    compute_usd: Decimal
    """For time."""

    requests_usd: Decimal
    """For calls."""

    messages_usd: Decimal
    """For the queue."""

    gb_seconds: Decimal
    """Time that was charged."""

    @property
    def total_usd(self) -> Decimal:
        """All of it."""
        return self.compute_usd + self.requests_usd + self.messages_usd


def monthly_cost(loads: Iterable[LambdaLoad], *, free_tier: bool = False, messages: int = 0) -> MonthlyCost:
    """Add up what functions cost, with or without what an account gets for nothing each month.

    Raises:
        UserError: for a load that cannot be.
    """
    known = list(loads)
    if messages < 0:
        raise UserError("a queue cannot be asked less than never", remedy="give a number of 0 or more")
    for load in known:
        _check(load)
    time = sum((load.gb_seconds for load in known), Decimal(0))
    calls = sum(load.invocations for load in known)
    if free_tier:
        time, calls = max(Decimal(0), time - FREE_GB_SECONDS), max(0, calls - FREE_REQUESTS)
    million = Decimal(1_000_000)
    return MonthlyCost(
        compute_usd=time * GB_SECOND_USD,
        requests_usd=calls / million * MILLION_REQUESTS_USD,
        messages_usd=messages / million * MILLION_MESSAGES_USD,
        gb_seconds=time,
    )


def _check(load: LambdaLoad) -> None:
    if load.invocations < 0:
        raise UserError("a function cannot be called less than never", remedy="give numbers of 0 or more")
    if not 0 <= load.seconds <= 900:
        raise UserError(
            f"a call cannot take {load.seconds:g} s", remedy="Lambda ends every call after 900 s: give 0 to 900"
        )
    if not 128 <= load.memory_mb <= 10_240:
        raise UserError(f"{load.memory_mb} MB cannot be given to a function", remedy="give 128 to 10240")
