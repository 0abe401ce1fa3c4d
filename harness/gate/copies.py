"""Trials that are copies: what a cache answered, or a reply that was seen before, says nothing about chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .counting import CaseTally

Name = tuple[str, str]


def copied(tallies: Iterable[CaseTally]) -> dict[Name, int]:
    """Trials by case that are no independent ones, of cases that have any; a case may come several times.

    A trial counts when a cache of whole replies answered a model call of it, or when it shares a reply (one id of the
    provider, one content) with an earlier trial of its case. An id that stands for several contents identifies nothing.
    """
    items = list(tallies)
    vague = _vague(reply for item in items for trial in item.replies for reply in trial)
    seen: dict[Name, set[str]] = {}
    found: dict[Name, int] = {}
    for item in items:
        count = item.from_cache
        known = seen.setdefault(item.name, set())
        for trial in item.replies:
            fresh = {reply for reply in trial if _id(reply) not in vague}
            count += not fresh.isdisjoint(known)
            known |= fresh
        if count:
            found[item.name] = min(found.get(item.name, 0) + count, sum(one.decided for one in items))
    return found


def _vague(replies: Iterable[str]) -> frozenset[str]:
    contents: dict[str, set[str]] = {}
    for reply in replies:
        contents.setdefault(_id(reply), set()).add(reply)
    return frozenset(name for name, known in contents.items() if len(known) > 1)


def _id(reply: str) -> str:
    return reply.partition(":")[0]


def copies_in_words(found: Mapping[Name, int]) -> str:
    """How many trials are copies, of which cases."""
    trials, names = sum(found.values()), sorted({case for case, _ in found})
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    were = "trial is a copy" if trials == 1 else "trials are copies"
    return f"{trials} {were} ({', '.join(names[:5])}{more}): model replies came from a cache"
