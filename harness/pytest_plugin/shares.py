"""What one process of a pytest session runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import pytest

from harness.engine.options import RunOptions
from harness.model import Result
from harness.workspace import Workspace

from .planning import WORKSPACE

if TYPE_CHECKING:
    from harness.engine.share import Share

    from .items import TrialItem


class Shares:
    """What this process runs: everything that it is known to be asked for, at once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._of: dict[str, Share] = {}
        self._shares: list[Share] = []
        self._asked: set[str] = set()

    def wait(self, item: TrialItem) -> Result:
        """The result of an item's trial, which is started with all others that are known of, if it is not running yet."""
        if item.job.key not in self._of:
            self._start([item, *(other for other in self._known(item) if other.job.key not in self._of)])
        self._asked.add(item.job.key)
        return self._of[item.job.key].wait(item.job.key)

    def unasked(self) -> list[Result]:
        """What has been finished and nobody waited for, because pytest stopped early."""
        return [result for share in self._shares for result in share.finished() if result.job.key not in self._asked]

    def stop(self) -> None:
        """End what is running."""
        for share in self._shares:
            share.stop()

    def _start(self, items: Iterable[TrialItem]) -> None:
        from dataclasses import replace

        from harness.engine.grading import services_of
        from harness.engine.share import Share

        from .limits import LIMITS

        jobs = list({item.job.key: item.job for item in items}.values())
        workspace = self._config.stash[WORKSPACE]
        options = replace(options_of(self._config, workspace), limits=self._config.stash[LIMITS].address())
        share = Share(jobs, workspace, options, services_of(workspace, limits=options.limits))
        self._shares.append(share)
        for job in jobs:
            self._of[job.key] = share

    def _known(self, item: TrialItem) -> list[TrialItem]:
        """The items that this process will run: all of them, or under xdist those in its queue."""
        from .items import TrialItem

        items = item.session.items
        if hasattr(self._config, "workerinput"):
            items = [items[number] for number in self._queued()]
        return [other for other in items if isinstance(other, TrialItem)]

    def _queued(self) -> list[int]:
        """What xdist's worker has been given: the item after this one, and its queue."""
        for plugin in self._config.pluginmanager.get_plugins():
            queue = getattr(plugin, "torun", None)
            if queue is not None:
                with queue.lock() as numbers:
                    waiting = [plugin.nextitem_index, *numbers]
                return [number for number in waiting if isinstance(number, int)]
        return []


def options_of(config: pytest.Config, workspace: Workspace) -> RunOptions:
    """How this process runs its trials: under xdist the processes share the concurrency."""
    from dataclasses import replace

    options = RunOptions.of(workspace.run)
    processes = _worker_count(config)
    if processes > 1:
        options = replace(options, concurrency=max(1, options.concurrency // processes), workers=options.workers or 1)
    return options


def _worker_count(config: pytest.Config) -> int:
    return int(getattr(config, "workerinput", {}).get("workercount", 1))


SHARES: Final = pytest.StashKey[Shares]()
"""What the session's process runs."""
