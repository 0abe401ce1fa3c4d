"""Who is let in: by key, and never a web page that found its way to this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from .keys import KeyRing, presented
from .refusal import Refusal
from .values import OPEN, Plan

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Addresses that only this machine can reach."""


class Doors:
    """The keys, and where the gateway listens."""

    def __init__(self, ring: KeyRing | None = None, *, is_local: bool = True) -> None:
        """Let in.

        Args:
            ring: The keys; None lets in whoever reaches it.
            is_local: Whether it listens on this machine only; then a request must be meant for this machine.
        """
        self._ring = ring
        self._is_local = is_local

    def plan(self, headers: Mapping[str, str]) -> Plan:
        """The plan of whoever asks.

        Raises:
            Refusal: for a key that is missing or not known.
        """
        if self._ring is None:
            return OPEN
        key = presented(headers)
        if not key:
            raise Refusal("authentication", "no key: send it as x-api-key, as a bearer token or as the access key id")
        plan = self._ring.owner(key)
        if plan is None:
            raise Refusal("authentication", "the key is not known")
        return plan

    def guard(self, headers: Mapping[str, str]) -> None:
        """Refuse what a browser sends on behalf of somebody else's page.

        Raises:
            Refusal: for it.
        """
        origin = headers.get("origin", "")
        if origin and urlsplit(origin).hostname not in LOOPBACK:
            raise Refusal("permission", "web pages of other sites are not served")
        if self._is_local and (host := headers.get("host", "")) and urlsplit(f"//{host}").hostname not in LOOPBACK:
            raise Refusal("permission", "the gateway listens on this machine only, and was asked for by another name")
