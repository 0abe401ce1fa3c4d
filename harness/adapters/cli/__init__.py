"""Drive a program: words of a command line in, text, JSON or lines of events out."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
