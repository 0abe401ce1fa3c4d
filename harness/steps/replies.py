"""What shows that a trial is a copy of another: replies from a cache, and replies that were seen before."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from harness.model import Step


def replies(models: Sequence[Step]) -> dict[str, Any]:
    """Describe the replies of model calls: `from_cache`, how many a cache of whole replies gave, and `replies`, which they were.

    A reply is named by digests of the provider's id for it and of its content; calls without an id have no name.
    """
    cached = sum(1 for step in models if step.args.get("cache_hit") is True)
    known = [step for step in models if isinstance(step.args.get("reply_id"), str) and step.args["reply_id"]]
    names = [f"{_digest(step.args['reply_id'])}:{_digest(str(step.result))}" for step in known]
    return ({"from_cache": cached} if cached else {}) | ({"replies": names} if names else {})


def _digest(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"
