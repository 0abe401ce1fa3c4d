"""Connect the model of one trial: recorded, within its limits, and with what the case wants to go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from harness.cassettes.here import HERE as DECK
from harness.errors import AgentError, nearest
from harness.faults.plan import FaultPlan, here
from harness.recorder import Recorder
from harness.workspace import AgentSettings, ModelSettings, load_target

if TYPE_CHECKING:
    from harness.cassettes.deck import Deck
    from harness.limits.client import Client
    from harness.llm import Model

_PER_CLIENT: Final = 50


class Connects(Protocol):
    """Connects the model of one trial."""

    def __call__(self, recorder: Recorder, seed: int, *, within: Callable[[Any], Any] | None = None) -> Any:
        """The model, recorded.

        Args:
            recorder: Where its calls are written down.
            seed: Seed of an offline model.
            within: Changes the model below its recording, so that what it does is recorded.
        """
        ...


def connector(
    agent: AgentSettings,
    root: Path,
    models: Mapping[str, ModelSettings],
    environ: Mapping[str, str],
    *,
    limits: str | None,
    at_once: int,
    replayed: bool = False,
) -> Connects | None:
    """What connects an agent's model; None for an agent without one.

    Raises:
        AgentError: for a model that harness.toml does not know.
    """
    if agent.model is None:
        return None
    if agent.model not in models:
        raise AgentError(f"unknown model {agent.model!r}", remedy=nearest(agent.model, models), where=agent.name)
    settings = models[agent.model]
    policy = None if agent.policy is None else load_target(root, agent.policy)
    made = Connector(settings, policy, environ, limits=limits, clients=-(-at_once // _PER_CLIENT))
    if not replayed:
        made.connected(0)  # a missing key or library is said before the first trial, not in each of them
    return made


class Connector:
    """Connects models: one per trial offline, where the seed matters; shared ones where they hold connections.

    The libraries' clients search all their connections at each event, so each serves no more than fifty trials at once.
    """

    def __init__(
        self,
        settings: ModelSettings,
        policy: Any,
        environ: Mapping[str, str],
        *,
        limits: str | None = None,
        clients: int = 1,
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._turns = count()
        self._limits = limits
        self._governor: Client | None = None
        self._policy = policy
        self._environ = environ
        self._shared: list[Model] = []

    def __call__(self, recorder: Recorder, seed: int, *, within: Callable[[Any], Any] | None = None) -> Any:
        """The model of a trial; see `Connects`."""
        from harness.llm.recorded import RecordedModel

        deck, plan = DECK.get(), here()
        model = self.connected(seed) if deck is None else self._taped(seed, deck)
        model = model if within is None else within(model)
        made = self._troubled(model, recorder, plan) if plan.minds("model") else RecordedModel(model, recorder)
        return made if deck is not None and deck.replays else self._chained(made, recorder)

    async def close(self) -> None:
        """Close the connections that its trials have shared."""
        held, self._shared = self._shared, []
        governor, self._governor = self._governor, None
        for connection in held:
            await connection.close()
        if governor is not None:
            await governor.close()

    def connected(self, seed: int) -> Model:
        """The model itself."""
        from harness.llm import connect

        if self._settings.provider == "offline":
            return connect(self._settings, policy=self._policy, seed=seed, environ=self._environ)
        turn = next(self._turns) % self._clients
        if turn >= len(self._shared):
            self._shared.append(connect(self._settings, environ=self._environ))
            return self._shared[-1]
        return self._shared[turn]

    def _taped(self, seed: int, deck: Deck) -> Any:
        from harness.cassettes.models import taped

        return taped(lambda: self.connected(seed), self._settings, deck)

    def _troubled(self, model: Any, recorder: Recorder, plan: FaultPlan) -> Any:
        """The model as the case lets it be reached, with the patience that a real provider would be met with."""
        from harness.faults.models import FaultyModel, Patience
        from harness.llm.recorded import RecordedModel

        settings = self._settings
        failing = RecordedModel(FaultyModel(model, plan), recorder)
        return Patience(failing, plan, attempts=settings.attempts, cap_s=settings.retry_cap_s)

    def _chained(self, model: Any, recorder: Recorder) -> Any:
        if self._limits is None and self._settings.provider == "offline":
            return model
        from harness.limits.chain import chained

        return chained(model, self._settings, self._asked(), remaining=recorder.remaining, waiting=recorder.held)

    def _asked(self) -> Client | None:
        if self._governor is None and self._limits is not None:
            from harness.limits.client import Client

            self._governor = Client(self._limits)
        return self._governor
