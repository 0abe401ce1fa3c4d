"""What goes wrong at random where a workspace does not say: what passes, so that a patient agent answers all the same."""

from __future__ import annotations

from typing import Final

from harness.model.fault import Fault

DEFAULT: Final[tuple[Fault, ...]] = (
    Fault(seam="model", kind="rate_limit", probability=0.1, times=2),
    Fault(seam="model", kind="rate_limit", probability=0.05, times=1, retry_after_s=5),
    Fault(seam="model", kind="overloaded", probability=0.05, times=1),
    Fault(seam="model", kind="server_error", probability=0.05, times=1),
    Fault(seam="model", kind="reset", probability=0.05, times=1),
    Fault(seam="model", kind="slow", probability=0.1, seconds=10),
    Fault(seam="tool", kind="timeout", probability=0.05, times=1),
    Fault(seam="tool", kind="server_error", probability=0.05, times=1),
    Fault(seam="tool", kind="slow", probability=0.1, seconds=10),
    Fault(seam="store", kind="down", probability=0.02, times=1),
    Fault(seam="queue", kind="duplicate", probability=0.1, times=1),
    Fault(seam="gateway", kind="rate_limit", probability=0.1, times=2),
    Fault(seam="gateway", kind="reset", probability=0.05, times=1),
)
"""Faults of the profile `default`."""
