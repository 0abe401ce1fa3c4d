"""Take secrets out of a trial before anything is written down: the store, and all reports and traces made of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.model import Attempt, Failure, Result, Trace, Verdict

from .plain import names_secret, texts_in
from .redact import Redactor

if TYPE_CHECKING:
    from harness.workspace import Workspace

    from .rules import Masking

_BREAK = "\x1f"
_LONG = 1_000
"""Characters from which a text is looked at by itself."""

_REMEMBERED = 8_000_000
"""Characters of clean text that are remembered."""


class Scrubber:
    """Cleans results; nearly all have nothing to clean, and finding that out is cheap.

    Long texts are remembered as they were left: fixtures, repeated trials and sources that all agents read come again and again.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._known: dict[str, str] = {}
        self._room = _REMEMBERED

    def result(self, result: Result) -> Result:
        """The result without secrets; the same object where there are none."""
        if result.outcome.earlier:
            result = replace(result, outcome=replace(result.outcome, earlier=tuple(self._earlier(result))))
        clean = self._needed(_texts(result))
        if clean is None:
            return result
        outcome = result.outcome
        return replace(
            result,
            outcome=replace(
                outcome,
                trace=_trace(outcome.trace, clean),
                error=None if outcome.error is None else _failure(outcome.error, clean),
                stdout=clean(outcome.stdout),
            ),
            verdicts=tuple(_verdict(item, clean) for item in result.verdicts),
            steps=_plain(result.steps, clean),
        )

    def _earlier(self, result: Result) -> Iterator[Attempt]:
        """The executions that it took the place of, each cleaned as a result of its own."""
        for attempt in result.outcome.earlier:
            alone = replace(result, outcome=attempt.outcome, verdicts=(), steps={})
            yield replace(attempt, outcome=self.result(alone).outcome)

    def _needed(self, texts: list[str]) -> Clean | None:
        """What cleans these texts; None when they are clean."""
        together = _BREAK.join([text for text in texts if len(text) < _LONG])
        if self._redactor.text(together) != together:
            return self._clean
        is_clean = all(self._clean(text) == text for text in texts if len(text) >= _LONG)
        return None if is_clean else self._clean_long

    def _clean_long(self, text: str) -> str:
        """For a result whose short texts are known to be clean."""
        return text if len(text) < _LONG else self._clean(text)

    def _clean(self, text: str) -> str:
        known = self._known.get(text)
        if known is not None:
            return known
        clean = self._redactor.text(text)
        if len(text) >= _LONG:
            self._remember(text, clean)
        return clean

    def _remember(self, text: str, clean: str) -> None:
        size = len(text) if clean == text else len(text) + len(clean)
        if self._room < size:
            self._known.clear()
            self._room = _REMEMBERED
        if self._room >= size:
            self._known[text] = text if clean == text else clean
            self._room -= size


Clean = Callable[[str], str]


def scrubber(workspace: Workspace, environ: Mapping[str, str] | None = None) -> Scrubber:
    """Make one of the credentials' forms, an environment's secrets and the workspace's own rules.

    Raises:
        ConfigError: for a rule that cannot be used.
    """
    from .redact import stored_only
    from .rules import CREDENTIALS

    own: tuple[Masking, ...] = ()
    if workspace.telemetry.redact:
        from .masking import own_rules

        own = stored_only(own_rules(workspace.telemetry.redact, workspace.root))
    return Scrubber(Redactor(os.environ if environ is None else environ, (*CREDENTIALS, *own)))


def _trace(trace: Trace, clean: Clean) -> Trace:
    return replace(
        trace,
        steps=tuple(
            replace(
                step,
                id=clean(step.id),
                name=clean(step.name),
                args=_plain(step.args, clean),
                result=_plain(step.result, clean),
                error=None if step.error is None else clean(step.error),
            )
            for step in trace.steps
        ),
        turns=tuple(
            replace(turn, answer=clean(turn.answer), structured=_plain(turn.structured, clean)) for turn in trace.turns
        ),
        answer=clean(trace.answer),
        structured=_plain(trace.structured, clean),
        artifacts=_plain(trace.artifacts, clean),
        errors=tuple(map(clean, trace.errors)),
        guardrails=tuple(_plain(item, clean) for item in trace.guardrails),
        interrupts=tuple(_plain(item, clean) for item in trace.interrupts),
        faults=tuple(_plain(item, clean) for item in trace.faults),
    )


def _failure(error: Failure, clean: Clean) -> Failure:
    return Failure(clean(error.type), clean(error.message), clean(error.traceback))


def _verdict(verdict: Verdict, clean: Clean) -> Verdict:
    return replace(
        verdict,
        reason=clean(verdict.reason),
        expected=_plain(verdict.expected, clean),
        actual=_plain(verdict.actual, clean),
        evidence=tuple(
            replace(item, note=clean(item.note), path=None if item.path is None else clean(item.path))
            for item in verdict.evidence
        ),
        labels=_plain(verdict.labels, clean),
    )


def _plain(item: Any, clean: Clean) -> Any:
    """Clean JSON-plain data; what a key calls a secret is one, whatever it looks like."""
    if isinstance(item, str):
        return clean(item)
    if isinstance(item, Mapping):
        return {clean(str(key)): _named(str(key), content, clean) for key, content in item.items()}
    if isinstance(item, list | tuple):
        return type(item)(_plain(content, clean) for content in item)
    return item


def _named(key: str, item: Any, clean: Clean) -> Any:
    if isinstance(item, str) and names_secret(key, item, clean):
        return "[secret]"
    return _plain(item, clean)


def _texts(result: Result) -> list[str]:
    """Everything written in a result; a loop of its own, because it is done for every trial."""
    outcome = result.outcome
    trace, error = outcome.trace, outcome.error
    found = [outcome.stdout, trace.answer, *trace.errors]
    if error is not None:
        found += (error.type, error.message, error.traceback)
    rest: list[Any] = [
        trace.structured,
        trace.artifacts,
        trace.guardrails,
        trace.interrupts,
        trace.faults,
        result.steps,
    ]
    for step in trace.steps:
        found += (step.id, step.name, step.error or "")
        rest += (step.args, step.result)
    for turn in trace.turns:
        found.append(turn.answer)
        rest.append(turn.structured)
    for verdict in result.verdicts:
        found.append(verdict.reason)
        rest += (verdict.expected, verdict.actual, verdict.labels)
        found += (text for item in verdict.evidence for text in (item.note, item.path or ""))
    return found + texts_in(rest, long=_LONG)
