"""Check the charts that an agent made."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from harness.bounds import Ge
from harness.jsonpath import parse
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check

from .document import document
from .numbers import path_of
from .portfolio import Portfolio, portfolio
from .wording import count, refuse

if TYPE_CHECKING:
    from harness.guardrails.charts import ChartReference, ChartReport, ChartRules, Severity

Count = Annotated[int, Ge(0)]
_SHOWN = 5


@check("finance:chart-spec")
class ChartSpec(Check):
    """The answer is a set of charts that is well formed, consistent and true to the portfolio.

    The charts guardrail looks at shape, labels, units and sums; see its rules for what blocks. With `whole: portfolio`, charts
    of the whole must add up to the portfolio's worth: `total` if given, otherwise what the trial's `ledger` and `instruments`
    artifacts are worth. Where neither is known, charts that are otherwise right leave the check undecided. Every amount drawn must
    come from what the trial read (tool results and these artifacts), or be what the other parts leave of the whole; see `figures`.
    """

    count: Count | tuple[Count, Count] | None = (4, 6)
    """How many charts: a number, or `[fewest, most]`; null for any number."""

    whole: Literal["portfolio", "account", "none"] = "portfolio"
    """What charts of parts of a whole must add up to; `none` switches the sums off."""

    total: Annotated[float, Ge(0)] | None = None
    """Worth of the whole."""

    unit: Literal["USD", "percent", "count"] | None = "USD"
    """Unit of every chart that does not state one."""

    profile: Literal["strict", "guide", "app", "openbb", "vega-lite", "plotly"] = "strict"
    """Whose form: ours; that of OpenBB, Vega-Lite or Plotly, by the same rules; or the lenient rules of the original's guide or page."""

    figures: Literal["block", "warn", "off"] = "block"
    """What becomes of amounts that nothing the trial read holds or gives: the check fails, warns, or does not look."""

    path: str | None = None
    """JSON path of the charts in the answer; by default the whole answer."""

    allow_error: bool = False
    """Whether an empty set with an `error` is taken as an honest refusal."""

    def __post_init__(self) -> None:
        if isinstance(self.count, tuple) and self.count[0] > self.count[1]:
            raise refuse("count", f"{self.count[0]} is more than {self.count[1]}", "write [fewest, most]")
        if self.path is not None and not path_of(self.path, "path").single:
            raise refuse("path", "[*] names many places", "name one place")

    def conclude(self, subject: Subject) -> Finding:
        """Let the guardrail judge the payload."""
        from harness.guardrails.charts import check_charts

        payload, problem = self._payload(subject)
        if problem:
            return self.finding(False, problem, actual=subject.text, negatable=False)
        held = portfolio(subject.trace.artifacts)
        sources = None if self.figures == "off" else tuple(_sources(subject, held))
        report = check_charts(
            payload, reference=self._reference(held), rules=self._rules(), profile=self.profile, sources=sources or None
        )
        if any(item.rule == "guardrail-error" for item in report.findings):
            return self.finding(None, report.findings[0].message, negatable=False)
        return self._told(report, known=self._worth(held) is not None)

    def _payload(self, subject: Subject) -> tuple[Any, str]:
        if self.path is None:
            if subject.structured is not None:
                return subject.structured, ""
            return subject.text, "" if subject.text.strip() else "the answer is empty"
        found = document(subject)
        places = () if found.problem else parse(self.path).find(found.value)
        return (places[0].value, "") if places else (None, found.problem or f"the answer has nothing at {self.path}")

    def _told(self, report: ChartReport, *, known: bool) -> Finding:
        blocking = report.blocking
        shown = count(len(report.charts), "chart")
        evidence = tuple(Evidence(path=item.path, note=f"{item.rule}: {item.message}") for item in blocking[:_SHOWN])
        labels = {"warnings": str(sum(item.severity == "warn" for item in report.findings))}
        if blocking:
            more = f" (and {len(blocking) - 1} more)" if len(blocking) > 1 else ""
            reason = f"at {blocking[0].path}: {blocking[0].message}{more}"
            return self.finding(False, reason, actual=sorted(report.rules), evidence=evidence, labels=labels)
        refused = "error-object" in report.rules
        if self.profile not in ("guide", "app") and self.whole == "portfolio" and not known and not refused:
            reason = f"{shown} well formed, but what the portfolio is worth is unknown; give `total`"
            return self.finding(None, reason, labels=labels)
        return self.finding(True, "an honest refusal" if refused else f"{shown}, nothing blocks them", labels=labels)

    def _rules(self) -> ChartRules:
        from harness.guardrails.charts import ChartRules

        expected = (self.count, self.count) if isinstance(self.count, int) else self.count
        milder: dict[str, Severity] = (
            {"ungrounded-figure": "warn", "wrong-figure": "warn"} if self.figures == "warn" else {}
        )
        return ChartRules(
            count=expected, whole=self.whole, unit=self.unit, allow_error=self.allow_error, severity=milder
        )

    def _worth(self, held: Portfolio | None) -> Decimal | None:
        if self.total is not None:
            return Decimal(str(self.total))
        return held.worth if held else None

    def _reference(self, held: Portfolio | None) -> ChartReference:
        from harness.guardrails.charts import ChartReference

        names = held.names if held else {}
        return ChartReference(
            total=self._worth(held),
            holdings=names.get("holdings", ()),
            accounts=names.get("accounts", ()),
            asset_classes=names.get("asset_classes", ()),
            regions=names.get("regions", ()),
            sectors=names.get("sectors", ()),
        )


def _sources(subject: Subject, held: Portfolio | None) -> Iterator[tuple[str, Any]]:
    """What the trial read, and what the portfolio at its end is made of."""
    for call in subject.trace.tools:
        if call.status == "ok" and (subject.turn is None or call.turn <= subject.turn):
            yield call.id, call.result
    if held is not None:
        rows = {
            kind: [{"name": name, "value": worth} for name, worth in of.items()] for kind, of in held.amounts.items()
        }
        yield "portfolio", {"total": held.worth, **rows}
