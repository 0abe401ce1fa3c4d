"""Two runs side by side, paired by case."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harness.frozen import frozen
from harness.stats import Counts as Trials
from harness.stats import Difference, Paired, difference, stratified

from .values import Summary

Key = tuple[str, str, str]


@frozen
class Pair:
    """A case in both runs."""

    suite: str
    """Suite of the case."""

    case: str
    """Id of the case."""

    variant: str
    """Agent variant; empty when the runs are paired by case alone."""

    counts: Trials
    """Decided trials on both sides."""

    changed: bool
    """Whether the case's content changed in between."""

    @property
    def drop(self) -> float:
        """How much of the pass rate was lost; negative for a gain."""
        counts = self.counts
        return counts.baseline_passed / counts.baseline - counts.candidate_passed / counts.candidate


@frozen
class Comparison:
    """Two runs."""

    before: Summary
    """The baseline."""

    after: Summary
    """The run compared with it."""

    pairs: tuple[Pair, ...]
    """Cases with a decided trial in both."""

    p: Paired
    """How surprising the difference is, over cases that did not change."""

    difference: Difference | None
    """How large it is, over cases that did not change; None when all did."""

    changed: frozenset[tuple[str, str]]
    """Cases (suite, id) whose content changed in between."""

    gone: tuple[str, ...]
    """Cases without a decided trial in the run."""

    new: tuple[str, ...]
    """Cases without a decided trial in the baseline."""

    @property
    def lost(self) -> tuple[Pair, ...]:
        """Pairs with a lower pass rate, worst first."""
        return tuple(sorted((pair for pair in self.pairs if pair.drop > 0), key=lambda pair: -pair.drop))

    @property
    def gained(self) -> tuple[Pair, ...]:
        """Pairs with a higher pass rate, best first."""
        return tuple(sorted((pair for pair in self.pairs if pair.drop < 0), key=lambda pair: pair.drop))

    @property
    def same(self) -> int:
        """Pairs with the same pass rate."""
        return sum(pair.drop == 0 for pair in self.pairs)


def compare(
    before: Summary, after: Summary, *, changed: Collection[tuple[str, str]] = (), by_case: bool = False
) -> Comparison:
    """Pair two runs.

    Args:
        before: The baseline.
        after: The run compared with it.
        changed: Cases (suite, id) whose content changed: shown, and left out of the test.
        by_case: Whether to pair cases whatever agent ran them.
    """
    old, new = _trials(before, by_case=by_case), _trials(after, by_case=by_case)
    pairs = tuple(Pair(*key, Trials(*old[key], *new[key]), key[:2] in changed) for key in new if key in old)
    unchanged = [pair.counts for pair in pairs if not pair.changed]
    return Comparison(
        before=before,
        after=after,
        pairs=pairs,
        p=stratified(unchanged),
        difference=difference(unchanged),
        changed=frozenset(changed),
        gone=tuple("::".join(key[:2]) for key in old if key not in new),
        new=tuple("::".join(key[:2]) for key in new if key not in old),
    )


def _trials(summary: Summary, *, by_case: bool) -> Mapping[Key, tuple[int, int]]:
    """Passed and decided trials of each case that has any."""
    trials: dict[Key, tuple[int, int]] = {}
    for row in summary.cases:
        if row.counts.decided:
            key = (row.suite, row.case, "" if by_case else row.variant)
            passed, decided = trials.get(key, (0, 0))
            trials[key] = (passed + row.counts.passed, decided + row.counts.decided)
    return trials
