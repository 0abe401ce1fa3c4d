"""A simulation that is claimed is one that was run: claims in a text against the calls that could have made them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from harness.frozen import frozen
from harness.lazy import pattern

from .conduct.sentences import Sentence, scope, sentences
from .plaintext import plain
from .ruling import TEXT_LIMIT, Breach, Ruling, Severity, closed, too_long

_I = 2
_KINDS: Final = {
    "simulation": (
        pattern(r"\bmonte[- ]carlo\b|\bsimulat(?:ed|ions?)\b|\b\d[\d,.]*\s?(?:k |thousand |million )?(?:simulated )?(?:paths|simulations|iterations|trials|futures)\b", _I),
        ("*simulat*", "*monte*carlo*", "*montecarlo*"),
    ),
    "backtest": (pattern(r"\bback-?test(?:ed|s|ing)?\b", _I), ("*backtest*", "*back_test*")),
    "stress test": (pattern(r"\bstress[- ]test(?:ed|s|ing)?\b", _I), ("*stress*", "*scenario*", "*simulat*")),
    "projection": (pattern(r"\b(?:i|we)(?:'ve| have)? (?:projected|ran (?:a|the) (?:projection|forecast))\b|\bmy projections?\b|\bprojected (?:value|balance|income)\b", _I),
                   ("*project*", "*forecast*", "*simulat*")),
}  # fmt: skip
"""Kinds of computing that are claimed, by their words, and the tools that do them."""

_OFFERS = pattern(
    r"\b(?:can|could|would|will|shall|should|may|might|let me|want me to|like me to|please|to be|if|plan to|going to|ask(?:ed)? (?:me )?(?:for|to))\b[^.]{0,40}\Z",
    _I,
)
_COUNTED = pattern(
    r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+)(\s?k\b| thousand| million)?\s+(?:simulated |random |independent |monte carlo )*(?:paths|simulations|iterations|trials|runs|futures)\b",
    _I,
)
_RATED = pattern(
    r"(?<![\d.,])(\d{1,3}(?:\.(\d+))?)\s?%[^.%]{0,60}?\b(?:of (?:the )?(?:\d[\d,]* )?(?:simulated )?(?:paths|simulations|trials|runs|futures|cases)|success|chance|probability|likelihood)"
    r"|\b(?:success rate|chance|probability|likelihood)\b[^.%]{0,40}?(?<![\d.,])(\d{1,3}(?:\.(\d+))?)\s?%",
    _I,
)
_COUNT_KEYS: Final = frozenset(
    {
        "n",
        "paths",
        "n_paths",
        "trials",
        "iterations",
        "simulations",
        "n_simulations",
        "runs",
        "scenarios",
        "num_simulations",
    }
)
_RATE_KEYS: Final = ("rate", "prob", "success", "share", "ci_", "chance", "percent")
_SCALES: Final = {"": 1, "k": 1000, "thousand": 1000, "million": 1_000_000}
_Z: Final = 1.96


@frozen
class Run:
    """One call that ended well."""

    id: str
    """Its id in the trace."""

    tool: str
    args: Any = None
    result: Any = None


@closed(Ruling)
def check_simulation(text: str, runs: Iterable[Run], *, tools: Iterable[str] = ()) -> Ruling:
    """Find simulations, backtests, stress tests and projections that are claimed and were not run; never raises.

    Where a tool ran, the number of paths that is claimed must be one it ran with, and each claimed rate one that it returned:
    within its printed digits and the sampling error of its own number of paths.

    Args:
        text: The answer.
        runs: The calls that ended well.
        tools: Names of further tools that simulate; `*` stands for any characters.
    """
    if len(text) > TEXT_LIMIT:
        return Ruling((too_long(len(text)),))
    made, extra = list(runs), tuple(tools)
    seen = plain(text)
    found: list[Breach] = []
    for sentence in sentences(seen.text):
        for kind, start, end in _claims(sentence):
            fitting = [run for run in made if _named(run.tool, (*_KINDS[kind][1], *extra))]
            span = seen.span(sentence.start + start, sentence.start + end)
            said = sentence.text[start:end]
            if not fitting:
                severity: Severity = "warn" if kind == "projection" else "block"
                message = f"{said!r} claims a {kind} that no call made"
                found.append(Breach("claimed-not-run", severity, message, span, evidence=said))
                continue
            known = {one.message for one in found}
            wrong = _disagrees(sentence.text, fitting, made)
            found += [Breach(rule, "block", why, span, evidence=said) for rule, why in wrong if why not in known]
    return Ruling(tuple(found))


def claims(text: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """What a text claims to have computed: kind and span of each claim."""
    if len(text) > TEXT_LIMIT:
        return ()
    seen = plain(text)
    return tuple(
        (kind, seen.span(sentence.start + start, sentence.start + end))
        for sentence in sentences(seen.text)
        for kind, start, end in _claims(sentence)
    )


def _claims(sentence: Sentence) -> Iterator[tuple[str, int, int]]:
    """What a sentence claims to have computed; offers, denials and questions claim nothing."""
    for kind, (words, _) in _KINDS.items():
        for match in words.finditer(sentence.text):
            if scope(sentence.text, match.start(), match.end()) == "asserted" and not _OFFERS.search(
                sentence.text, 0, match.start()
            ):
                yield kind, match.start(), match.end()
                break


def _named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.casefold(), one.casefold()) for one in patterns)


def _disagrees(sentence: str, fitting: list[Run], everything: list[Run]) -> Iterator[tuple[str, str]]:
    """Numbers of paths that the fitting calls did not run, and rates that no call at all returned."""
    counts, _ = _numbers(fitting)
    _, rates = _numbers(everything)
    for match in _COUNTED.finditer(sentence):
        claimed = int(match[1].replace(",", "")[:12]) * _SCALES[(match[2] or "").strip().casefold()]
        if counts and claimed not in counts:
            yield (
                "paths-differ",
                f"{claimed:,} paths are claimed, the calls ran {', '.join(f'{one:,}' for one in sorted(counts)[:5])}",
            )
    error = max((_Z * math.sqrt(0.25 / count) for count in counts if count > 0), default=0.0)
    for match in _RATED.finditer(sentence):
        shown, digits = (match[1], match[2]) if match[1] else (match[3], match[4])
        claimed_rate, half = float(shown) / 100, 0.5 * 10 ** -(2 + len(digits or ""))
        near = [rate for rate in rates if abs(rate - claimed_rate) <= half + 1e-9 + _error(rate, counts, error)]
        if rates and not near:
            closest = min(rates, key=lambda rate: abs(rate - claimed_rate))
            yield "rate-differs", f"{shown}% is claimed, the calls returned {closest:.2%} at the nearest"


def _error(rate: float, counts: set[int], widest: float) -> float:
    """Sampling error of a rate, by the smallest number of paths that it can be of."""
    least = min(counts, default=0)
    return min(widest, _Z * math.sqrt(max(rate * (1 - rate), 0.0) / least)) if least > 0 else 0.0


def _numbers(runs: list[Run]) -> tuple[set[int], set[float]]:
    """Numbers of paths, and rates as shares, in arguments and results; without recursion."""
    counts: set[int] = set()
    rates: set[float] = set()
    for run in runs:
        waiting: list[tuple[str, Any]] = [("", run.args), ("", run.result)]
        for _ in range(100_000):
            if not waiting:
                break
            key, item = waiting.pop()
            if isinstance(item, Mapping):
                waiting.extend((str(name).casefold(), inner) for name, inner in item.items())
            elif isinstance(item, list | tuple):
                waiting.extend((key, inner) for inner in item)
            elif isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < 1e12:
                if key in _COUNT_KEYS and item == int(item):
                    counts.add(int(item))
                elif any(part in key for part in _RATE_KEYS) and -100 <= item <= 100:
                    rates.add(float(item) / 100 if "percent" in key or abs(item) > 1 else float(item))
    return counts, rates
