"""Suites: YAML files of cases."""

from .assertions import normal, spec_of
from .digests import changed, digest_of
from .loading import MOST_CASES, Suite, cases_of, load, load_suites, load_text

__all__ = [
    "MOST_CASES",
    "Suite",
    "cases_of",
    "changed",
    "digest_of",
    "load",
    "load_suites",
    "load_text",
    "normal",
    "spec_of",
]
