"""How far judges agree with people, as tables: rubrics, examinations, disagreements, drift, and answers to label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.calibration.filing import Filed
from harness.calibration.labelled import CLAIMS, labels_of, read_labelled
from harness.calibration.labelling import label_row
from harness.calibration.record import FOLDER, CheckRecord
from harness.errors import HarnessError
from harness.frozen import frozen
from harness.judge.exhibits import exhibits
from harness.judge.judge import CLAIM
from harness.model import Result
from harness.registry import Subject
from harness.rubrics import Rubric, survey
from harness.shape import MisfitsError, read
from harness.store import RunRow, Store
from harness.text import one_line
from harness.workspace import Workspace

from .card import Card
from .numbers import p_text
from .words import cell_lines, rate_text

if TYPE_CHECKING:
    from pandas import DataFrame

RUBRIC_COLUMNS = (
    "state",
    "rubric",
    "version",
    "criteria",
    "labels",
    "judge",
    "kappa",
    "sensitivity",
    "specificity",
    "at",
    "why",
)
CONFUSION_COLUMNS = ("expected", "reached", "trials", "share", "right")
CLASS_COLUMNS = ("category", "sensitivity", "specificity", "youden")
RATE_COLUMNS = ("category", "judged", "labelled", "ppi", "interval", "trusted")
DRIFT_COLUMNS = ("state", "rubric", "judge", "verdicts", "to_yes", "to_no", "flips", "p", "kappa", "unreadable", "at")
_OPEN: Final = ("(abstained)", "(unreadable)")
_SHOWN: Final = ("question", "tool_facts", "reference", "structured", "response1", "response2", "answer")
_LONGEST: Final = 4_000
_MEANINGS: Final[Mapping[str, str]] = {
    "Kappa": "Agreement of judge and people beyond what chance gives, with its 95 % interval: 1 is full, 0 is chance.",
    "Agreement": "Share of answers on which judge and people say the same, with its 95 % interval.",
    "Among people": "Fleiss' kappa of those who labelled: how far people agree with each other.",
    "Cannot tell": "Answers of which the judge says that it cannot tell.",
    "Unreadable": "Replies of the judge that are no verdict.",
    "Same in both orders": "Verdicts that stayed when what was judged came in the other order.",
    "Pleased by length": "Correlation of the verdict with the length of the answer, beyond what people's labels explain.",
}


def rubric_rows(workspace: Workspace) -> DataFrame:
    """One row per rubric and judge that was checked on it, with what labels there are."""
    known, _ = survey(workspace)
    checks: dict[str, list[CheckRecord]] = {}
    for record in _records(workspace):
        checks.setdefault(record.rubric, []).append(record)
    names = [*known, *([CLAIM] if (workspace.judges / CLAIMS).is_file() else [])]
    rows = [_rubric(workspace, name, known.get(name), record) for name in names for record in checks.get(name, [None])]
    return _frame(RUBRIC_COLUMNS, rows)


def sets_of(filed: Filed) -> tuple[Mapping[str, Any], ...]:
    """The sets of a check: all criteria together, then each; or each group of a file."""
    found = filed.data.get("sets")
    return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()


def record_of(filed: Filed) -> Mapping[str, Any] | None:
    """What a live check concluded; None for a file's."""
    found = filed.data.get("record")
    return found if isinstance(found, Mapping) else None


def figures_of(one: Mapping[str, Any]) -> tuple[Card, ...]:
    """The figures of a set that matter first."""
    accuracy, kappa, humans = one.get("accuracy") or {}, one.get("kappa") or {}, one.get("humans") or {}
    swap, length = one.get("swap") or {}, one.get("length") or {}
    rows = f"of {one.get('rows', 0):,}"
    found = [
        ("Kappa", _number(kappa.get("value")), _interval(kappa)),
        ("Agreement", rate_text(accuracy.get("value")), _interval(accuracy, share=True)),
    ]
    if humans:
        found.append(("Among people", _number(humans.get("fleiss")), f"kappa of {humans.get('annotators')}"))
    found += [
        ("Cannot tell", f"{one.get('abstained', 0):,}", rows),
        ("Unreadable", f"{one.get('unreadable', 0):,}", rows),
    ]
    if swap.get("rows"):
        found.append(("Same in both orders", rate_text(swap["same"] / swap["rows"]), f"of {swap['rows']:,}"))
    if length:
        beside = "too much" if length.get("flagged") else "within ±0.2"
        found.append(("Pleased by length", _number(length.get("correlation"), signed=True), beside))
    return tuple(Card(label, value, beside, _MEANINGS[label]) for label, value, beside in found)


def warnings_of(one: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader must know before believing any of it."""
    return tuple(one_line(str(item), 400) for item in one.get("warnings", ()))


def confusion_of(one: Mapping[str, Any]) -> DataFrame:
    """Labels by verdicts; cells of the diagonal are right. What no verdict was is left out, unless it is a label."""
    categories = [str(item) for item in one.get("categories", ())]
    verdicts = [*categories, *_OPEN]
    given = {
        verdict for counts in one.get("table", ()) for verdict, count in zip(verdicts, counts, strict=False) if count
    }
    rows = [
        {
            "expected": one_line(label, 60),
            "reached": one_line(verdict, 60),
            "trials": count,
            "share": count / (sum(counts) or 1),
            "right": label == verdict,
        }
        for label, counts in zip(categories, one.get("table", ()), strict=False)
        for verdict, count in zip(verdicts, counts, strict=False)
        if verdict in given or verdict in categories
    ]
    return _frame(CONFUSION_COLUMNS, rows)


def class_rows(one: Mapping[str, Any]) -> DataFrame:
    """How well each category is told from the others."""
    return _frame(
        CLASS_COLUMNS,
        (
            {
                "category": one_line(str(item.get("category")), 60),
                "sensitivity": _share(item.get("sensitivity")),
                "specificity": _share(item.get("specificity")),
                "youden": _number(item.get("youden")),
            }
            for item in one.get("classes", ())
        ),
    )


def rate_rows(one: Mapping[str, Any]) -> DataFrame:
    """The rates behind the verdicts, corrected by the labels (PPI++)."""
    return _frame(
        RATE_COLUMNS,
        (
            {
                "category": one_line(str(item.get("category") or "mean"), 60),
                "judged": item.get("judged"),
                "labelled": item.get("labelled"),
                "ppi": (item.get("ppi") or {}).get("value"),
                "interval": _interval(item["ppi"]) if item.get("ppi") else "",
                "trusted": (item.get("ppi") or {}).get("weight"),
            }
            for item in one.get("rates", ())
        ),
    )


@frozen
class Disagreement:
    """An answer on which people and judge differ."""

    id: str
    """Its name."""

    label: str
    """What people say."""

    verdict: str
    """What the judge says."""

    texts: tuple[tuple[str, str], ...]
    """What there is of it, by name; the answer comes last."""


def disagreements(one: Mapping[str, Any]) -> tuple[Disagreement, ...]:
    """Where people and judge differ."""
    return tuple(_disagreement(item) for item in one.get("disagreements", ()) if isinstance(item, Mapping))


def drift_rows(filed: Iterable[Filed]) -> DataFrame:
    """What became of each judge's verdicts on answers that do not change."""
    return _frame(DRIFT_COLUMNS, (_drift(item) for item in filed if item.kind == "drift"))


def labelled_count(workspace: Workspace, rubric: Rubric) -> int:
    """Labelled answers of a rubric; none where its file cannot be read."""
    try:
        path = labels_of(workspace, rubric)
        return len(read_labelled(path, rubric)) if path.is_file() else 0
    except HarnessError:
        return 0


def to_label(workspace: Workspace) -> tuple[Rubric, ...]:
    """Rubrics that labels can be added to."""
    known, _ = survey(workspace)
    return tuple(rubric for rubric in known.values() if rubric.calibration is not None)


def candidates(store: Store, run: RunRow, rubric: Rubric, *, most: int = 200) -> tuple[Result, ...]:
    """Trials of a run whose answers may be labelled by a rubric: those that name it, else any that completed."""
    named: list[Result] = []
    others: list[Result] = []
    for result in store.results(run.id):
        if result.outcome.status != "completed":
            continue
        asked = any(
            _names(verdict.labels.get("rubric", ""), verdict.expected, rubric.id) for verdict in result.verdicts
        )
        (named if asked else others).append(result)
        if len(named) >= most:
            break
    return tuple((named or others)[:most])


def exhibits_of(store: Store, run: RunRow, result: Result, rubric: Rubric) -> Mapping[str, str]:
    """What a judge, and so a person, is shown of a trial for a rubric."""
    (whole,) = store.results(run.id, traces=True, keys={result.job.key})
    subject = Subject(whole.job.case, whole.outcome)
    return exhibits(subject, (*rubric.inputs, *(() if "answer" in rubric.inputs else ("answer",))))


@frozen
class Labelling:
    """What a person filled in."""

    name: str
    """Id of the row that it makes."""

    shown: Mapping[str, str]
    """What the person saw."""

    given: Mapping[str, str | None]
    """Label by criterion; None for an open one."""

    by: str
    """Who labelled."""

    @property
    def missing(self) -> str:
        """What is still to be filled in; empty when nothing is."""
        open_ones = [criterion for criterion, label in self.given.items() if label is None]
        if open_ones:
            return f"{open_ones[0]} has no answer"
        return "" if self.by.strip() else "there is no name"

    def row(self, rubric: Rubric) -> Mapping[str, Any]:
        """The row for the rubric's file.

        Raises:
            UserError: when it could not be read again.
        """
        labels = {criterion: str(label) for criterion, label in self.given.items()}
        return label_row(rubric, self.shown, labels, name=self.name, by=self.by, source=self.name)


def row_id(run: RunRow, result: Result) -> str:
    """Name of a row of labels: the same trial gets the same one."""
    job = result.job
    return f"{run.id}:{job.case.suite}:{job.case.id}:{job.variant}:{job.index}"


def _records(workspace: Workspace) -> Iterable[CheckRecord]:
    folder = workspace.judges / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            record: CheckRecord = read(CheckRecord, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, MisfitsError):
            continue
        yield record


def _rubric(workspace: Workspace, name: str, rubric: Rubric | None, record: CheckRecord | None) -> dict[str, Any]:
    current = record is None or rubric is None or record.hash.startswith(rubric.hash[: len(record.hash)])
    state = (
        "– not checked"
        if record is None
        else "≠ of another version"
        if not current
        else "✓ may gate"
        if record.passed
        else "✗ may not gate"
    )
    return {
        "state": state,
        "rubric": name,
        "version": rubric.version if rubric else None,
        "criteria": len(rubric.criteria) if rubric else 1,
        "labels": labelled_count(workspace, rubric) if rubric and rubric.calibration else _claims(workspace, name),
        "judge": ", ".join(record.judges) if record else "",
        "kappa": record.kappa if record else None,
        "sensitivity": record.sensitivity if record else None,
        "specificity": record.specificity if record else None,
        "at": record.at[:16].replace("T", " ") if record else "",
        "why": one_line("; ".join(record.reasons), 300) if record else "",
    }  # fmt: skip


def _claims(workspace: Workspace, name: str) -> int:
    path = workspace.judges / CLAIMS
    return sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip()) if name == CLAIM else 0


def _disagreement(item: Mapping[str, Any]) -> Disagreement:
    known = [name for name in _SHOWN if name in item] + sorted(name for name in item if name not in {*_SHOWN, "id", "label", "verdict"})  # fmt: skip
    texts = tuple((one_line(name, 40), cell_lines(item[name])[:_LONGEST]) for name in known)
    return Disagreement(one_line(str(item.get("id")), 80), one_line(str(item.get("label")), 40), one_line(str(item.get("verdict")), 40), texts)  # fmt: skip


def _drift(item: Filed) -> dict[str, Any]:
    data = item.data
    return {
        "state": "✗ drifted" if data.get("drifted") else "✓ the same",
        "rubric": one_line(str(data.get("rubric")), 60),
        "judge": one_line(", ".join(map(str, data.get("judges", ()))), 80),
        "verdicts": data.get("verdicts"),
        "to_yes": len(data.get("to_yes", ())),
        "to_no": len(data.get("to_no", ())),
        "flips": data.get("flips"),
        "p": p_text(data.get("p")),
        "kappa": data.get("kappa"),
        "unreadable": data.get("unreadable"),
        "at": item.at[:16].replace("T", " "),
    }


def _names(label: str, expected: object, rubric: str) -> bool:
    return rubric in {expected if isinstance(expected, str) else "", label} or label.startswith(
        (f"{rubric}@", f"{rubric} ")
    )


def _number(value: float | None, *, signed: bool = False) -> str:
    return "–" if value is None else f"{value:+.2f}" if signed else f"{value:.3f}"


def _share(found: Mapping[str, Any] | None) -> str:
    if not found or found.get("value") is None:
        return "–"
    return f"{found['value']:.1%} ({found.get('count')} of {found.get('of')})"


def _interval(found: Mapping[str, Any], *, share: bool = False) -> str:
    if found.get("low") is None or found.get("high") is None:
        return "no interval"
    low, high = found["low"], found["high"]
    return f"{low:.1%} to {high:.1%}" if share else f"{low:.3f} to {high:.3f}"


def _frame(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))
