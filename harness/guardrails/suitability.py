"""Whether what is recommended fits the person: rules over structured recommendations and a client's profile."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from harness.frozen import frozen

from .exact import exact, plain
from .ruling import Breach, Ruling, closed, cut

_MOST: Final = 1000
_RISK: Final = ("risk", "risk_profile", "risk_tolerance")
_HORIZON: Final = ("horizon_years", "horizon", "years_until_retirement", "time_horizon_years")
_SHARES: Final = ("equity", "equities", "stocks", "shares")
_BUYS: Final = frozenset({"buy", "add", "increase", "hold", "invest", "switch_to", "allocate", "rebalance", "open", ""})
_SINGLE: Final = frozenset({"stock", "single_stock", "equity_share", "share", "adr", "bond", "crypto", "option"})
_ILLIQUID: Final = frozenset(
    {
        "private_placement",
        "private_equity",
        "variable_annuity",
        "annuity",
        "structured_note",
        "hedge_fund",
        "real_estate_direct",
    }
)
_MEASURES: Final = frozenset(
    {"equity", "products", "illiquid", "largest_single", "expense_ratio", "symbols", "sectors"}
)


@frozen
class _Facts:
    """What is known of the proposal."""

    numbers: Mapping[str, tuple[Decimal, str]]
    """Measure to its value and where it stands."""

    words: Mapping[str, tuple[tuple[str, str], ...]]
    """Measure to the words found and where each stands."""


@closed(Ruling)
def check_suitability(
    proposal: Any, profile: Any, *, restricted: Sequence[str] = (), rules: Sequence[Mapping[str, Any]] | None = None
) -> Ruling:
    """Hold recommendations against a client's profile; never raises.

    Args:
        proposal: `{target: {equity: 60, bonds: 40}, recommendations: [{action, symbol, product, weight, expense_ratio, liquidity,
            sector}]}`, or the list of recommendations; weights are percentages of the whole portfolio.
        profile: `{risk, horizon_years, age, liquidity, emergency_months, excluded_sectors, restricted}`. A recommendation to
            somebody of whom nothing is known blocks.
        restricted: Symbols that the firm excludes.
        rules: Rules in place of those that are shipped.
    """
    problems: list[Breach] = []
    facts = _facts(proposal, problems)
    if problems:
        return Ruling(tuple(problems))
    if not facts.numbers and not any(facts.words.values()):
        return Ruling((Breach("nothing-recommended", "info", "there is no structured recommendation to look at"),))
    if not isinstance(profile, Mapping) or not any(
        profile.get(name) not in (None, "") for name in (*_RISK, *_HORIZON, "age")
    ):
        message = "something is recommended to a client of whom neither risk, horizon nor age is known"
        return Ruling((Breach("profile-missing", "block", message, path="$.profile"),))
    found = list(_incomplete(profile))
    listed = {str(one).upper() for one in (*restricted, *_sequence(profile.get("restricted")))}
    excluded = {str(one).casefold() for one in _sequence(profile.get("excluded_sectors"))}
    for rule in shipped() if rules is None else rules:
        if _applies(rule.get("when") or {}, profile):
            found += _broken(rule, facts, listed, excluded)
    return Ruling(tuple(found))


@lru_cache(maxsize=1)
def shipped() -> tuple[Mapping[str, Any], ...]:
    """The rules beside this module: a house policy to start from."""
    data = json.loads((files(__package__) / "suitability.json").read_text(encoding="utf-8"))
    return tuple(data["rules"])


def _incomplete(profile: Mapping[str, Any]) -> Iterator[Breach]:
    for names, word in ((_RISK, "risk tolerance"), (_HORIZON, "horizon")):
        if all(profile.get(name) in (None, "") for name in names):
            yield Breach("profile-incomplete", "warn", f"the client's {word} is not known", path="$.profile")


def _applies(when: Mapping[str, Any], profile: Mapping[str, Any]) -> bool:
    """Whether a rule speaks of such a client. What is not known of a client does not make a rule apply; it is warned of."""
    if "risk" in when and str(_first(profile, _RISK)).casefold() not in when["risk"]:
        return False
    if (
        "liquidity" in when
        and str(_first(profile, ("liquidity", "liquidity_need"))).casefold() not in when["liquidity"]
    ):
        return False
    bounds = (
        ("horizon_below", _HORIZON, -1),
        ("age_from", ("age",), 1),
        ("emergency_months_below", ("emergency_months",), -1),
    )
    for name, keys, sign in bounds:
        if name not in when:
            continue
        known, limit = exact(_first(profile, keys)), exact(when[name])
        if known is None or limit is None or (known >= limit if sign < 0 else known < limit):
            return False
    return True


def _broken(rule: Mapping[str, Any], facts: _Facts, listed: set[str], excluded: set[str]) -> Iterator[Breach]:
    measure = str(rule.get("measure"))
    if measure not in _MEASURES:
        raise ValueError(f"{rule.get('id')}: {measure!r} is no measure")
    if measure in facts.numbers:
        value, path = facts.numbers[measure]
        most, least = exact(rule.get("max")), exact(rule.get("min"))
        if most is not None and value > most:
            yield _breach(rule, f"{plain(value)}% where at most {plain(most)}% fits", path)
        elif least is not None and value < least:
            yield _breach(rule, f"{plain(value)}% where at least {plain(least)}% fits", path)
    none_of = {str(one).casefold() for one in rule.get("none_of") or ()}
    for word, path in facts.words.get(measure, ()):
        if (
            word in none_of
            or (rule.get("restricted") and word.upper() in listed)
            or (rule.get("excluded") and word in excluded)
        ):
            yield _breach(rule, cut(word), path)


def _breach(rule: Mapping[str, Any], what: str, path: str) -> Breach:
    message = f"{rule.get('message') or rule.get('id')}: {what}"
    severity = rule.get("severity")
    return Breach(
        f"suitability.{rule.get('id')}",
        severity if severity in ("block", "warn", "info") else "block",
        message,
        path=path,
        evidence=what,
        as_of=str(rule.get("as_of", "")),
        jurisdiction=tuple(rule.get("jurisdiction") or ()),
    )


def _facts(proposal: Any, problems: list[Breach]) -> _Facts:
    top = proposal if isinstance(proposal, Mapping) else {"recommendations": proposal}
    rows = top.get("recommendations")
    mix = next(
        (
            top[name]
            for name in ("target", "allocation", "asset_mix", "target_mix")
            if isinstance(top.get(name), Mapping)
        ),
        None,
    )
    numbers: dict[str, tuple[Decimal, str]] = {}
    words: dict[str, list[tuple[str, str]]] = {"products": [], "symbols": [], "sectors": []}
    if mix is not None:
        _mix(mix, numbers, problems)
    for place, row in enumerate(rows[:_MOST] if isinstance(rows, list | tuple) else ()):
        path = f"$.recommendations[{place}]"
        if not isinstance(row, Mapping):
            problems.append(Breach("malformed", "block", f"{path} is no recommendation", path=path))
        elif str(row.get("action") or "").casefold().replace(" ", "_") in _BUYS:
            _row(row, path, numbers, words, problems)
    return _Facts(numbers, {name: tuple(items) for name, items in words.items()})


def _mix(mix: Mapping[Any, Any], numbers: dict[str, tuple[Decimal, str]], problems: list[Breach]) -> None:
    parts = {str(name).casefold(): exact(share) for name, share in mix.items()}
    if None in parts.values():
        problems.append(
            Breach("malformed", "block", "the target mix has a part that is no finite number", path="$.target")
        )
        return
    total = sum((share for share in parts.values() if share is not None), Decimal(0))
    scale = 100 if Decimal("0.98") <= total <= Decimal("1.02") else 1
    if scale == 1 and not 98 <= total <= 102:
        problems.append(
            Breach("mix-sum", "block", f"the target mix adds up to {plain(total)}, not to 100", path="$.target")
        )
    numbers["equity"] = (sum((parts.get(name) or Decimal(0) for name in _SHARES), Decimal(0)) * scale, "$.target")


def _row(
    row: Mapping[Any, Any],
    path: str,
    numbers: dict[str, tuple[Decimal, str]],
    words: dict[str, list[tuple[str, str]]],
    problems: list[Breach],
) -> None:
    product = str(row.get("product") or row.get("type") or "").casefold().replace(" ", "_").replace("-", "_")
    for name, item in (("products", product), ("symbols", row.get("symbol")), ("sectors", row.get("sector"))):
        if item:
            words[name].append((str(item).casefold(), path))
    known: dict[str, Decimal] = {}
    for name in ("weight", "target_weight", "expense_ratio"):
        if row.get(name) is not None:
            number = exact(row[name])
            if number is None:
                problems.append(
                    Breach("malformed", "block", f"{path}.{name} is no finite number", path=f"{path}.{name}")
                )
                return
            known[name] = number
    weight = known.get("target_weight", known.get("weight"))
    if "expense_ratio" in known:
        _largest(numbers, "expense_ratio", known["expense_ratio"], path)
    if weight is not None and product in _SINGLE:
        _largest(numbers, "largest_single", weight, path)
    if product in _ILLIQUID or str(row.get("liquidity") or "").casefold() in {"low", "illiquid", "none"}:
        before = numbers.get("illiquid", (Decimal(0), path))[0]
        numbers["illiquid"] = (before + (Decimal(100) if weight is None else weight), path)


def _largest(numbers: dict[str, tuple[Decimal, str]], name: str, value: Decimal, path: str) -> None:
    if name not in numbers or value > numbers[name][0]:
        numbers[name] = (value, path)


def _first(profile: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((profile[name] for name in names if profile.get(name) not in (None, "")), None)


def _sequence(item: Any) -> Sequence[Any]:
    return item[:_MOST] if isinstance(item, list | tuple) else ()
