"""Read a promptfoo configuration: its prompts and tests as cases, its assertions as our checks."""

from .config import read_promptfoo

__all__ = ["read_promptfoo"]
