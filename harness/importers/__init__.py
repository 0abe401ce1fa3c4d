"""Runs that other programs recorded, read as ours, so that they are graded, reported and compared like any other."""

from .recording import Recording

__all__ = ["Recording"]
