"""Read YAML strictly: plain data, the place of every key and value, and every mistake named."""

from .compose import MAX_ALIASES, MAX_DEPTH, MAX_NODES, read_file, read_text
from .document import Document
from .mistake import Mistake, problems
from .source import LIMIT_BYTES, fetch

__all__ = [
    "LIMIT_BYTES",
    "MAX_ALIASES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Document",
    "Mistake",
    "fetch",
    "problems",
    "read_file",
    "read_text",
]
