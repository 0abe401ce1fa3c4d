"""What an examination of a judge finds."""

from __future__ import annotations

from typing import TypeAlias

from harness.frozen import frozen
from harness.stats import Estimate, Interval, Kappa, wilson

from .columns import Example
from .ratings import Spelling

Missed: TypeAlias = tuple[Example, str, str]
"""An example on which people and judge differ, with both ratings."""

LENGTH_LIMIT = 0.2
"""Partial correlation of verdict and length, label given, above which a judge is flagged."""


@frozen
class Share:
    """So many of so many, with Wilson's 95 % interval."""

    count: int
    """How many."""

    of: int
    """Of how many."""

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """Its interval; None of nothing."""
        return wilson(self.count, self.of) if self.of else None


@frozen
class Class:
    """How well the judge tells one category from the others, over verdicts that it gave."""

    category: str
    """The category."""

    sensitivity: Share
    """Of those that people say it is, how many the judge says it is."""

    specificity: Share
    """Of those that people say it is not, how many the judge says it is not."""

    @property
    def youden(self) -> float | None:
        """Sensitivity plus specificity less 1: the share of every real change that the judge can see."""
        if self.sensitivity.value is None or self.specificity.value is None:
            return None
        return self.sensitivity.value + self.specificity.value - 1


@frozen
class Humans:
    """How far people agree among themselves: no judge can be asked for more."""

    annotators: int
    """Columns of labels."""

    pairs: tuple[tuple[int, int, Kappa], ...]
    """Kappa of each two of them, by their numbers from 1."""

    fleiss: float | None
    """Fleiss' kappa; None where their numbers differ."""

    alpha: float | None
    """Krippendorff's alpha."""

    without_majority: int
    """Rows on which no label has more votes than any other."""


@frozen
class Swap:
    """What another order of the same material changes."""

    rows: int
    """Rows that were judged in both orders."""

    same: int
    """Of these, those with the same verdict; two unreadable ones are the same."""

    both_unreadable: int
    """Of the same, those that could not be read in either order."""

    accuracy: float | None
    """Mean accuracy over both orders; what cannot be read is wrong."""

    first: int
    """Rows where the verdict follows the first position, in pairs."""

    second: int
    """Rows where it follows the second."""


@frozen
class Length:
    """Whether longer answers please the judge more than they please people."""

    rows: int
    """Rows with a length."""

    correlation: float
    """Partial correlation of verdict and length, label given."""

    slope: float
    """How much the verdict moves with 100 characters more, label given."""

    @property
    def flagged(self) -> bool:
        """Whether that is too much."""
        return abs(self.correlation) > LENGTH_LIMIT


@frozen
class Rate:
    """The rate of one category behind the judge's verdicts."""

    category: str
    """The category; empty for the mean of a scale."""

    judged: float
    """What the verdicts say."""

    labelled: float
    """What the labels say of the rows that have one."""

    ppi: Estimate | None
    """PPI++; None where fewer than 20 verdicts are on answers without a label."""

    rogan_gladen: Estimate | None
    """Rogan and Gladen's; None where it was not asked for or the judge is no better than chance."""


@frozen
class Examination:
    """Everything that is known of one judge on one set."""

    group: str
    """The set."""

    rows: int
    """Rows."""

    spelling: Spelling
    """What ratings there are."""

    weights: str
    """How near misses count in kappa."""

    table: tuple[tuple[int, ...], ...]
    """Labels by verdicts; the last two columns are abstentions and what cannot be read."""

    accuracy: Share | None
    """Agreement with the label; abstaining and being unreadable are no agreement. None without verdicts."""

    kappa: Kappa | None
    """Beyond chance, where what cannot be read is a class of its own."""

    kappa_read: Kappa | None
    """The same over the verdicts that could be read; the weighted one on a scale."""

    classes: tuple[Class, ...]
    """By category."""

    abstained: int
    """Verdicts that say that the judge cannot tell."""

    unreadable: int
    """Verdicts that are none."""

    humans: Humans | None
    """People among themselves, where there are several."""

    swap: Swap | None
    """The other order."""

    length: Length | None
    """Length."""

    rates: tuple[Rate, ...]
    """Rates behind the verdicts."""

    cost_usd: float | None
    """Price of all verdicts; None where it is not known."""

    missed: tuple[Missed, ...]
    """Where people and judge differ."""

    warnings: tuple[str, ...]
    """What a reader must know before believing any of it."""
