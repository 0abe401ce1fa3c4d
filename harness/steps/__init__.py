"""What a trial did step by step: repeats, errors, retries, and how it compares with a reference plan."""

from .analysis import analyse

__all__ = ["analyse"]
