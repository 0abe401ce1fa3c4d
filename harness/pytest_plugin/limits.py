"""Limits and budgets of a pytest session: one governor for all of its processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from harness.engine.allowance import allowance

from .planning import WORKSPACE
from .shares import options_of

if TYPE_CHECKING:
    from harness.limits.opening import RunLimits

_KEY: Final = "finharness_limits"


class SessionLimits:
    """Opened by the process that distributes the tests; the others are told where it is."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._is_open = False
        self._limits: RunLimits | None = None

    def address(self) -> str | None:
        """Where the session's governor is asked; None where nothing is limited."""
        given = getattr(self._config, "workerinput", None)
        if given is not None:
            address: str | None = given.get(_KEY)
            return address
        if not self._is_open:
            self._is_open = True
            workspace = self._config.stash[WORKSPACE]
            self._limits = allowance(workspace, workspace.agents, options_of(self._config, workspace))
        return None if self._limits is None else self._limits.address

    def tell(self, node: Any) -> None:
        """Tell another process where it is."""
        node.workerinput[_KEY] = self.address()

    def close(self) -> None:
        """End it."""
        if self._limits is not None:
            self._limits.close()


LIMITS: Final = pytest.StashKey[SessionLimits]()
"""The session's limits."""
