"""Run every chart rule over a payload, and block when the guardrail itself fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Context, localcontext
from typing import Any

from harness.frozen import frozen
from harness.grounding import Facts

from .dialects import DIALECTS, canonical
from .drawing import drawing_findings
from .figures import figure_findings
from .normal import Normaliser
from .parts import parts_of
from .payload import deeper, read_payload
from .profiles import app_findings, guide_findings
from .report import ChartReference, ChartReport, ChartRules, Finding, Profile
from .truth import Drawn, Known, known, truth_findings, whole_charts
from .validate import validate_chart


def check_charts(
    payload: object,
    *,
    reference: ChartReference | None = None,
    rules: ChartRules | None = None,
    profile: Profile = "strict",
    sources: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
) -> ChartReport:
    """Judge a payload of charts: JSON text, bytes, or the data itself.

    Never raises: an exception inside becomes a blocking finding of rule `guardrail-error`. The report is `ok` when nothing
    blocks. `guide` and `app` apply the lenient validators of others; reference, rules and sources are then left aside. With
    `sources`, (name, value) pairs of what the agent read, every amount must come from there.
    """
    rules = rules or ChartRules()
    try:
        if profile in ("guide", "app") and deeper(payload):
            return ChartReport(profile, (Finding("size", "block", "$", "the payload is nested too deep"),))
        if profile == "guide":
            return ChartReport(profile, tuple(guide_findings(payload)))
        if profile == "app":
            return ChartReport(profile, tuple(app_findings(payload)))
        if profile != "strict" and profile not in DIALECTS:
            raise ValueError(f"unknown profile {profile!r}; use strict, guide, app, openbb, vega-lite or plotly")  # noqa: TRY301  (reported, not raised)
        with localcontext(Context(prec=80)):
            truth = _Truth(known(reference) if reference else None, _facts(sources))
            return _strict(payload, truth, rules) if profile == "strict" else _dialect(payload, truth, rules, profile)
    except Exception as error:  # noqa: BLE001  (a guardrail that crashes must block)
        message = f"the guardrail failed and blocks to be safe: {type(error).__name__}: {error}"
        return ChartReport(profile, (Finding("guardrail-error", "block", "$", message[:300]),))


@frozen
class _Truth:
    """What the charts are compared with."""

    reference: Known | None
    facts: Facts | None


def _facts(sources: Mapping[str, Any] | Iterable[tuple[str, Any]] | None) -> Facts | None:
    if sources is None:
        return None
    return Facts.of(sources.items() if isinstance(sources, Mapping) else sources)


def _dialect(payload: object, truth: _Truth, rules: ChartRules, profile: Profile) -> ChartReport:
    """Judge another program's figures by what they draw."""
    data, found = read_payload(payload, rules.max_bytes)
    if data is None:
        return ChartReport(profile, _weighed(found, rules))
    charts, wrong, fitting = canonical(data, profile, rules)
    found += wrong
    if not charts and not (rules.allow_error and isinstance(data, dict) and data.get("error")):
        checked = [
            finding for finding in wrong if finding.rule not in ("not-checked", "schema-not-checked", "schema-unknown")
        ]
        if not wrong or checked:
            found += [] if checked else [Finding("shape", "block", "$", "there is no chart in it")]
        return ChartReport(profile, _weighed(found, fitting))
    report = _strict(
        {"charts": charts, **({"error": data["error"]} if isinstance(data, dict) and "error" in data else {})},
        truth,
        fitting,
    )
    return replace(report, profile=profile, findings=_weighed(found, fitting) + report.findings)


def _strict(payload: object, truth: _Truth, rules: ChartRules) -> ChartReport:
    data, found = read_payload(payload, rules.max_bytes)
    if data is None and found:
        return ChartReport("strict", _weighed(found, rules))
    normaliser = Normaliser()
    data = normaliser.payload(data)
    if not isinstance(data, dict) or not isinstance(data.get("charts"), list):
        found.append(Finding("shape", "block", "$.charts", 'expected an object with a list "charts"'))
        return ChartReport("strict", _weighed(found, rules), tuple(normaliser.changes))
    if rules.allow_error and not data["charts"] and isinstance(data.get("error"), str) and data["error"].strip():
        found.append(
            Finding(
                "error-object", "info", "$.error", "the agent says that it could not make charts", data["error"][:80]
            )
        )
        return ChartReport("strict", _weighed(found, rules), tuple(normaliser.changes))
    found += _count(data["charts"], rules)
    drawn = []
    for place, raw in enumerate(data["charts"][: rules.max_charts]):
        chart, wrong = validate_chart(raw, f"$.charts[{place}]", rules)
        found += wrong
        if chart is not None:
            drawn.append(Drawn(chart, f"$.charts[{place}]", list(parts_of(chart, f"$.charts[{place}]"))))
    for item in drawn:
        found += drawing_findings(item.chart, item.path, item.parts, rules)
    found += _keys(data["charts"], drawn)
    found += truth_findings(drawn, truth.reference, rules, data.get("total"))
    if truth.facts is not None:
        found += figure_findings(drawn, truth.facts, truth.reference, rules)
    totals = {item.chart.key: item.total for item in whole_charts(drawn, rules)}
    changes = tuple(normaliser.changes)
    found += [
        Finding("normalised", "info", change.path, f"read {change.before} as {change.after}") for change in changes
    ]
    return ChartReport("strict", _weighed(found, rules), changes, tuple(item.chart for item in drawn), totals)


def _count(charts: list[Any], rules: ChartRules) -> Iterator[Finding]:
    if len(charts) > rules.max_charts:
        yield Finding("size", "block", "$.charts", f"{len(charts)} charts, more than {rules.max_charts}")
    if rules.count is not None and not rules.count[0] <= len(charts) <= rules.count[1]:
        few, many = rules.count
        yield Finding("count", "block", "$.charts", f"{len(charts)} charts; {few} to {many} are expected")


def _keys(charts: list[Any], drawn: list[Drawn]) -> Iterator[Finding]:
    seen: set[str] = set()
    for item in drawn:
        if item.chart.key == item.path:
            yield Finding("key", "block", f"{item.path}.key", "the chart has no key")
        elif item.chart.key in seen:
            yield Finding(
                "duplicate-key", "block", f"{item.path}.key", "two charts have the same key", item.chart.key[:80]
            )
        seen.add(item.chart.key)
    titles = [(item.chart.title or "").casefold().strip() for item in drawn]
    for item, title in zip(drawn, titles, strict=True):
        if title and titles.count(title) > 1:
            yield Finding("duplicate-title", "warn", f"{item.path}.title", "two charts have the same title", title[:80])
    if len(charts) > 3 and len(drawn) > 3 and len({item.chart.type for item in drawn}) == 1:
        yield Finding("one-type", "warn", "$.charts", f"all charts are of type {drawn[0].chart.type}")


def _weighed(findings: list[Finding], rules: ChartRules) -> tuple[Finding, ...]:
    return tuple(replace(item, severity=rules.severity.get(item.rule, item.severity)) for item in findings)
