"""Make of a finished trial what may leave: its spans and scores, cleaned, and without content where that is not wanted."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TypeAlias

from harness.frozen import frozen
from harness.model import Result, RunManifest

from . import names
from .measures import Sums, measures
from .parcel import Parcel
from .redact import Redactor
from .scoring import Score, scores
from .span import Span
from .tree import count, spans

Trial: TypeAlias = tuple[RunManifest, Result]

_CONTENT = frozenset({names.INPUT, names.OUTPUT, names.EVALUATION_REASON, names.GUARDRAIL_REASON})
"""Attributes that hold what people and agents wrote."""


@frozen
class Packer:
    """How trials, each with its run's manifest, are packed."""

    redactor: Redactor
    """What must not leave."""

    with_scores: bool = False
    """Whether scores travel, too."""

    with_content: bool = True
    """Whether inputs, outputs, reasons and messages do."""

    added: Sums = field(default_factory=Sums)
    """What the trials packed so far add up to."""

    def count(self, item: Trial) -> tuple[int, int]:
        """How many spans and scores a trial has."""
        return count(item[1]), len(scores(*item)) if self.with_scores else 0

    def pack(self, item: Trial) -> Parcel:
        """Pack a trial.

        Raises:
            RuleError: when a masking rule fails; the trial must then stay.
        """
        manifest, result = item
        made = tuple(self._span(span) for span in spans(manifest, result))
        kept = tuple(self._score(score) for score in scores(manifest, result)) if self.with_scores else ()
        for measure in measures(result):
            self.added.add(measure)
        return Parcel(manifest, made, kept)

    def sums(self) -> Sums:
        """What they add up to."""
        return self.added

    def _span(self, span: Span) -> Span:
        if not self.with_content:
            known = {key: item for key, item in span.attributes.items() if key not in _CONTENT}
            span = replace(span, attributes=known, message="")
        return self.redactor.span(span)

    def _score(self, score: Score) -> Score:
        return self.redactor.score(score if self.with_content else replace(score, comment=""))
