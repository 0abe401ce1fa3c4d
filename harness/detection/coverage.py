"""Which checks look at which agent, and which mutants they are expected to notice: counted from cases and mutants, without a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.frozen import frozen
from harness.model import Case
from harness.mutation import Mutant
from harness.registry import kinds

from .labels import asked, expanded, fits, label

SEVERITIES = (1, 2, 3)
BUDGET = "budget"
"""Stands for the limits of a case, which notice what goes on for too long."""


@dataclass(slots=True)
class Cell:
    """One kind of check on one agent."""

    cases: set[str] = field(default_factory=set)
    """Cases that ask it."""

    mutants: dict[int, list[str]] = field(default_factory=lambda: {severity: [] for severity in SEVERITIES})
    """Mutants that it is expected to notice, by severity."""

    @property
    def expected(self) -> int:
        """Mutants of any severity."""
        return sum(map(len, self.mutants.values()))


@frozen
class Coverage:
    """The whole table."""

    cells: Mapping[str, Mapping[str, Cell]]
    """Agent to kind to cell."""

    kinds: tuple[str, ...]
    """Every known kind, asked or not."""

    def cases_of(self, kind: str) -> int:
        """Cases that ask a kind, over all agents."""
        return sum(len(row[kind].cases) for row in self.cells.values() if kind in row)

    def mutants_of(self, kind: str) -> int:
        """Mutants that a kind is expected to notice, over all agents."""
        return sum(row[kind].expected for row in self.cells.values() if kind in row)

    def unasked(self) -> tuple[str, ...]:
        """Kinds that no case asks."""
        return tuple(kind for kind in self.kinds if not self.cases_of(kind))

    def unexpected(self) -> tuple[str, ...]:
        """Kinds that no mutant expects."""
        return tuple(kind for kind in self.kinds if not self.mutants_of(kind))


def coverage(cases: Sequence[Case], mutants: Iterable[Mutant], groups: Mapping[str, Sequence[str]]) -> Coverage:
    """Count."""
    cells: dict[str, dict[str, Cell]] = defaultdict(dict)
    labels: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for case in cases:
        for spec in asked(case):
            cells[case.agent].setdefault(spec.type, Cell()).cases.add(f"{case.suite}::{case.id}")
            labels[case.agent][spec.type].add(label(spec))
        cells[case.agent].setdefault(BUDGET, Cell()).cases.add(f"{case.suite}::{case.id}")
    for item in mutants:
        if item.is_benign:
            continue
        for kind in _kinds_of(item, labels[item.agent], groups):
            cells[item.agent].setdefault(kind, Cell()).mutants[item.severity].append(item.id)
    return Coverage({agent: cells[agent] for agent in sorted(cells)}, kinds())


def _kinds_of(item: Mutant, labels: Mapping[str, set[str]], groups: Mapping[str, Sequence[str]]) -> set[str]:
    """The kinds of check that a mutant's expectations mean on its agent."""
    found: set[str] = set()
    for name in expanded(item.expects, groups):
        found |= {kind for kind, known in labels.items() if any(fits(one, name) for one in known)}
        if name in {BUDGET, "agent"}:
            found.add(name)
    return found


def markdown(table: Coverage) -> str:
    """The table as a page of the manual."""
    parts = [_HEAD, _by_kind(table)]
    parts += [_of_agent(agent, row) for agent, row in table.cells.items()]
    return "\n\n".join(parts) + "\n"


_HEAD = """# Coverage

Written by `finharness mutate --coverage docs/coverage.md`. Which kinds of check the cases ask of each agent, and how many planted
defects each is expected to notice; whether it does is measured by `finharness mutate` and kept in `bench/mutate.md`. A case passes on
the unchanged agent and fails on the mutants counted beside it, so each counted cell is exercised both ways. A dash is an empty cell."""


def _by_kind(table: Coverage) -> str:
    from .markdown import table as written

    rows = [[f"`{kind}`", _or_dash(table.cases_of(kind)), _or_dash(table.mutants_of(kind))] for kind in table.kinds]
    named = [
        f"Asked by no case: {_listed(table.unasked())}.",
        f"Expected to notice no mutant: {_listed(table.unexpected())}.",
    ]
    return "## Every kind of check\n\n" + written(["check", "cases", "mutants"], rows) + "\n\n" + "\n".join(named)


def _of_agent(agent: str, row: Mapping[str, Cell]) -> str:
    from .markdown import table as written

    rows = [
        [f"`{kind}`", _or_dash(len(cell.cases)), *(_or_dash(len(cell.mutants[severity])) for severity in SEVERITIES)]
        for kind, cell in sorted(row.items())
    ]
    empty = {
        severity: [kind for kind, cell in sorted(row.items()) if not cell.mutants[severity]] for severity in SEVERITIES
    }
    never = [kind for kind, cell in sorted(row.items()) if not cell.expected]
    missing = [severity for severity in SEVERITIES if len(empty[severity]) == len(row)]
    named = [f"Without any mutant: {_listed(never)}."]
    if missing:
        named.append(f"No mutant at all of severity {', '.join(map(str, missing))}.")
    head = ["check", "cases", *(f"mutants of severity {severity}" for severity in SEVERITIES)]
    return f"## {agent}\n\n" + written(head, rows) + "\n\n" + " ".join(named)


def _or_dash(number: int) -> str:
    return str(number) if number else "–"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
