"""Checks that a language model decides."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Annotated, ClassVar, Final

from harness.bounds import Ge, Le, Len
from harness.registry import Check, Finding, Subject, check
from harness.shape import Misfit, MisfitsError

Share = Annotated[float, Ge(0), Le(1)]
_UNJUDGED: Final = "no judge is configured, so nobody decided this"


@check("llm-rubric")
class LlmRubric(Check):
    """A judge finds that a claim holds of the answer, or that a rubric does.

    An answer without a letter or digit fails without a judge. Without a judge in harness.toml any other is undecided, which
    is never a pass; so is one on which the judge's replies cannot be used.
    """

    on_failed_agent: ClassVar[bool] = False

    value: Annotated[str, Len(1)] | None = None
    """The claim, as a sentence that must hold."""

    rubric: Annotated[str, Len(1)] | None = None
    """Id of a rubric in the judges folder, instead of a claim."""

    min: Share | None = None
    """Least weighted share of yes, instead of the rubric's own threshold."""

    threshold: Share | None = None
    """The same as `min`."""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.rubric is None):
            raise MisfitsError([Misfit((), "needs a claim or a rubric", "write either `value:` or `rubric:`")])
        if self.value is not None and not self.value.strip():
            raise MisfitsError([Misfit(("value",), "claims nothing", "write a sentence that must hold")])
        if self.min is not None and self.threshold is not None:
            raise MisfitsError([Misfit(("threshold",), "says what `min` says", "write one of them", at_key=True)])

    def conclude(self, subject: Subject) -> Finding | Awaitable[Finding]:
        """Ask the judge, where there is one and the answer says anything."""
        from harness.judge.exhibits import wordless

        empty = wordless(subject)
        if empty is not None:
            return empty
        if subject.services.judge is None:
            return Finding(None, _UNJUDGED, expected=self.value or self.rubric, labels={"judge": "none"})
        return self._judged(subject)

    async def _judged(self, subject: Subject) -> Finding:
        ask = subject.services.judge
        assert ask is not None
        found = await ask(subject, claim=self.value, rubric=self.rubric)
        least = self.min if self.min is not None else self.threshold
        if least is None or found.passed is None or found.score is None:
            return found
        return replace(found, passed=found.score >= least - 1e-9, expected=f"at least {least:g}")
