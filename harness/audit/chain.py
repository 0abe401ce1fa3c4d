"""How entries hold on to each other: numbers without gaps, each with the hash of the one before, and a key if there is one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from harness.frozen import frozen

from .canonical import canonical_bytes, with_digest

FORMAT: Final = "finharness-audit/1"
START: Final = "0" * 64
"""What the first entry has as the hash of the one before."""

_SIGNED_LAST: Final = ("hash", "mac")


@frozen
class Head:
    """The last entry of a log: what the next one follows, and what the end of a file is held against."""

    seq: int = 0
    """Its number; 0 before the first."""

    hash: str = START
    """Its hash."""

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read `seq:hash`.

        Raises:
            ValueError: when it is something else.
        """
        number, _, digest = text.strip().partition(":")
        if (
            not number.isascii()
            or not number.isdigit()
            or len(digest) != len(START)
            or set(digest) - set("0123456789abcdef")
        ):
            raise ValueError("a head is written as number:64 hex digits")
        return cls(int(number), digest)


def linked(head: Head, entry: Mapping[str, Any], key: bytes | None) -> tuple[Head, bytes]:
    """The line that carries an entry after `head`, and the head that it makes."""
    content = {**entry, "seq": head.seq + 1, "prev": head.hash}
    digest, line = with_digest(content, partial(mac, key) if key else None)
    return Head(head.seq + 1, digest), line + b"\n"


def digest_of(entry: Mapping[str, Any]) -> str:
    """The hash of an entry."""
    return hashlib.sha256(canonical_bytes({k: v for k, v in entry.items() if k not in _SIGNED_LAST})).hexdigest()


def mac(key: bytes, digest: str) -> str:
    """The signature of a hash."""
    import hmac

    return hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Whether two signatures are equal, in a time that does not say where they differ."""
    import hmac

    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


def signed_head(head: Head, key: bytes | None) -> bytes:
    """The head as its file holds it."""
    known = {"seq": head.seq, "hash": head.hash}
    return canonical_bytes({**known, **({"mac": mac(key, str(head))} if key else {})})


def read_head(data: bytes, key: bytes | None) -> Head:
    """Read a head's file.

    Raises:
        ValueError: when it is damaged, or not signed with the key.
    """
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("it is empty, or damaged") from None
    if not isinstance(found, dict) or type(found.get("seq")) is not int or not isinstance(found.get("hash"), str):
        raise ValueError("it is no head")
    head = Head.parse(f"{found['seq']}:{found['hash']}")
    if key is not None and not same(mac(key, str(head)), str(found.get("mac", ""))):
        raise ValueError("it is not signed with this key")
    return head


def key_id(key: bytes) -> str:
    """A name for a key that says nothing about it."""
    return mac(key, "finharness audit key id")[:16]
