"""The rows and columns of facts, found by the words that name them."""

from __future__ import annotations

from collections import defaultdict
from math import log

from .facts import Fact, Facts, Label

_MOST = 400
_ROWS = 8
_SENTENCES = 3
_FEW = 25
_COMMON = 200


class Index:
    """The rows and columns of facts, and the words that name them."""

    def __init__(self, facts: Facts) -> None:
        self.rows: dict[str, list[Fact]] = defaultdict(list)
        self.columns: dict[str, list[Fact]] = defaultdict(list)
        self.labels: dict[str, Label] = {}
        self.words: set[str] = set()
        self._named: dict[str, list[str]] = defaultdict(list)
        for fact in facts.in_order:
            if fact.row is None:
                continue
            row = f"{fact.source}{fact.row.path}"
            if row not in self.labels:
                self.labels[row] = fact.row
                for word in fact.row.words:
                    self._named[word].append(row)
            self.rows[row].append(fact)
            if fact.column is not None:
                self.columns[f"{fact.source}{fact.column.path}"].append(fact)
                self.words |= fact.column.words
        self.words |= self._named.keys()
        self._all = max(1, len(self.labels))

    def weight(self, word: str) -> float:
        """How much a word says: less, the more rows it names."""
        return log(1 + self._all / (1 + len(self._named.get(word, ()))))

    def named(self, context: frozenset[str]) -> list[tuple[float, str]]:
        """The rows that a context names, best first; only rows that share a telling word are looked at."""
        scores: dict[str, float] = defaultdict(float)
        for word in sorted(context):  # in one order, so that sums and ties come out the same every time
            rows = self._named.get(word, ())
            if len(rows) <= max(_COMMON, 20):
                for row in rows:
                    scores[row] += self.weight(word)
        ranked = []
        for row, score in scores.items():
            label = self.labels[row]
            missing = sum(self.weight(word) for word in sorted(label.words - context))
            if "@" in label.path:
                missing = min(missing, score * 0.8)
            if score > 0.6 * missing:
                ranked.append((score - 0.5 * missing, row))
        return sorted(ranked, key=lambda item: -item[0])

    def chosen(self, context: frozenset[str], spans: frozenset[str]) -> list[str]:
        """The few rows that a context names best, of tables and of sentences apart."""
        ranked = [(score + len(self.labels[row].periods & spans), row) for score, row in self.named(context)]
        ordered = [row for _, row in sorted(ranked, key=lambda item: -item[0])]
        sentences = [row for row in ordered if "@" in self.labels[row].path]
        lines = [row for row in ordered if "@" not in self.labels[row].path]
        return self._closest(lines, context)[:_ROWS] + sentences[:_SENTENCES]

    def _closest(self, rows: list[str], context: frozenset[str]) -> list[str]:
        """Without the rows whose name says more than the context where another's says exactly as much."""
        whole = [self.labels[row].words for row in rows if self.labels[row].words <= context]
        return [
            row
            for row in rows
            if self.labels[row].words <= context
            or not any(words and words == self.labels[row].words & context for words in whole)
        ]

    def full(self, context: frozenset[str]) -> set[str]:
        """The rows of tables whose whole name stands in a context; the most specific ones, if some contain others."""
        seen = {row for word in context for row in self._named.get(word, ())[:_COMMON]}
        full = {row for row in seen if "@" not in self.labels[row].path and self.labels[row].words <= context}
        named = [self.labels[row].words for row in full]
        return {row for row in full if not any(self.labels[row].words < other for other in named)}

    def holding(self, name: frozenset[str]) -> set[str]:
        """The rows of tables in whose name all these words stand: an entity's, or those of a group."""
        groups = [set(self._named.get(word, ())) for word in name]
        rows = set.intersection(*groups) if groups else set()
        return {row for row in rows if "@" not in self.labels[row].path}

    def anyhow(self) -> list[str]:
        """Every row of a table, where there are few: what to look at when a context names none."""
        rows = [row for row, label in self.labels.items() if "@" not in label.path]
        return rows if len(rows) <= _FEW else []

    def columns_named(self, context: frozenset[str], spans: frozenset[str]) -> list[list[Fact]]:
        """The cells of the columns that a context names by word, or else by period."""
        ranked = []
        for cells in self.columns.values():
            label = cells[0].column
            if label is not None and 1 < len(cells) <= _MOST:
                score = (2 if label.words & context else 0) + (1 if label.periods & spans else 0)
                ranked.append((score, cells))
        best = max((score for score, _ in ranked), default=0)
        return [cells for score, cells in ranked if score == best > 0][:_ROWS]
