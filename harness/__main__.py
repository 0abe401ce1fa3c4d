"""`python -m harness`, the same as the command `finharness`."""

from .cli import entry

entry()
