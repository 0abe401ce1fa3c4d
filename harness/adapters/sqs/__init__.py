"""Drive an agent that works on jobs: a row is made, a message sent, the row watched until the job has ended, its results read."""

from .drive import load
from .settings import Settings

__all__ = ["Settings", "load"]
