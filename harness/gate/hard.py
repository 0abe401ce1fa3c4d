"""What no statistics excuse, and what keeps a run from saying anything."""

from __future__ import annotations

from collections.abc import Sequence

from .copies import copied, copies_in_words
from .counting import CaseTally
from .limits import Limits
from .matching import Matched, Pair
from .testing import Fresh, is_suspect

_NAMED = 5
_TRIES, _MOST_FAILED = 3, 1


def broken(cases: Sequence[CaseTally], matched: Matched, fresh: Fresh, limits: Limits) -> tuple[str, ...]:
    """Rules outside the statistics: a breach once seen, a case that must pass and does not, cases that went."""
    bound = {item.name for before, item in (*matched.pairs, *matched.changed) if before.must_pass}
    again = [item for found in (fresh.confirm, fresh.escalated) if found for item in found.values()]
    reasons = []
    for item in cases:
        times = f"failed {item.failed} of {item.decided} trials"
        if (item.case.must_pass or item.name in bound) and item.failed:
            reasons += _must_pass(item, fresh)
        elif item.blocker:
            reasons.append(f"{item.case.id} failed a blocker check ({item.blocker})")
        elif item.case.severity == "blocker" and item.failed:
            reasons.append(f"{item.case.id} is a blocker case and {times} ({item.reason})")
    told = {item.name for item in cases if item.blocker}
    reasons += [
        f"{item.case.id} failed a blocker check ({item.blocker})"
        for item in again
        if item.blocker and item.name not in told
    ]
    if matched.removed and not limits.allow_removed:
        names = _listed([item.case for item in matched.removed])
        reasons.append(f"{_count(len(matched.removed), 'case')} of the baseline not run: {names}")
    return tuple(dict.fromkeys(reasons))


def _must_pass(item: CaseTally, fresh: Fresh) -> list[str]:
    """Two of three fresh trials decide, where there are any; else what was seen."""
    again = None if fresh.confirm is None else fresh.confirm.get(item.name)
    if again is None or not again.order:
        return [f"{item.case.id} must pass and failed {item.failed} of {item.decided} trials ({item.reason})"]
    tries = again.order[:_TRIES]
    if tries.count("f") > _MOST_FAILED:
        why = again.reason or item.reason
        return [f"{item.case.id} must pass and failed {tries.count('f')} of {len(tries)} fresh trials ({why})"]
    if item.blocker:
        return [f"{item.case.id} failed a blocker check ({item.blocker})"]
    return []


def doubtful(cases: Sequence[CaseTally], limits: Limits) -> tuple[str, ...]:
    """What makes a run say nothing, unless a regression stands whatever the trials without a verdict would have said."""
    planned = sum(item.planned for item in cases)
    errored, missing = sum(item.errored for item in cases), sum(item.missing for item in cases)
    reasons = []
    if missing:
        reasons.append(f"{missing} of {planned} planned trials have no result; finish the run with `eval --resume`")
    if planned and errored / planned > limits.errored:
        reasons.append(f"{errored} of {planned} trials errored, more than {limits.errored:.0%}; run them again")
    return tuple(reasons)


def untrusted(cases: Sequence[CaseTally], matched: Matched, fresh: Fresh, tested: Sequence[Pair]) -> tuple[str, ...]:
    """What keeps the run from saying anything."""
    reasons = []
    required = {item.name for before, item in matched.pairs if before.must_pass or item.case.must_pass}
    open_ones = [item.case.id for item in cases if item.name in required and not item.decided]
    if open_ones:
        reasons.append(f"no verdict on cases that must pass: {_listed(open_ones)}")
    reasons += _unjudged(cases)
    reasons += _other_judges(tested)
    reasons += _unconfirmed(tested, fresh)
    reasons += _copies(cases, fresh)
    if not any(item.decided for _, item in matched.pairs):
        reasons.append("no case can be compared with the baseline; bless a run of the cases as they are now")
    return tuple(reasons)


def _other_judges(tested: Sequence[Pair]) -> list[str]:
    """Verdicts of two judges are two measures, and so are those of a judge and none."""
    other = [
        (old, new) for old, new in tested if (old.judges != new.judges if new.judges else old.judges and new.unchecked)
    ]
    if not other:
        return []
    old, new = other[0]
    judges, before = " and ".join(new.judges) or "nobody with a passing check", " and ".join(old.judges) or "nobody"
    remedy = "judge the baseline's answers again (`finharness score`) and bless them"
    return [f"{_count(len(other), 'case')} judged by {judges}, in the baseline by {before}; {remedy}"]


def _unjudged(cases: Sequence[CaseTally]) -> list[str]:
    """A judge that was down says nothing of the agent, and leaves the run without its verdicts."""
    trials = sum(item.unjudged for item in cases)
    if not trials:
        return []
    return [f"no judge could be asked about {_count(trials, 'trial')}; grade them again with `finharness score`"]


def _copies(cases: Sequence[CaseTally], fresh: Fresh) -> list[str]:
    """Copies of trials make chance look smaller than it is."""
    again = [item for found in (fresh.confirm, fresh.escalated) if found for item in found.values()]
    found = copied((*cases, *again))
    return [f"{copies_in_words(found)}; switch the cache off and run them again"] if found else []


def _unconfirmed(tested: Sequence[Pair], fresh: Fresh) -> list[str]:
    """Suspects without usable fresh trials: an error is no pass, and a copy of a trial is no second one."""
    if fresh.confirm is None:
        return []
    lacking = [
        new.case.id
        for old, new in tested
        if is_suspect((old, new)) and not ((again := fresh.confirm.get(new.name)) and again.decided)
    ]
    if not lacking:
        return []
    why = "errored, cached, or with the seeds of the run itself"
    names = f"{_count(len(lacking), 'suspected case')}: {_listed(lacking)}"
    return [f"no fresh trial of {names} ({why}); run them again with another seed"]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"
