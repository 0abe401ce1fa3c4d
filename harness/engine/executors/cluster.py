"""A Ray cluster as a place for workers: connect to it, or start one of this machine's own, and put a station on each machine."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError, Incomplete, MissingExtra
from harness.version import __version__

from .fleet import Fleet
from .opening import Errand
from .parcel import pack
from .station import Station

_OLDEST: Final = (2, 54)
_STARTS: Final = 3
_IMPATIENT: Final = ("timed out", "timeout", "Initialization failure")
_CLIENT_PORT: Final = 10_001
_REACHED_S: Final = 10.0
_ARRIVAL_S: Final = 120.0
_STORE_BYTES: Final = 100 << 20
ALONE: Final = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # the only way to have Ray listen on the loopback interface alone
    "RAY_AUTH_MODE": "token",  # other users of the machine must not run code as us
}


class RayCluster:
    """The machines of one cluster, each with a station; see `Executor`."""

    def __init__(self, address: str, errand: Errand) -> None:
        """Connect and put a station on every machine.

        Raises:
            MissingExtra: when Ray is not installed.
            ConfigError: when its version is too old, or differs from what a machine has.
            Incomplete: when the cluster cannot be reached, or a machine does not answer.
        """
        self.errand = errand
        self._token = self._left_token()
        self._actors: dict[str, Any] = {}
        try:
            self.ray = _connected(address)
            self.machines = self._machines()
            self.stations = self._all_stations()
        except BaseException:
            self.close()
            raise

    @property
    def cpus(self) -> int:
        """Processors of all machines."""
        return max(1, sum(self.machines.values()))

    def launcher(self) -> Fleet:
        """Start workers on the stations; called on the run's event loop."""
        return Fleet(self, self.stations)

    def station(self, node: str) -> Any:
        """Put a station on a machine and wait until it can be given orders.

        Raises:
            ConfigError: when another version of finharness is installed there.
            Incomplete: when it does not answer.
        """
        return self._settled(self._posted(node))

    def _all_stations(self) -> dict[str, Any]:
        """A station on every machine that answers; they start at the same time."""
        posted = {node: self._posted(node) for node in self.machines}
        found, problem = {}, Incomplete("the Ray cluster has no machines", remedy="start one with `ray start`")
        for node, actor in posted.items():
            try:
                found[node] = self._settled(actor)
            except Incomplete as error:  # it may be leaving the cluster, which others do without
                problem = error
        if not found:
            raise problem
        return found

    def _settled(self, actor: Any) -> Any:
        try:
            facts = self.ray.get(actor.arrive.remote(), timeout=_ARRIVAL_S)
            _check_same(facts)
            if not facts["shares"]:
                self.ray.get(actor.settle.remote(self.parcel), timeout=_ARRIVAL_S)
        except self.errors as error:
            raise Incomplete(
                f"a machine of the cluster does not answer ({_first_line(error)})",
                remedy="look at it with `ray status`, and that finharness is installed there",
                where="--executor",
            ) from error
        return actor

    def _posted(self, node: str) -> Any:
        """Create the actor of a station; it may not be there yet."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        orders = {
            "root": str(self.errand.workspace.root),
            "token": self._token,
            "hidden": list(self.errand.hidden),
            "keys": dict(self.errand.keys),
            "limits": self.errand.limits,
        }
        actor = self.ray.remote(Station).options(
            num_cpus=0,
            max_concurrency=64,
            max_restarts=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=node, soft=False),
        )
        self._actors[node] = made = actor.remote(orders)
        return made

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What Ray raises when a machine or an actor is lost or does not answer."""
        return (self.ray.exceptions.RayError, TimeoutError, ConnectionError)

    @cached_property
    def parcel(self) -> Any:
        """The workspace for machines that do not have its files, once in the cluster's memory."""
        return self.ray.put(pack(self.errand.workspace.root, self.errand.hidden))

    def is_alive(self, node: str) -> bool:
        """Whether a machine still belongs to the cluster."""
        with suppress(*self.errors):
            return any(item["NodeID"] == node and item["Alive"] for item in self.ray.nodes())
        return False

    def close(self) -> None:
        """Have the stations tidy up, and leave the cluster."""
        Path(self._token[0]).unlink(missing_ok=True)
        ray = getattr(self, "ray", None)
        if ray is None:
            return
        with suppress(*self.errors):
            ray.wait(
                [actor.leave.remote() for actor in self._actors.values()], num_returns=len(self._actors), timeout=5
            )
        for actor in self._actors.values():
            with suppress(Exception):  # whatever is the matter with it, it is no longer ours
                ray.kill(actor)
        ray.shutdown()

    def _machines(self) -> dict[str, int]:
        """Processors by machine; machines without any are left to Ray's own business."""
        found = {item["NodeID"]: int(item["Resources"].get("CPU", 0)) for item in self.ray.nodes() if item["Alive"]}
        return {node: cpus for node, cpus in found.items() if cpus} or dict.fromkeys(found, 1)

    def _left_token(self) -> tuple[str, str]:
        """Leave a file beside the store, by which a machine finds out whether it has the same files."""
        folder = self.errand.workspace.store.parent
        folder.mkdir(parents=True, exist_ok=True)
        content = secrets.token_hex(16)
        path = folder / f"executor-{content[:8]}"
        path.write_text(content, "ascii")
        return str(path), content


def _connected(address: str) -> Any:
    """Ray, connected."""
    _check_version()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if address == "ray":
        for name, text in ALONE.items():
            os.environ.setdefault(name, text)
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    _check_reachable(address)
    import ray

    try:
        if address == "ray":
            _begun(ray, "local", include_dashboard=False, object_store_memory=_STORE_BYTES, **quiet)
        elif address.startswith("ray://"):
            logging.getLogger("ray.util.client").setLevel(logging.ERROR)
            _begun(ray, address, log_to_driver=False)
        else:
            _begun(ray, address.removeprefix("ray:"), **quiet)
    except ImportError as error:
        raise MissingExtra("ray://", extra="ray") from error
    except Exception as error:  # Ray raises whatever its parts do
        raise Incomplete(
            f"the Ray cluster cannot be reached ({_first_line(error)})",
            remedy="start one with `ray start --head`, or use --executor ray for one on this machine",
            where=f"--executor {address}",
        ) from error
    return ray


def _check_reachable(address: str) -> None:
    """See that somebody listens there: Ray itself takes minutes to find out that nobody does."""
    place = address.removeprefix("ray").removeprefix("://").removeprefix(":")
    host, _, port = place.rpartition(":")
    if not place or place == "auto":
        return
    try:
        socket.create_connection((host or place, int(port) if host else _CLIENT_PORT), timeout=_REACHED_S).close()
    except (OSError, ValueError) as error:
        raise Incomplete(
            f"nobody answers at {place} ({error})",
            remedy="start a cluster there with `ray start --head`, or correct the address",
            where="--executor",
        ) from error


def _begun(ray: Any, address: str, **how: Any) -> None:
    """Connect; where a machine is too busy for Ray's own patience with its parts, it is tried again."""
    for left in reversed(range(_STARTS)):
        try:
            ray.init(address, **how)
        except Exception as error:
            if not left or not any(words in str(error) for words in _IMPATIENT):
                raise
            ray.shutdown()
        else:
            return


def _check_same(facts: Mapping[str, Any]) -> None:
    """See that a machine has what we have."""
    if facts["version"] != __version__:
        raise ConfigError(
            f"machine {facts['host']} has finharness {facts['version']} installed, and here it is {__version__}",
            remedy=f'run there: pip install "finharness[ray]=={__version__}"',
            where="--executor",
        )


def _check_version() -> None:
    try:
        found = version("ray")
    except PackageNotFoundError as error:
        raise MissingExtra("--executor ray", extra="ray") from error
    if tuple(int(part) for part in found.split(".")[:2]) < _OLDEST:
        raise ConfigError(
            f"Ray {found} is installed, which lets strangers run code (CVE-2026-27482)",
            remedy='pip install "finharness[ray]"',
            where="--executor",
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
