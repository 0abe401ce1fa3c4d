"""Suites: YAML files of cases."""

from .assertions import normal, spec_of
from .loading import MOST_CASES, Suite, load, load_suites

__all__ = ["MOST_CASES", "Suite", "load", "load_suites", "normal", "spec_of"]
