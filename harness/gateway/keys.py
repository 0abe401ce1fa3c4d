"""Keys of the gateway's own: made, stored as a hash, found in a request of any protocol, and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from .values import Plan

_DIGEST: Final = re.compile(r"sha256:[0-9a-fA-F]{64}")
_SIGNED: Final = re.compile(r"AWS4-HMAC-SHA256\s.*?Credential=([^/,\s]+)/")


def new_key() -> str:
    """A key that nobody guesses: 256 bits."""
    return f"fgw-{secrets.token_urlsafe(32)}"


def digest(key: str) -> str:
    """What a plan file keeps of a key; a key of 256 random bits needs no slower hash."""
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether a text is what `digest` makes."""
    return _DIGEST.fullmatch(text) is not None


def presented(headers: Mapping[str, str]) -> str:
    """The key in a request: `x-api-key`, a bearer token, or the access key id of an AWS signature.

    The signature itself says nothing here: the access key id is the key, and travels as openly as a bearer token does.
    """
    if key := headers.get("x-api-key", "").strip():
        return key
    authorization = headers.get("authorization", "").strip()
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    signed = _SIGNED.match(authorization)
    return signed[1] if signed is not None else ""


class KeyRing:
    """Who holds which key."""

    def __init__(self, plans: Iterable[Plan], environ: Mapping[str, str]) -> None:
        self._known: list[tuple[bytes, Plan]] = []
        for plan in plans:
            own = [key.lower() for key in plan.keys]
            own += [digest(key) for name in plan.key_env if (key := environ.get(name, "").strip())]
            self._known.extend((text.encode(), plan) for text in own)

    def owner(self, key: str) -> Plan | None:
        """Whose key it is; every known one is compared, whichever fits."""
        given = digest(key).encode()
        found: Plan | None = None
        for known, plan in self._known:
            if hmac.compare_digest(known, given):
                found = plan
        return found
