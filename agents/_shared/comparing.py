"""Exercises with comparisons: two prompts on the same questions, and a new one against what was blessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.gate import Evidence, bless, decide_all, tally
from harness.gate.arms import Arm, checked, report, trials_of
from harness.model import Case, CheckSpec, Event, Job, Outcome, Result, RunManifest, fold
from harness.registry import Services
from harness.score import score

if TYPE_CHECKING:
    from .exercises import Do, Given

_ROOT: Final = Path(__file__).parents[2]


def _manifest(name: str) -> RunManifest:
    return RunManifest(id=name, started_at="2026-11-20T15:00:00Z", suites=("exercises",))


def _price(number: int) -> str:
    return f"${10 + number}.00"


def _case(number: int) -> Case:
    check = CheckSpec(type="contains", params={"value": _price(number)})
    return Case(id=f"P-{number:02}", suite="exercises", agent="adviser", input=f"T{number}", checks=(check,))


async def _answered(number: int, index: int, how: Mapping[str, Any], agent: str) -> Result:
    """One question, asked, answered as this arm words it, and scored; it is wrong about some, or now and then."""
    wrong = number in how.get("wrong", ()) or (number, index) in {tuple(item) for item in how.get("now_and_then", ())}
    said = how["words"].format(name=f"T{number}", price="$1.00" if wrong else _price(number))
    done = fold([Event(0.1, "text_done", {"text": said}), Event(0.2, "done", {})], duration_s=0.2)
    return await score(Job(_case(number), agent, index, 7), Outcome("completed", done), Services(root=_ROOT))


async def _all(given: Given, how: Mapping[str, Any], agent: str, trials: int) -> list[Result]:
    return [
        await _answered(number, index, how, agent) for number in range(given["questions"]) for index in range(trials)
    ]


async def arms(given: Given, do: Do) -> dict[str, Any]:
    """`{questions, trials, arms: {name: {words, wrong}}}`: what is said of the arms, each asked all questions."""
    known = checked([Arm(name=name, agent=name) for name in given["arms"]])
    results: dict[str, list[Result]] = {}

    async def ask(arm: str) -> dict[str, int]:
        """Ask an arm all questions; gives how many answers passed."""
        found = results[arm] = await _all(given, given["arms"][arm], arm, given["trials"])
        return {"passed": sum(item.status == "passed" for item in found), "of": len(found)}

    def compare() -> list[str]:
        """Compare the arms."""
        return list(report(known, [trials_of(results[arm.name]) for arm in known]))

    passed = {arm.name: await do(ask)(arm=arm.name) for arm in known}
    return {
        "passed": passed,
        "said": do(compare)(),
        "words": len({item.outcome.trace.answer for found in results.values() for item in found}),
    }


async def gated(given: Given, do: Do) -> dict[str, Any]:
    """`{questions, trials, arms: {blessed, new}}`: what the gate decides about the new one, measured by the blessed one."""
    before, now = given["arms"]["blessed"], given["arms"]["new"]

    async def take_as_measure() -> Any:
        """Bless the first, ten trials of each question."""
        results = await _all(given, before, "adviser", 10)
        (cases,) = tally([item.job for item in results], results).values()
        moment = datetime(2026, 11, 20, 15, tzinfo=UTC)
        kept.append(
            bless(_manifest("20261120-150000-0001"), "exercises", cases, by="ann", at=moment, trials=10).baseline
        )
        return {"cases": len(cases), "passed": sum(item.passed for item in cases)}

    async def decide() -> dict[str, Any]:
        """Ask the second and decide."""
        results = await _all(given, now, "adviser", given["trials"])
        (cases,) = tally([item.job for item in results], results).values()
        (found,) = decide_all("20261120-160000-0002", [Evidence(kept[0], cases)])
        return {
            "value": found.value, "lost": sorted(item.case for item in found.lost), "compared": found.compared,
            "changed": list(found.changed), "removed": list(found.removed), "drop": found.drop, "p": found.p, "reasons": list(found.reasons),
        }  # fmt: skip

    kept: list[Any] = []
    measure = await do(take_as_measure)()
    return {"measure": measure, **await do(decide)()}
