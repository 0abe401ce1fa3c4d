"""How pytest-xdist hands out trials, and what becomes of those that a process had when it crashed."""

from __future__ import annotations

from typing import Any

import pytest

from .book import BOOK


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Make a scheduler that gives each process its whole share at once, so that it can run it concurrently."""
    from xdist.scheduler import LoadScheduling

    class ShareScheduling(LoadScheduling):  # type: ignore[misc]  # xdist has no types
        """Splits the items among the workers at the beginning, and again what a crashed one leaves."""

        def _send_tests(self, node: Any, num: int) -> None:
            unserved = sum(not pending for pending in self.node2pending.values())
            super()._send_tests(node, max(num, -(-len(self.pending) // max(1, unserved))))

        def remove_node(self, node: Any) -> Any:
            """Have nobody run again what a crashed process had begun and may not be run twice."""
            first, *others = self.node2pending.get(node) or [None]
            book = config.stash[BOOK]
            lost = [number for number in others if book.runs_once(self.collection[number])]
            for number in lost:
                self.node2pending[node].remove(number)
            crashed = super().remove_node(node)
            for number in lost:
                report_lost(config, node, self.collection[number])
            return crashed if first is not None else None

    return ShareScheduling(config, log)


def take_up(crashed: str, report: Any, scheduling: Any) -> None:
    """Have the trial that a process crashed with run again, once, unless it may have acted already.

    A crash of an agent does not get here: agents have processes of their own.
    """
    config = scheduling.config
    book = config.stash.get(BOOK, None)
    if book is None or not book.knows(crashed):
        return
    if book.runs_once(crashed):
        book.interrupt(crashed)
    elif book.may_run_again(crashed):
        scheduling.mark_test_pending(crashed)
        report.outcome = "rerun"
        report.longrepr = f"{report.longrepr}; it is run again"


def report_lost(config: pytest.Config, node: Any, name: str) -> None:
    """Fail a trial that was under way in a crashed process and is not run a second time."""
    config.stash[BOOK].interrupt(name)
    place = name.partition("::")[0]
    report = pytest.TestReport(
        nodeid=name,
        location=(place, None, place),
        keywords={},
        outcome="failed",
        longrepr=f"it may have been under way when its process {node.gateway.id} crashed, and its agent may not run twice",
        when="call",
    )
    config.hook.pytest_runtest_logreport(report=report)
