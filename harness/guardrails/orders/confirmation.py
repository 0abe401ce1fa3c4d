"""Hold every order until its owner has approved exactly it, and place it once, however often that is tried."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from harness.frozen import frozen

from .consent import Consent, consent
from .terms import order_hash
from .values import Order

T = TypeVar("T")
TTL_S: Final = 120.0
"""Seconds for which a proposal, and a confirmation of it, holds."""


class Denied(Exception):
    """An order is not placed.

    Attributes:
        rule: Stable name of the reason: `not-proposed`, `not-confirmed`, `token-unknown`, `token-of-another-order`,
            `token-expired`, `token-used`, `outcome-unknown`.
        reason: The reason, for a person.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason


@frozen
class Proposal:
    """An order that its owner is asked about."""

    id: str
    """Names it in `answer`."""

    order: Order
    """The order, exactly as it would be placed."""

    hash: str
    """Hash of its terms."""

    expires_s: float
    """Moment of the clock after which nothing can be done with it."""


@dataclass(slots=True)
class _State(Generic[T]):
    proposal: Proposal
    approved: bool = False
    decided: bool = False
    started: bool = False
    placed: bool = False
    result: T | None = None


class Confirmations(Generic[T]):
    """The desk between an agent and a broker: propose, ask, approve, submit. Nothing passes by default.

    A yes is bound to the hash of the order's terms, holds for `ttl_s` seconds and is used once. Any other answer than a plain
    yes leaves the order where it is; no, or a changed order, ends it. `submit` calls the broker at most once for a token: a
    retry gets the first result, and after a call that failed midway `outcome-unknown`, because the order may have been placed.
    """

    def __init__(
        self, *, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic, key: bytes | None = None
    ) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._key = key or secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._states: dict[str, _State[T]] = {}
        self._tokens: dict[str, str] = {}

    def propose(self, order: Order) -> Proposal:
        """Take an order down, to be asked about."""
        with self._lock:
            name = f"proposal-{len(self._states) + 1}"
            made = Proposal(name, order, order_hash(order), self._clock() + self._ttl_s)
            self._states[name] = _State(made)
            return made

    def answer(self, proposal_id: str, said: Any) -> tuple[Consent, str]:
        """What the owner's answer means, with the token where it is a yes.

        Raises:
            Denied: for a proposal that does not exist, is decided or has expired.
        """
        with self._lock:
            state = self._states.get(proposal_id)
            if state is None:
                raise Denied("not-proposed", "There is no such order; propose it first.")
            if state.decided:
                raise Denied("not-confirmed", "The order was decided already; propose it again.")
            if self._clock() > state.proposal.expires_s:
                state.decided = True
                raise Denied("token-expired", f"More than {self._ttl_s:g} seconds passed; propose the order again.")
            meaning = consent(said)
            if meaning == "yes":
                state.approved = state.decided = True
                token = self._token(state.proposal)
                self._tokens[token] = proposal_id
                return meaning, token
            state.decided = meaning != "unclear"
            return meaning, ""

    def submit(self, token: str, order: Order, place: Callable[[Order], T]) -> T:
        """Place an approved order by calling `place` with it, once.

        Raises:
            Denied: for anything but the very order that was approved, in time.
            Exception: whatever `place` raises; the order is then never placed again under this token.
        """
        with self._lock:
            state = self._redeemed(token, order)
            if state.placed:
                return state.result  # type: ignore[return-value]  # it was placed, so there is a result
            state.started = True
        result = place(state.proposal.order)
        with self._lock:
            state.result, state.placed = result, True
        return result

    def _redeemed(self, token: str, order: Order) -> _State[T]:
        name = next(
            (name for known, name in self._tokens.items() if hmac.compare_digest(known.encode(), token.encode())), None
        )
        if name is None:
            raise Denied("token-unknown", "The order was not confirmed.")
        state = self._states[name]
        if not hmac.compare_digest(order_hash(order), state.proposal.hash):
            raise Denied("token-of-another-order", "The confirmation was for another order; propose this one.")
        if state.started and not state.placed:
            raise Denied("outcome-unknown", "The order was sent already; ask the broker what became of it.")
        if not state.placed and self._clock() > state.proposal.expires_s:
            raise Denied("token-expired", f"More than {self._ttl_s:g} seconds passed; propose the order again.")
        return state

    def _token(self, proposal: Proposal) -> str:
        message = f"{proposal.id}:{proposal.hash}:{secrets.token_hex(8)}"
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()
