"""Check that an answer knows no more than its day does, claims no computing that was not done, and fits its client."""

from __future__ import annotations

from typing import Annotated

from harness.bounds import Ge, Len
from harness.jsonpath import parse
from harness.registry import Check, Finding, Subject, check
from harness.steps.calls import named

from .document import document
from .given import Given
from .numbers import path_of
from .rulings import told
from .wording import count, refuse


@check("finance:as-of")
class AsOf(Check):
    """No evidence is later than the case's `as_of`, and old prices are called old.

    Every dated member of what the tools returned (`as_of`, `date`, `price_date`, `published_at`, `timestamp` and the like) must
    not lie after the day; `expires_at`, `execute_at` and `maturity` speak of the future on purpose and do not count. Nor may the
    answer tell of a later day in the past tense. With `max_age_days`, the oldest price must be younger, or the answer must say
    that it is old or name its day. A case without `as_of` leaves the check undecided.
    """

    as_of: Annotated[str, Len(1)] | None = None
    """The day or moment; by default that of the case."""

    max_age_days: Annotated[float, Ge(0)] | None = None
    """Age of a price, in calendar days, from which on the answer must say so."""

    tools: tuple[str, ...] = ("*",)
    """Tools whose results are evidence."""

    artifacts: tuple[str, ...] = ()
    """Artifacts that are evidence too."""

    ignore: tuple[str, ...] = ()
    """Members that do not count."""

    def __post_init__(self) -> None:
        from harness.guardrails.as_of import moment

        if self.as_of is not None and moment(self.as_of) is None:
            raise refuse("as_of", f"{self.as_of!r} is no day", 'write "2026-11-20" or a moment with its zone')

    def conclude(self, subject: Subject) -> Finding:
        """Collect what is dated, then compare."""
        from harness.guardrails.as_of import check_as_of

        as_of = self.as_of or subject.case.as_of
        if as_of is None:
            return self.finding(None, "neither the case nor the check has an `as_of`")
        calls = [
            (call.id, call.result)
            for call in subject.trace.tools
            if call.status == "ok"
            and named(call.name, self.tools)
            and (subject.turn is None or call.turn <= subject.turn)
        ]
        kept = [(name, subject.trace.artifacts[name]) for name in self.artifacts if name in subject.trace.artifacts]
        if not calls and not kept and not subject.text.strip():
            return self.finding(None, "there is neither evidence nor an answer to look at")
        ruling = check_as_of(
            [*calls, *kept], as_of, text=subject.text, max_age_days=self.max_age_days, ignore=self.ignore
        )
        return told(ruling, f"nothing in {count(len(calls), 'result')} is later than {as_of}")


@check("finance:simulation-claimed")
class SimulationClaimed(Check):
    """A simulation that the answer claims is one that was run, and says what it returned.

    "In 83 % of 10,000 simulated paths" needs a successful call of a tool that simulates, with 10,000 paths among its arguments
    and results, and a rate of 83 %: within the printed digits and the sampling error of so many paths. The same holds of
    backtests, stress tests and projections. Offers, questions and denials claim nothing.
    """

    tools: tuple[str, ...] = ()
    """Tools that simulate beside those whose names say so; `*` stands for any characters."""

    expect: bool = False
    """Whether the answer must claim a simulation."""

    def conclude(self, subject: Subject) -> Finding:
        """Compare claims with calls."""
        from harness.guardrails.simulated import Run, check_simulation, claims

        runs = [
            Run(call.id, call.name, call.args, call.result)
            for call in subject.trace.tools
            if call.status == "ok" and (subject.turn is None or call.turn <= subject.turn)
        ]
        if not subject.text.strip():
            return self.finding(False, "the answer is empty", negatable=False)
        made = claims(subject.text)
        if self.expect and not made:
            return self.finding(False, "the answer claims no simulation")
        ruling = check_simulation(subject.text, runs, tools=self.tools)
        return told(
            ruling,
            f"{count(len(made), 'claim')}, each of them run" if made else "nothing is claimed to be simulated",
            warnings=True,
        )


@check("finance:suitability")
class Suitability(Check):
    """What is recommended fits the client: the asset mix and the products against the profile.

    `{target: {equity: 60, bonds: 40}, recommendations: [{action, symbol, product, weight, expense_ratio, liquidity, sector}]}` in
    the structured answer is held against risk tolerance, horizon, age, need for liquidity, emergency fund and exclusions. The
    limits that are shipped are a house policy to start from: replace them with your firm's. A recommendation to somebody of whom
    nothing is known fails; an answer that recommends nothing leaves the check undecided.
    """

    profile: Given
    """The client's profile."""

    path: str = "$"
    """JSON path of the recommendations in the answer."""

    artifact: str | None = None
    """Artifact with the recommendations, instead of the answer."""

    restricted: tuple[str, ...] = ()
    """Symbols that the firm excludes."""

    rules: Given | None = None
    """Rules instead of the shipped ones."""

    warnings: bool = False
    """Whether a warning fails too."""

    def __post_init__(self) -> None:
        path_of(self.path, "path")

    def conclude(self, subject: Subject) -> Finding:
        """Hold one against the other."""
        from harness.guardrails.suitability import check_suitability

        profile, problem = self.profile.find(subject)
        if self.artifact is not None:
            whole, missing = Given(artifact=self.artifact).find(subject)
        else:
            found = document(subject)
            whole, missing = found.value, found.problem
        rules, unknown = self.rules.find(subject) if self.rules else (None, "")
        places = () if missing else parse(self.path).find(whole)
        if problem or missing or unknown or not places:
            return self.finding(None, problem or missing or unknown or f"there is nothing at {self.path}")
        listed = rules.get("rules") if isinstance(rules, dict) else rules
        ruling = check_suitability(places[0].value, profile, restricted=self.restricted, rules=listed)
        if "nothing-recommended" in ruling.rules:
            return self.finding(None, "the answer has no structured recommendation to look at")
        return told(ruling, "what is recommended fits the profile", warnings=self.warnings)
