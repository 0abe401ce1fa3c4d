"""Names that stand for people: the same person always has the same, and only who has the key can tell whose it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from harness.frozen import frozen

_DIGITS: Final = 16
PERSONAL: Final = ("user", "job_id")
"""Fields of an entry that point to a person."""


@frozen
class Pseudonyms:
    """Replaces identities by keyed digests.

    Without a key the digest is plain SHA-256, which anybody who guesses the identity can recompute. Throwing the key away makes all
    pseudonyms anonymous for good, without touching a line of the log.
    """

    key: bytes = b""
    """Secret of the deployment."""

    def __repr__(self) -> str:
        return f"Pseudonyms(key={'set' if self.key else 'none'})"

    def user(self, identity: str) -> str:
        """The pseudonym of a user; one that is a pseudonym of ours already stays."""
        return self.of("user", identity)

    def of(self, kind: str, identity: str) -> str:
        """The pseudonym of an identity of some kind, as `kind-<16 hex digits>`."""
        if not identity or _is_own(kind, identity):
            return identity
        raw = f"{kind}\x1f{identity}".encode("utf-8", "surrogatepass")
        return f"{kind}-{self._digest(raw)[:_DIGITS]}"

    def _digest(self, raw: bytes) -> str:
        if not self.key:
            return hashlib.sha256(raw).hexdigest()
        import hmac

        return hmac.new(self.key, raw, hashlib.sha256).hexdigest()

    def entry(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """An entry whose user and job are pseudonyms, also those that other systems had made theirs."""
        kinds = {"user": "user", "job_id": "job"}
        return {
            name: self.of(f"anon-{kinds[name]}", content) if name in PERSONAL and isinstance(content, str) else content
            for name, content in entry.items()
        }


def _is_own(kind: str, identity: str) -> bool:
    rest = identity.removeprefix(f"{kind}-")
    return rest != identity and len(rest) == _DIGITS and not set(rest) - set("0123456789abcdef")
