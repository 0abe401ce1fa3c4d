"""Divide a plan among machines that know nothing of each other, so that `finharness merge` can put it together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from harness.errors import ConfigError, UserError
from harness.frozen import frozen
from harness.model import Job


@frozen
class Shard:
    """One part of so many."""

    index: int
    """Which one, from 1."""

    of: int
    """How many there are."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `2/5`.

        Raises:
            ConfigError: when it says nothing like it.
        """
        index, slash, of = text.partition("/")
        if not (slash and index.isdecimal() and of.isdecimal() and 1 <= int(index) <= int(of) <= 10_000):
            raise ConfigError(
                f"{text!r} is no part of a whole", remedy="write 1/4 for the first of four", where="--shard"
            )
        return cls(int(index), int(of))

    def share(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """The trials that are this part's: every n-th case with all its trials.

        Raises:
            UserError: when there are fewer cases than parts, and nothing is left for this one.
        """
        places: dict[tuple[str, str, str], int] = {}
        for job in jobs:
            places.setdefault((job.case.suite, job.case.id, job.variant), len(places))
        mine = tuple(
            job for job in jobs if places[job.case.suite, job.case.id, job.variant] % self.of == self.index - 1
        )
        if not mine:
            raise UserError(
                f"{len(places)} cases are too few for {self.of} shards",
                remedy=f"use at most {len(places)} shards",
                where="--shard",
            )
        return mine

    def about(self, jobs: Sequence[Job]) -> dict[str, Any]:
        """What the manifest keeps of the whole plan, so that parts of different plans are told apart."""
        from hashlib import sha256

        digest = sha256()
        for job in jobs:
            digest.update(f"{job.key} {job.case.fingerprint} {job.seed}\n".encode("utf-8", "surrogatepass"))
        return {"index": self.index, "of": self.of, "trials": len(jobs), "plan": digest.hexdigest()[:16]}
