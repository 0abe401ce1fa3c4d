"""Recordings of what models, judges and tools answered, to be played again without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .cassette import Cassette, Mode
    from .miss import ReplayMiss
    from .tape import Recording, Tape

__all__ = ["Cassette", "Mode", "Recording", "ReplayMiss", "Tape"]

__getattr__, __dir__ = exports(
    __name__, {"cassette": ("Cassette", "Mode"), "miss": ("ReplayMiss",), "tape": ("Recording", "Tape")}
)
