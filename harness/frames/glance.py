"""A run summed up suite by suite, from its columns: small enough to keep of many runs, and exact for any suites together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.frozen import frozen
from harness.store import RunRow, Store, columns
from harness.store.columns import STATUSES, Columns
from harness.store.replaced import NOTHING, Replaced, by_trial
from harness.summary import Counts, Summary
from harness.summary.shares import Ended, rate_from, repeats_from
from harness.summary.values import Faults, Latency, Rate, Slice, Spend

if TYPE_CHECKING:
    from numpy.typing import NDArray

Endings = Mapping[tuple[int, ...], int]
"""How many cases have so many trials of each of `STATUSES`."""

_MISSING: Final = STATUSES.index("missing")
_PASSED, _FAILED = STATUSES.index("passed"), STATUSES.index("failed")
_SPENT: Final = ("input_tokens", "output_tokens", "cost_usd", "judge_usd")


@frozen
class Part:
    """One suite of a run."""

    agents: Mapping[str, Endings]
    """How its cases ended under each agent variant."""

    cases: Ended
    """How they ended under all of them together."""

    seconds: NDArray[Any]
    """Wall times of completed trials."""

    ttft_s: NDArray[Any]
    """Their times to first text, where there was any."""

    spend: Spend
    """Tokens and money."""

    not_judged: int
    """Claims that no judge decided."""

    heuristic: int
    """Of these, the ones that the offline heuristic had a guess at."""


@frozen
class Glance:
    """A run, or some suites of it."""

    run: RunRow
    """The run."""

    parts: Mapping[str, Part]
    """Its suites."""

    def of(self, suites: Collection[str]) -> Glance:
        """The part of some suites."""
        return Glance(self.run, {suite: part for suite, part in self.parts.items() if suite in suites})


def glance(store: Store, run: RunRow) -> Glance:
    """Sum up a run."""
    found = store.ask(columns.of, run.id)
    besides = store.ask(by_trial, run.id)
    return Glance(run, _parts(found, besides)) if len(found.trials["number"]) else Glance(run, {})


def rate_and_counts(found: Glance) -> tuple[Rate, Counts]:
    """The pass rate of a run, and how its trials ended."""
    clusters: Counter[tuple[int, int]] = Counter()
    every: Counter[tuple[int, ...]] = Counter()
    for part in found.parts.values():
        clusters.update(part.cases)
        for endings in part.agents.values():
            every.update(endings)
    return rate_from(clusters), _counts(every)


def summarise_glances(runs: Sequence[Glance]) -> Summary | None:
    """Several runs' suites together, without their cases one by one, checks and faults; None when there are none.

    The figures are those of `harness.summary.summarise`.
    """
    parts = [part for run in runs for part in run.parts.values()]
    if not parts:
        return None
    agents: dict[str, Counter[tuple[int, ...]]] = {}
    for part in parts:
        for agent, endings in part.agents.items():
            agents.setdefault(agent, Counter()).update(endings)
    every: Counter[tuple[int, ...]] = sum(agents.values(), Counter())
    clusters: Counter[tuple[int, int]] = Counter()
    for part in parts:
        clusters.update(part.cases)
    return Summary(
        run=runs[0].run,
        counts=_counts(every),
        rate=rate_from(clusters),
        score=None,
        metrics={},
        repeats=repeats_from(_decided(every)),
        cases=(),
        checks=(),
        faults=Faults({}, {}, {}),
        spend=_together([part.spend for part in parts]),
        latency=_latency([part.seconds for part in parts], [part.ttft_s for part in parts]),
        not_judged=sum(part.not_judged for part in parts),
        heuristic=sum(part.heuristic for part in parts),
        slices=tuple(
            Slice("agent", agent, _counts(endings), rate_from(_decided(endings)))
            for agent, endings in sorted(agents.items())
        ),
    )


def _parts(found: Columns, besides: Mapping[int, Replaced]) -> dict[str, Part]:
    import numpy as np

    known = {name: np.asarray(column) for name, column in found.trials.items()}
    suites = list(dict.fromkeys(case.suite for case in found.cases))
    places = {suite: place for place, suite in enumerate(suites)}
    ids: dict[tuple[str, str], int] = {}
    numbers = np.array([case.number for case in found.cases])
    cluster_of = np.array([ids.setdefault((case.suite, case.id), len(ids)) for case in found.cases])
    suite_of = np.array([places[case.suite] for case in found.cases])
    order = np.argsort(numbers)
    case = order[np.searchsorted(numbers[order], known["case"])]
    suite, cluster = suite_of[case], cluster_of[case]
    under, endings = _endings(cluster * len(found.agents) + known["agent"], known["status"])
    alone, together = _endings(cluster, known["status"])
    suite_of_cluster = dict(zip(cluster_of.tolist(), suite_of.tolist(), strict=True))
    agents: list[dict[str, Counter[tuple[int, ...]]]] = [{} for _ in suites]
    for key, ended in zip(under, endings, strict=True):
        place, agent = divmod(key, len(found.agents))
        agents[suite_of_cluster[place]].setdefault(found.agents[agent], Counter())[ended] += 1
    cases: list[Counter[tuple[int, int]]] = [Counter() for _ in suites]
    for key, ended in zip(alone, together, strict=True):
        cases[suite_of_cluster[key]][ended[_PASSED], ended[_FAILED]] += 1
    timed = (known["outcome"] == _place(found.outcomes, "completed")) & (known["seconds"] > 0)
    spends = _spends(known, suite, len(suites), besides)
    return {
        name: Part(
            agents[place],
            cases[place],
            known["seconds"][mine := timed & (suite == place)],
            (first := known["ttft_s"][mine])[~np.isnan(first)],
            spends[place],
            sum(one.undecided for one in found.judged if one.suite == name),
            sum(one.guessed for one in found.judged if one.suite == name),
        )
        for name, place in places.items()
    }


def _endings(keys: Any, status: Any) -> tuple[list[int], list[tuple[int, ...]]]:
    """Each key once, with how many trials of it ended in which way."""
    import pandas as pd

    places, names = pd.factorize(keys)
    size = len(STATUSES)
    counts = _bincount(places * size + status, len(names) * size).reshape(len(names), size)
    return names.tolist(), list(map(tuple, counts.tolist()))


def _spends(known: Mapping[str, Any], suite: Any, suites: int, besides: Mapping[int, Replaced]) -> list[Spend]:
    """Tokens and money of each suite, replaced executions included."""
    import numpy as np

    done = known["status"] != _MISSING
    unknown = {name: done & np.isnan(known[name]) for name in _SPENT}
    sums = {name: np.bincount(suite, np.nan_to_num(known[name]), suites) for name in _SPENT}
    open_ones = {name: _bincount(suite[mask], suites) for name, mask in unknown.items()}
    tokens = _bincount(suite[unknown["input_tokens"] | unknown["output_tokens"]], suites)
    lost = [NOTHING] * suites
    for number, replaced in besides.items():
        lost[int(suite[np.searchsorted(known["number"], number)])] += replaced
    return [
        Spend(
            input_tokens=int(sums["input_tokens"][place]) + lost[place].input_tokens,
            output_tokens=int(sums["output_tokens"][place]) + lost[place].output_tokens,
            tokens_unknown=int(tokens[place]),
            cost_usd=float(sums["cost_usd"][place]) + lost[place].cost_usd,
            cost_unknown=int(open_ones["cost_usd"][place]),
            judge_usd=float(sums["judge_usd"][place]) + lost[place].judge_usd,
            judge_unknown=int(open_ones["judge_usd"][place]),
            replaced=lost[place],
        )
        for place in range(suites)
    ]


def _together(spends: Sequence[Spend]) -> Spend:
    names = (
        "input_tokens",
        "output_tokens",
        "tokens_unknown",
        "cost_usd",
        "cost_unknown",
        "judge_usd",
        "judge_unknown",
    )
    sums: dict[str, Any] = {name: sum(getattr(item, name) for item in spends) for name in names}
    return Spend(**sums, replaced=sum((item.replaced for item in spends), NOTHING))


def _latency(seconds: Sequence[Any], first: Sequence[Any]) -> Latency:
    return Latency(*_quantiles(seconds), *_quantiles(first))


def _quantiles(parts: Sequence[Any]) -> tuple[float | None, float | None]:
    import numpy as np

    values = np.concatenate(parts)
    low, high = np.quantile(values, (0.5, 0.95)).tolist() if len(values) else (None, None)
    return low, high


def _counts(endings: Endings) -> Counts:
    sums = [sum(ended[place] * count for ended, count in endings.items()) for place in range(len(STATUSES))]
    return Counts(**dict(zip(STATUSES, sums, strict=True)))


def _decided(endings: Endings) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    for ended, count in endings.items():
        found[ended[_PASSED], ended[_FAILED]] += count
    return found


def _bincount(places: Any, size: int) -> Any:
    import numpy as np

    return np.bincount(places, minlength=size)


def _place(names: Sequence[str], name: str) -> int:
    """Its number; one that nothing has where it is not among them."""
    return names.index(name) if name in names else len(names)
