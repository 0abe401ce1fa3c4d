"""The audit log that a program writes to: typed, with no workspace, from any thread, task or process."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self, TextIO

from harness.errors import UserError

from .anonymous import Pseudonyms
from .canonical import canonical_bytes, content_hash
from .catalogue import LOGS_OWN, is_event
from .chain import FORMAT, Head, key_id, linked
from .complying import Said, compliance
from .entry import entry, stamp
from .file import LogFile

_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("finharness_audit_about")
_NAMES: Final = ("trace_id", "span_id", "run", "job_id", "user", "agent")


@dataclass
class Decision:
    """One answer on its way into the log: filled in while it is made, written when its block ends."""

    output: Any = None
    """What came out."""

    model: str = ""
    """Model that wrote it."""

    checks: dict[str, Said] = field(default_factory=dict)
    """What guardrails and checks said: True, False, None for undecided, or a ruling of `harness.guardrails`."""

    def check(self, name: str, said: Said) -> None:
        """Note what a guardrail or check said."""
        self.checks[name] = said


def current() -> dict[str, str]:
    """What `AuditLog.about` says here."""
    return dict(_ABOUT.get({}))


class AuditLog:
    """Appends linked entries to a file, a stream, or memory alone.

    Args:
        path: File, made when missing; None keeps the lines in `lines` only.
        key: Secret that signs entries; without it whoever can write the file can write it anew.
        service: Name of the program.
        policy_version: Version of the rules that decisions are held against.
        pseudonyms: How users are named; by default by plain digests.
        stream: Where each line is written as well, such as `sys.stdout` for a log collector.
        sync: Whether each entry is on the disk before its call returns, even if the machine loses power.
        clock: The time, for tests.
    """

    def __init__(
        self,
        path: Path | str | None = None,
        *,
        key: bytes | str | None = None,
        service: str = "",
        policy_version: str = "",
        pseudonyms: Pseudonyms | None = None,
        stream: TextIO | None = None,
        sync: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._key = (key.encode() if isinstance(key, str) else key) or None
        self._file = None if path is None else LogFile(Path(path), self._key, sync=sync)
        self._service, self._policy = service, policy_version
        self._pseudonyms = pseudonyms or Pseudonyms()
        self._stream, self._clock = stream, clock
        self._head, self._mutex = Head(), Lock()
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def head(self) -> Head:
        """The last entry that this object has written: note it elsewhere, and a later verification can start from it."""
        return self._head

    @contextmanager
    def about(self, **known: str) -> Iterator[None]:
        """Say once what all entries within are about: `job_id`, `user`, `agent`, `run`, `trace_id`, `span_id`."""
        unknown = sorted(set(known) - set(_NAMES))
        if unknown:
            raise UserError(f"entries have no field {unknown[0]!r}", remedy=f"use {', '.join(_NAMES)}, or details")
        token = _ABOUT.set({**_ABOUT.get({}), **known})
        try:
            yield
        finally:
            _ABOUT.reset(token)

    def event(self, name: str, /, **details: Any) -> dict[str, Any]:
        """Write an event; keywords that are no fields of their own are its details.

        Raises:
            UserError: for a name that cannot be an event's.
            StoreError: when it cannot be written.
        """
        if not is_event(name) or name in LOGS_OWN:
            own = name in LOGS_OWN
            raise UserError(
                f"{name!r} is {'what only the log itself says' if own else 'no name of an event'}",
                remedy="write one of harness.audit.EVENTS, or your own in CAPITALS_WITH_UNDERSCORES",
            )
        known: dict[str, Any] = dict(_ABOUT.get({}))
        known.update((key, details.pop(key)) for key in _NAMES if key in details)
        when = details.pop("time", None)
        made = entry(name, time=_time(when, self._clock), service=self._service, **self._named(known), details=details)
        self.extend([made])
        return made

    def decide(
        self,
        *,
        input: object,  # noqa: A002 - the word everybody knows
        output: object,
        model: str = "",
        duration_ms: float | None = None,
        checks: Mapping[str, Said] | None = None,
        policy_version: str = "",
        **known: Any,
    ) -> dict[str, Any]:
        """Write what was decided: hashes of what went in and came out, never their words; keywords as for `event`."""
        details = decision_details(
            input, output, model=model, duration_ms=duration_ms, policy_version=policy_version or self._policy
        )
        return self.event("AI_DECISION", **details, compliance=compliance(checks or {}).plain(), **known)

    @contextmanager
    def decision(self, *, input: object, **known: Any) -> Iterator[Decision]:  # noqa: A002 - as above
        """Time a decision and write it when the block ends; one that raises is written as AGENT_FAILED."""
        made, began = Decision(), time.perf_counter()
        try:
            yield made
        except BaseException as error:
            spent = round((time.perf_counter() - began) * 1000, 3)
            self.event(
                "AGENT_FAILED", error=type(error).__name__, input_hash=content_hash(input), duration_ms=spent, **known
            )
            raise
        spent = round((time.perf_counter() - began) * 1000, 3)
        self.decide(input=input, output=made.output, model=made.model, duration_ms=spent, checks=made.checks, **known)

    def usage(
        self,
        *,
        input_tokens: int | None,
        output_tokens: int | None,
        cost_usd: Any = None,
        model: str = "",
        **known: Any,
    ) -> dict[str, Any]:
        """Write what model calls used; an unknown figure stays unknown."""
        total = None if input_tokens is None or output_tokens is None else input_tokens + output_tokens
        details = usage_details(input_tokens, output_tokens, total, cost_usd)
        return self.event("TOKEN_USAGE", **({"model": model} if model else {}), **details, **known)

    def extend(self, entries: list[dict[str, Any]]) -> None:
        """Write entries that are made already, all or none."""
        opening = entry("LOG_OPENED", time=_time(None, self._clock), service=self._service, details=self._opening())
        if self._file is not None:
            self._head, lines = self._file.append(entries, opening=opening)
        else:
            with self._mutex:
                lines = []
                for one in [opening, *entries] if self._head.seq == 0 else entries:
                    self._head, line = linked(self._head, one, self._key)
                    lines.append(line)
                self.lines += [line.decode() for line in lines]
        if self._stream is not None:
            self._stream.write("".join(line.decode() for line in lines))
            self._stream.flush()

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()

    def _opening(self) -> dict[str, str]:
        return {"format": FORMAT, **({"key_id": key_id(self._key)} if self._key else {})}

    def _named(self, known: Mapping[str, Any]) -> dict[str, Any]:
        user = known.get("user")
        return {**known, **({"user": self._pseudonyms.user(str(user))} if user else {})}


def decision_details(
    input: object,  # noqa: A002 - as above
    output: object,
    *,
    model: str,
    duration_ms: float | None,
    policy_version: str,
    input_hash: str = "",
) -> dict[str, Any]:
    """What an AI_DECISION says besides its compliance; `input_hash` spares hashing the input again."""
    written = canonical_bytes(output)
    digest = hashlib.sha256(written).hexdigest()
    summary = {"type": type(output).__name__, "size_bytes": len(written), "hash": digest}
    known = {"model": model, "duration_ms": duration_ms, "policy_version": policy_version}
    said = {name: content for name, content in known.items() if content not in (None, "")}
    return {"input_hash": input_hash or content_hash(input), "output": summary, **said}


def usage_details(
    input_tokens: int | None, output_tokens: int | None, total: int | None, cost_usd: object
) -> dict[str, Any]:
    """Tokens by the guide's names; what is not known is null, not zero."""
    return {
        "total_tokens": total,
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "estimated_cost": cost_usd,
    }


def _time(when: object, clock: Callable[[], datetime]) -> str:
    return stamp(when) if isinstance(when, datetime) else str(when) if when else stamp(clock())
