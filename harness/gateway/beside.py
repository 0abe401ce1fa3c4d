"""A gateway beside an agent, in the process that runs its trials: every trial has an address of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from harness.faults.plan import FaultPlan
from harness.frozen import frozen
from harness.limits.values import Ask, Used
from harness.recorder import Recorder
from harness.workspace import ModelSettings

from .app import Gateway
from .directory import Directory, Target, opened, target_of
from .doors import Doors
from .office import Office
from .relay import Courier
from .trials import Trial, Trials
from .usage import UsageLog

if TYPE_CHECKING:
    from harness.limits.client import Client
    from harness.llm.offline import Policy

    from .hosting import Serving
    from .taped import Tape
    from .upstream import Upstream
    from .wire import Wire

_KEY: Final = "no-key-needed"


@frozen
class Entrance:
    """Where one trial asks its model."""

    url: str
    """Base URL: Anthropic's libraries and Bedrock's take it as it is, OpenAI's with /v1 after it."""

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables by which the usual libraries find it."""
        return {
            "FINHARNESS_GATEWAY_URL": self.url,
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": _KEY,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_BASE": f"{self.url}/v1",
            "OPENAI_API_KEY": _KEY,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self.url,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


class Beside:
    """The gateway of one agent; started by its first trial.

    It has a thread of its own, because an agent may well block the loop on which it runs while it waits for its model. A trial
    is known by a name that nobody guesses, so that it needs no other key; whatever model an agent names there, the one that
    harness.toml gives it answers.
    """

    def __init__(
        self,
        model: ModelSettings,
        policy: Policy | None,
        environ: Mapping[str, str],
        *,
        limits: str | None = None,
        alone: bool = False,
    ) -> None:
        """Prepare it.

        Args:
            model: The agent's model.
            policy: What answers for an offline model.
            environ: Where the provider's key is.
            limits: Where the run's governor is asked; None where there is none.
            alone: Whether no other trial runs in this process, so that the process's own variables can say the address.
        """
        self._alone = alone
        self._settings = model
        self._policy = policy
        self._environ = environ
        self._lock = threading.Lock()
        self._serving: Serving | None = None
        self._courier = Courier()
        self._governed = _Governed(limits) if limits is not None else None
        self._target: Target = target_of(model)
        self._trials = Trials(known_only=True)
        directory = Directory({model.name: model}, model.name, policy, environ)
        self._reach = opened(directory, lambda: self._courier)
        office = Office(directory, self._reach, self._trials, UsageLog(), waits=self._governed)
        self._app = Gateway(office, Doors(), on_close=self._close_connections)

    @contextmanager
    def trial(
        self, recorder: Recorder, *, seed: int = 0, faults: FaultPlan | None = None, tape: Tape | None = None
    ) -> Iterator[Entrance]:
        """Serve one trial while the body runs; what it asks and does is written into its record."""
        name = secrets.token_urlsafe(24).replace("_", "-").lstrip("-") or "trial"
        trial = Trial(name, recorder, self._target, reach=self._seeded(seed), faults=faults, tape=tape)
        self._trials.register(trial)
        entrance = Entrance(f"{self._url()}/t/{name}")
        try:
            with _variables(entrance.environ if self._alone else {}):
                yield entrance
        finally:
            self._trials.forget(name)

    async def close(self) -> None:
        """Stop serving."""
        running, self._serving = self._serving, None
        if running is not None:
            await asyncio.get_running_loop().run_in_executor(None, running.close)

    def _url(self) -> str:
        with self._lock:
            if self._serving is None:
                from .hosting import Serving

                self._serving = Serving(self._app)
            return self._serving.url

    def _seeded(self, seed: int) -> Any:
        """How a trial's model is reached: offline models differ by the trial's seed, the others share their connections."""
        if self._settings.provider != "offline":
            return self._reach
        made: list[Upstream] = []

        async def reach(wire: Wire, target: Target) -> Upstream:  # noqa: ARG001 - see `Reached`
            if not made:  # a trial that is played from a recording has no use for a model
                from harness.llm import connect

                from .answers import Answers

                made.append(Answers(connect(self._settings, policy=self._policy, seed=seed, environ=self._environ)))
            return made[0]

        return reach

    async def _close_connections(self) -> None:
        await self._courier.close()
        if self._governed is not None:
            await self._governed.close()


@contextmanager
def _variables(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables while the body runs."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text


class _Governed:
    """The run's governor: a trial that has to wait for it waits, and its deadline stands still meanwhile."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Client | None = None

    async def enter(self, trial: Trial, ask: Ask) -> int | None:
        """See `Waits`."""
        if self._client is None:
            from harness.limits.client import Client

            self._client = Client(self._address)
        with trial.recorder.held():
            return await self._client.ask(ask)

    def sent(self, number: int | None) -> None:
        """See `Waits`."""
        if number is not None and self._client is not None:
            self._client.sent(number)

    def arrived(self, number: int | None) -> None:
        """See `Waits`."""
        if number is not None and self._client is not None:
            self._client.arrived(number)

    def settle(self, number: int | None, used: Used) -> None:
        """See `Waits`."""
        if number is not None and self._client is not None:
            self._client.settle(number, used)

    async def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            await self._client.close()
