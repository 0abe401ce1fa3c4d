"""A check that is a function in the workspace."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any

from harness.bounds import Ge, Gt, Le
from harness.lazy import pattern
from harness.registry import Check, Finding, Subject, check
from harness.workspace import load_target

from .aside import ASIDE
from .wording import listed, refuse, shown

_TARGET = pattern(r"[^:\\]+\.py:[A-Za-z_]\w*")


def _input(subject: Subject) -> Any:
    turns = subject.case.turns
    if not turns:
        return subject.case.input
    return turns[-1 if subject.turn is None else subject.turn].input


_OFFERED: Mapping[str, Callable[[Subject], Any]] = {
    "output": lambda subject: subject.text,
    "text": lambda subject: subject.text,
    "structured": lambda subject: subject.structured,
    "trace": lambda subject: subject.trace,
    "artifacts": lambda subject: subject.trace.artifacts,
    "outcome": lambda subject: subject.outcome,
    "case": lambda subject: subject.case,
    "input": _input,
    "expected": lambda subject: subject.case.reference.answer if subject.case.reference else None,
    "reference": lambda subject: subject.case.reference,
    "turn": lambda subject: subject.turn,
    "root": lambda subject: subject.services.root,
    "subject": lambda subject: subject,
}


@check("python")
class Python(Check):
    """A function of the workspace decides, `checks/x.py:func`.

    The function names what it wants as parameters: `output` (the answer's text), `structured`, `trace`, `artifacts`, `outcome`,
    `case`, `input`, `expected` (the reference's answer), `reference`, `turn`, `root`, `params`, `subject`. It may be async. It
    returns True or False, a share from 0 to 1, a pair of one of them and a reason, None with a reason for undecided, or a
    `Finding`. If it raises, or returns anything else, the check is broken and decides nothing. It runs on the grading side,
    out of the agent's reach, and not at all with `--untrusted`. One that takes longer than `timeout_s` is broken, too.
    """

    value: str
    """File and function, relative to the workspace's root."""

    params: dict[str, Any] | None = None
    """What the function receives as `params`."""

    threshold: Annotated[float, Ge(0), Le(1)] = 0.5
    """Least share that passes, where the function returns a share."""

    timeout_s: Annotated[float, Gt(0)] = 60.0
    """Longest that the function may take."""

    def __post_init__(self) -> None:
        if not _TARGET.fullmatch(self.value) or self.value.startswith("/") or ".." in self.value.split("/"):
            raise refuse(
                "value", f"{shown(self.value)} names no function of the workspace", "write checks/file.py:function"
            )

    def conclude(self, subject: Subject) -> Finding | Awaitable[Finding]:
        """Load the function, give it what it asks for, and read its answer."""
        if subject.services.untrusted:
            return self.finding(None, "code named in suites is not run with --untrusted", negatable=False)
        function = load_target(subject.services.root, self.value)
        if not callable(function):
            raise TypeError(f"{self.value} is no function")
        arguments = self._arguments(function, subject)
        if inspect.iscoroutinefunction(function) or not _in_loop():
            returned = function(**arguments)
            return self._wait(returned) if inspect.isawaitable(returned) else self._read(returned)
        return self._aside(partial(function, **arguments))

    async def _wait(self, returned: Awaitable[Any]) -> Finding:
        return self._read(await asyncio.wait_for(_awaited(returned), self.timeout_s))

    async def _aside(self, work: Callable[[], Any]) -> Finding:
        """Let a blocking function hold up nothing but its own trial."""
        returned = await ASIDE.run(work, self.timeout_s)
        return await self._wait(returned) if inspect.isawaitable(returned) else self._read(returned)

    def _arguments(self, function: Callable[..., Any], subject: Subject) -> dict[str, Any]:
        arguments = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            if name in _OFFERED:
                arguments[name] = _OFFERED[name](subject)
            elif name == "params":
                arguments[name] = dict(self.params or {})
            elif parameter.default is parameter.empty:
                raise TypeError(f"{self.value} asks for {name!r}; it can have {listed([*_OFFERED, 'params'], 20)}")
        return arguments

    def _read(self, returned: Any) -> Finding:
        if isinstance(returned, Finding):
            return returned
        verdict, reason = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, "")
        if not isinstance(reason, str):
            raise TypeError(f"{self.value} returned {shown(reason)} as a reason, which is no text")
        said = f"{self.value}: {reason}" if reason else ""
        if isinstance(verdict, bool):
            return self.finding(verdict, said or f"{self.value} returned {verdict}")
        if verdict is None and reason:
            return self.finding(None, said)
        if isinstance(verdict, int | float) and math.isfinite(verdict) and 0 <= verdict <= 1:
            told = said or f"{self.value} returned {verdict:g}, at least {self.threshold:g} expected"
            return self.finding(
                verdict >= self.threshold, told, score=float(verdict), expected=self.threshold, actual=verdict
            )
        raise TypeError(
            f"{self.value} returned {shown(returned)}; return True, False, a share from 0 to 1, or (one, reason)"
        )


async def _awaited(returned: Awaitable[Any]) -> Any:
    return await returned


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
