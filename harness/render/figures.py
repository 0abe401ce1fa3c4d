"""The figures of a run in words: the same ones in every report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.summary import Counts, Rate, Spend, Summary

_WAYS_NAMED = 6
_CHECKS_NAMED = 5
_SEEN = 0.0005


def figures(summary: Summary) -> Iterator[tuple[str, str]]:
    """Label and text of each figure that this run has."""
    yield "trials", counted(summary.counts)
    yield "pass rate", rated(summary.rate)
    if summary.score is not None and abs(summary.score - (summary.rate.value or 0.0)) >= _SEEN:
        yield "score", f"{summary.score:.3f} (minor checks included)"
    if len(summary.repeats) > 1:
        yield "pass^k", f"{_by_k([row.every for row in summary.repeats])}  (all of k trials pass)"
        yield "pass@k", f"{_by_k([row.some for row in summary.repeats])}  (at least one of k passes)"
        flaky = sum(row.flaky for row in summary.cases)
        yield "flaky", f"{flaky} of {len(summary.cases)} cases both pass and fail"
    yield "faults", _faults(summary)
    failing = [row for row in summary.checks if row.failed]
    if failing:
        yield "failing", ", ".join(f"{row.name} {row.failed}x" for row in failing[:_CHECKS_NAMED])
    if summary.routes:
        yield "routing", _routing(summary)
    for name, score in summary.metrics.items():
        yield name, f"{score:.3f}"
    models = sorted(set(summary.run.manifest.models.values()))
    if models:
        yield (
            "models",
            ", ".join("offline (rules, no language model)" if name == "offline" else name for name in models),
        )
    yield "tokens", _tokens(summary)
    yield "cost", _cost(summary)
    yield "latency", _latency(summary)
    if summary.not_judged:
        yield "not judged", _not_judged(summary)


def _routing(summary: Summary) -> str:
    """How many requests reached the right agent first, and where the others went, the most frequent first."""
    routes = {(wanted, got): count for wanted, reached in summary.routes.items() for got, count in reached.items()}
    total, right = sum(routes.values()), sum(count for (wanted, got), count in routes.items() if wanted == got)
    wrong = sorted(((count, pair) for pair, count in routes.items() if pair[0] != pair[1]), reverse=True)
    told = f"{right} of {total} requests ({right / total:.1%}) reached the right agent first"
    ways = ", ".join(f"{wanted} -> {got} {count}x" for count, (wanted, got) in wrong[:_WAYS_NAMED])
    more = f" and {len(wrong) - _WAYS_NAMED} other ways" if len(wrong) > _WAYS_NAMED else ""
    return f"{told}; instead: {ways}{more}" if wrong else told


def _not_judged(summary: Summary) -> str:
    """How many claims nobody decided, and why: no judge at all, or one that did not decide."""
    nobody = summary.run.manifest.models.get("judge", "offline") == "offline"
    why = "no judge configured" if nobody else "the judge did not decide them"
    told = f"{plural(summary.not_judged, 'judged claim')} not evaluated: {why}"
    guessed = (
        f"; the offline heuristic guessed at {summary.heuristic}, which decides nothing" if summary.heuristic else ""
    )
    return told + guessed


def counted(counts: Counts) -> str:
    """Trials by how they ended; what is zero and needs no attention is left out."""
    parts = [f"{counts.passed} passed", f"{counts.failed} failed"]
    parts += [f"{count} {name}" for name, count in _rest(counts) if count]
    return f"{', '.join(parts)} of {counts.planned}"


def rated(rate: Rate) -> str:
    """A pass rate with how sure it is."""
    if rate.value is None:
        return "unknown: nothing was decided"
    error = f" ± {rate.se:.3f}" if rate.se else ""  # no spread was seen; the interval says what that is worth
    return f"{rate.value:.3f}{error} (95 %: {rate.low:.3f} to {rate.high:.3f}; {plural(rate.decided, 'decided trial')})"


def plural(count: int, noun: str) -> str:
    """A number and its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _rest(counts: Counts) -> tuple[tuple[str, int], ...]:
    return ("errored", counts.errored), ("undecided", counts.undecided), ("not run", counts.missing)


def _by_k(shares: list[float]) -> str:
    return "  ".join(f"{k}: {share:.3f}" for k, share in enumerate(shares, 1))


def _faults(summary: Summary) -> str:
    faults = summary.faults
    columns = (("agent", faults.agent), ("provider", faults.provider), ("harness", faults.harness))
    return " · ".join(f"{name} {_kinds(kinds)}" for name, kinds in columns)


def _kinds(kinds: Mapping[str, int]) -> str:
    total = sum(kinds.values())
    named = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    return f"{total} ({named})" if named else str(total)


def _tokens(summary: Summary) -> str:
    spend = summary.spend
    if _all_unknown(summary, spend.tokens_unknown):
        return "unknown"
    return f"{spend.input_tokens:,} in, {spend.output_tokens:,} out{_unknown(spend.tokens_unknown)}"


def _cost(summary: Summary) -> str:
    spend = summary.spend
    agents = f"${spend.cost_usd:.4f}{_unknown(spend.cost_unknown)}"
    if _all_unknown(summary, spend.cost_unknown):
        agents = "unknown"
    if spend.judge_usd or spend.judge_unknown:
        agents += f"; judges ${spend.judge_usd:.4f}{_unknown(spend.judge_unknown)}"
    return agents + _replaced(spend)


def _replaced(spend: Spend) -> str:
    """What of it went into executions that no trial goes by."""
    besides = spend.replaced
    if not (besides.usd or besides.cost_unknown or besides.judge_unknown):
        return ""
    unknown = " or more" if besides.cost_unknown or besides.judge_unknown else ""
    return f"; of it ${besides.usd:.4f}{unknown} for {plural(besides.executions, 'replaced attempt')}"


def _all_unknown(summary: Summary, unknown: int) -> bool:
    return 0 < unknown == summary.counts.planned - summary.counts.missing


def _unknown(trials: int) -> str:
    return f" (unknown for {plural(trials, 'trial')})" if trials else ""


def _latency(summary: Summary) -> str:
    latency = summary.latency
    if latency.p50_s is None or latency.p95_s is None:
        return "unknown: no completed trial was timed"
    first = ""
    if latency.ttft_p50_s is not None and latency.ttft_p95_s is not None:
        first = f"; first text p50 {latency.ttft_p50_s:.2f} s, p95 {latency.ttft_p95_s:.2f} s"
    return f"p50 {latency.p50_s:.2f} s, p95 {latency.p95_s:.2f} s{first}"
