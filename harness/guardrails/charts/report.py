"""What the chart guardrail is asked and what it answers: rules, reference, findings, report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from harness.frozen import frozen

if TYPE_CHECKING:
    from .shapes import Chart

Severity = Literal["block", "warn", "info"]
Profile = Literal["strict", "guide", "app", "openbb", "vega-lite", "plotly"]
Rung = Literal["model", "repaired", "trimmed", "fallback", "error"]
Whole = Literal["portfolio", "account", "none"]
Unit = Literal["USD", "percent", "count"]


@frozen
class Finding:
    """One thing that is wrong or was changed, and where."""

    rule: str
    """Name of the rule, such as `finite-number`."""

    severity: Severity
    """`block` rejects the payload; `warn` and `info` do not."""

    path: str
    """JSON path, such as `$.charts[0].data[2].value`."""

    message: str
    """One sentence for a person."""

    evidence: str = ""
    """The offending piece, shortened."""


@frozen
class Change:
    """One alias that was brought to the canonical form."""

    path: str
    """JSON path of what was changed."""

    before: str
    """What stood there."""

    after: str
    """What stands there now."""


@frozen
class ChartReference:
    """What is known to be true, from the portfolio itself and never from the answer."""

    total: Decimal | float | None = None
    """Worth of the whole portfolio in the charts' unit."""

    holdings: tuple[str, ...] = ()
    """Symbols and names of what is held."""

    asset_classes: tuple[str, ...] = ()
    """Asset classes in the portfolio."""

    regions: tuple[str, ...] = ()
    """Regions in the portfolio."""

    sectors: tuple[str, ...] = ()
    """Sectors in the portfolio."""

    accounts: tuple[str, ...] = ()
    """Names and types of the accounts."""

    values: Mapping[str, Decimal | float] = field(default_factory=lambda: MappingProxyType({}))
    """True amounts by label; labels without one are not compared."""


@frozen
class ChartRules:
    """How strict to be."""

    count: tuple[int, int] | None = (4, 6)
    """Fewest and most charts; None for any number."""

    whole: Whole = "portfolio"
    """What a parts-of-a-whole chart must add up to, where it does not say so itself; `none` switches the sum rule off."""

    types: tuple[str, ...] = (
        "pie", "donut", "bar", "horizontalBar", "line", "area", "radar", "scatter", "treemap", "composed",
    )  # fmt: skip
    """Chart types that the page can draw."""

    unit: Unit | None = "USD"
    """Unit of every chart that does not state one; None leaves it open."""

    total_share: Decimal = Decimal("0.005")
    """Largest gap between a sum and the reference total, as a share of it (rounding of the parts is allowed for beside)."""

    max_charts: int = 12
    """Most charts that are looked at."""

    max_points: int = 200
    """Most points in one chart."""

    max_label: int = 80
    """Longest label in characters."""

    max_bytes: int = 500_000
    """Largest payload as text."""

    allow_error: bool = False
    """Accept `{"charts": [], "error": "..."}` as an honest refusal."""

    severity: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    """Severity by rule name, in place of the rule's own."""


@frozen
class ChartReport:
    """What the guardrail concluded."""

    profile: Profile
    """Whose rules were applied."""

    findings: tuple[Finding, ...] = ()
    """Everything found, in the order of the payload."""

    changes: tuple[Change, ...] = ()
    """Aliases brought to the canonical form."""

    charts: tuple[Chart, ...] = ()
    """Charts whose shape is right, in canonical form."""

    totals: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    """Sum of each chart that shows parts of a whole, by key."""

    @property
    def ok(self) -> bool:
        """Whether nothing blocks the payload."""
        return not self.blocking

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Findings that reject the payload."""
        return tuple(finding for finding in self.findings if finding.severity == "block")

    @property
    def rules(self) -> frozenset[str]:
        """Names of the rules that found something."""
        return frozenset(finding.rule for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-plain data, for a trace or a verdict."""
        return {
            "profile": self.profile,
            "ok": self.ok,
            "findings": [
                {"rule": f.rule, "severity": f.severity, "path": f.path, "message": f.message, "evidence": f.evidence}
                for f in self.findings
            ],
            "changes": [
                {"path": change.path, "before": change.before, "after": change.after} for change in self.changes
            ],
            "totals": {key: float(total) for key, total in self.totals.items()},
        }


@frozen
class Guarded:
    """Charts that may be shown, and how they came about."""

    source: Rung
    """`model` as given, `repaired` after mending the syntax, `trimmed` without the wrong ones, `fallback` from the portfolio,
    `error` when nothing may be shown."""

    charts: tuple[Mapping[str, Any], ...]
    """The charts in canonical form; none with `error`."""

    report: ChartReport
    """What was found in what is shown; with `error` in what the model gave."""

    steps: tuple[str, ...] = ()
    """What was refused and what was done, in order."""

    error: str = ""
    """Why nothing is shown."""

    def payload(self) -> dict[str, Any]:
        """What to hand to the page: the charts, or an honest refusal."""
        return {"charts": list(self.charts)} if self.charts else {"charts": [], "error": self.error}
