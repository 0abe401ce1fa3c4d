"""Read YAML strictly: plain data, the place of every key and value, and every mistake named."""

from .compose import MAX_ALIASES, MAX_DEPTH, MAX_NODES, read_file, read_text
from .document import Document
from .mistake import FileProblems, Mistake
from .site import Site
from .source import LIMIT_BYTES, fetch

__all__ = [
    "LIMIT_BYTES",
    "MAX_ALIASES",
    "MAX_DEPTH",
    "MAX_NODES",
    "Document",
    "FileProblems",
    "Mistake",
    "Site",
    "fetch",
    "read_file",
    "read_text",
]
