"""Where worker processes are started: on this machine, or on the machines of a Ray cluster."""

from .opening import Executor, Launching, opened

__all__ = ["Executor", "Launching", "opened"]
