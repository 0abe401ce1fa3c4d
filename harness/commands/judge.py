"""Examine judges: how far they agree with people, and whether they have changed.

finharness judge check                     every rubric's labels, judged by the configured judge; the result goes on file
finharness judge check RUBRIC ...          some of them; `claim` is for bare sentences
finharness judge check LABELS [VERDICTS]   verdicts that are there already (.jsonl, .json, .csv, .tsv): asks no model
finharness judge drift [RUBRIC ...]        the golden answers judged again, and compared with the verdicts of then

Exit codes: 0 passed · 1 a judge may not gate, or has drifted · 2 a mistake in the command or a file · 3 no judge could be asked.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError, ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.calibration.checking import Checked
    from harness.calibration.columns import Columns
    from harness.calibration.tables import Row
    from harness.rubrics import Rubric
    from harness.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("what", choices=["check", "drift"], metavar="check|drift", help="what to do")
    parser.add_argument(
        "of", nargs="*", metavar="RUBRIC|FILE", help="rubrics, or a file of labels (and one of verdicts)"
    )
    live = parser.add_argument_group("with a judge")
    live.add_argument("--no-swap", action="store_true", help="do not ask again with the criteria in the other order")
    live.add_argument("--dry-run", action="store_true", help="read the labels, count the requests, and ask nobody")
    live.add_argument("--freeze", action="store_true", help="drift: keep the verdicts of now as the golden ones")
    file = parser.add_argument_group("with a file")
    file.add_argument(
        "--label", action="append", default=[], metavar="COLUMN", help="human labels; one for each annotator"
    )
    file.add_argument("--verdict", metavar="COLUMN", help="the judge's verdict")
    file.add_argument("--swapped", metavar="COLUMN", help="its verdict in the other order")
    file.add_argument(
        "--swapped-positions", action="store_true", help="that one names positions: 1 means the second answer"
    )
    file.add_argument(
        "--by", default="", metavar="COLUMN,…", help="columns that divide the rows into sets of their own"
    )
    file.add_argument("--id", metavar="COLUMN", help="name of each row; joins two files")
    file.add_argument("--cluster", metavar="COLUMN", help="what rows belong together, such as their conversation")
    file.add_argument("--length", default="", metavar="COLUMN,…", help="answer or its length; of pairs, both")
    file.add_argument("--cost", metavar="COLUMN", help="price of each verdict in dollars")
    file.add_argument("--rows", metavar="KEY", help="key of the list of rows in a JSON object")
    file.add_argument("--scale", choices=["nominal", "ordinal", "interval"], default="nominal", help="of the ratings")
    file.add_argument("--weights", choices=["none", "linear", "quadratic"], help="of near misses in kappa")
    file.add_argument("--categories", metavar="A,B,…", help="every rating there is, in order")
    file.add_argument("--compare", metavar="EXPECTED,ANSWERED", help="label by comparing two columns of numbers")
    file.add_argument("--tolerance", type=float, default=0.005, metavar="SHARE", help="with --compare (default: 0.005)")
    file.add_argument(
        "--factors", default="1,100,0.01", metavar="A,B,…", help="with --compare: units that count as equal"
    )
    file.add_argument(
        "--rogan-gladen", action="store_true", help="also the rate corrected by sensitivity and specificity"
    )
    out = parser.add_argument_group("what comes out")
    out.add_argument("--every", action="store_true", help="list every disagreement")
    out.add_argument("--json", action="store_true", help="write JSON instead of words")
    out.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE", help="also write it to .json or .md"
    )


def run(options: argparse.Namespace) -> int:
    """Examine."""
    from harness.calibration.tables import is_table

    for name in options.output:
        if not name.endswith((".json", ".md")):
            raise UserError(f"{name!r} has no known format", remedy="end it with .json or .md", where="-o")
    files = [name for name in options.of if is_table(name)]
    if files and options.what == "check":
        if len(files) < len(options.of) or len(files) > 2:
            raise UserError("give rubrics, or one file of labels and perhaps one of verdicts", remedy="see --help", where="judge check")  # fmt: skip
        return _file(options, files)
    return _drift(options) if options.what == "drift" else _live(options)


# ---- with a file


def _file(options: argparse.Namespace, files: Sequence[str]) -> int:
    """Examine verdicts that are there already."""
    from pathlib import Path

    from harness.calibration.columns import examples, joined
    from harness.calibration.examine import examine
    from harness.calibration.tables import read_table
    from harness.calibration.wording import document, markdown

    rows = read_table(Path(files[0]), at=options.rows)
    if len(files) > 1:
        rows = joined(rows, read_table(Path(files[1]), at=options.rows), options.id)
    read, columns = examples(rows, _columns(options))
    _refuse_criteria(rows, columns)
    categories = [part.strip() for part in options.categories.split(",")] if options.categories else None
    groups: dict[str, list[Any]] = {}
    for example in read:
        groups.setdefault(example.group, []).append(example)
    found = [
        examine(
            some,
            group=group,
            scale=options.scale,
            categories=categories,
            rogan_gladen=options.rogan_gladen,
            judged=columns.verdict is not None,
            pairwise=len(columns.length) == 2,
            weights=options.weights,
        )
        for group, some in groups.items()
    ]
    used = {name: value for name in ("id", "labels", "verdict", "swapped", "by", "cluster", "length", "cost", "compare")
            if (value := getattr(columns, name))}  # fmt: skip
    data = {"file": list(files), "columns": used, "sets": [document(one) for one in found]}
    title = f"{' and '.join(Path(name).name for name in files)}"
    _keep(options, title, data)
    _tell(options, data, f"{markdown(title, found, every=options.every)}\ncolumns: {_named(used)}\n")
    return ExitCode.PASSED


def _keep(options: argparse.Namespace, name: str, data: Any) -> None:
    """Keep the findings for the dashboard, where there is a workspace that can be written to."""
    from contextlib import suppress

    from harness.calibration.filing import file_findings
    from harness.workspace import Workspace

    with suppress(ConfigError, OSError):
        file_findings(Workspace.find(config=options.config), "check", name, data)


def _refuse_criteria(rows: Sequence[Row], columns: Columns) -> None:
    """Labels by criterion look like labels by annotator; without verdicts to compare them with, nobody can tell."""
    if columns.verdict is None and columns.labels == ("labels",) and isinstance(rows[0].cells.get("labels"), dict):
        raise UserError(
            "its labels have names and there are no verdicts: are these criteria or annotators?",
            remedy="criteria: name the rubric, `finharness judge check RUBRIC`; annotators: --label labels.ANN --label labels.BOB",
            where=rows[0].where,
        )


def _columns(options: argparse.Namespace) -> Columns:
    from harness.calibration.columns import Columns

    compare = _listed(options.compare or "")
    if compare and len(compare) != 2:
        raise UserError("--compare needs two columns", remedy="write --compare expected,answered", where="--compare")
    try:
        factors = tuple(float(part) for part in _listed(options.factors))
    except ValueError:
        raise UserError("factors are numbers", remedy="write --factors 1,100,0.01", where="--factors") from None
    return Columns(
        id=options.id,
        labels=tuple(options.label),
        verdict=options.verdict,
        swapped=options.swapped,
        positions=options.swapped_positions,
        by=_listed(options.by),
        cluster=options.cluster,
        length=_listed(options.length),
        cost=options.cost,
        compare=(compare[0], compare[1]) if compare else None,
        tolerance=options.tolerance,
        factors=factors,
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _named(used: dict[str, Any]) -> str:
    return "; ".join(f"{name} {', '.join(at) if isinstance(at, tuple) else at}" for name, at in used.items())


# ---- with a judge


def _live(options: argparse.Namespace) -> int:
    """Have labelled answers judged, and put the result on file."""
    import asyncio
    from datetime import UTC, datetime

    from harness.calibration.checking import check
    from harness.calibration.filing import file_findings
    from harness.calibration.labelled import digest, labels_of, read_labelled
    from harness.calibration.record import keep
    from harness.calibration.report import checked_data, checked_page
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    sets = [(rubric, labels_of(workspace, rubric)) for rubric in _rubrics(workspace, options.of)]
    read = [(rubric, path, read_labelled(path, rubric)) for rubric, path in sets]
    if options.dry_run:
        return _count(options, [(rubric, len(rows)) for rubric, _, rows in read])
    judge = _judge(workspace)

    async def every() -> list[Checked]:
        try:
            return [
                await check(judge, rubric, rows, labels=digest(path), at=datetime.now(UTC),
                            concurrency=workspace.run.concurrency, swap=not options.no_swap)
                for rubric, path, rows in read
            ]  # fmt: skip
        finally:
            await judge.close()

    found = asyncio.run(every())
    places = [keep(workspace, item.record) for item in found]
    page = "\n".join(checked_page(item, every=options.every) for item in found)
    kept = "\n".join(f"on file: {path.relative_to(workspace.root)}" for path in places)
    for item in found:
        file_findings(
            workspace, "check", f"{item.record.rubric} by {', '.join(item.record.judges)}", checked_data(item)
        )
    _tell(options, {"checks": [checked_data(item) for item in found]}, f"{page}\n{kept}\n")
    return ExitCode.PASSED if all(item.record.passed for item in found) else ExitCode.FAILED


def _drift(options: argparse.Namespace) -> int:
    """Judge golden answers again."""
    import asyncio
    from datetime import UTC, datetime

    from harness.calibration.drift import as_data, compare, freeze, golden_of, golden_path, read_golden, words
    from harness.calibration.filing import file_findings
    from harness.calibration.labelled import digest, labels_of, read_labelled
    from harness.calibration.rehearsal import judge_all, refuse_outage
    from harness.workspace import Workspace

    workspace = Workspace.find(config=options.config)
    judge = _judge(workspace)
    read = [(rubric, path, read_labelled(path, rubric)) for rubric in _rubrics(workspace, options.of)
            for path in [labels_of(workspace, rubric)]]  # fmt: skip
    paths = {rubric.id: golden_path(workspace, rubric.id, judge.panel(rubric)) for rubric, _, _ in read}
    golden = {} if options.freeze else {name: read_golden(path) for name, path in paths.items()}

    async def every() -> list[Any]:
        try:
            return [await judge_all(judge, rows, concurrency=workspace.run.concurrency) for _, _, rows in read]
        finally:
            await judge.close()

    lines: list[str] = []
    data: list[Any] = []
    drifted = False
    for (rubric, path, _), judged in zip(read, asyncio.run(every()), strict=True):
        refuse_outage(judged)
        lines.append(f"## {rubric.id} by {', '.join(judge.panel(rubric))}")
        if options.freeze:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            kept = golden_of(judged, rubric, judges=judge.panel(rubric), labels=digest(path), at=at)
            freeze(paths[rubric.id], kept)
            lines.append(f"{len(judged)} answers frozen: {paths[rubric.id].relative_to(workspace.root)}")
            continue
        found = compare(golden[rubric.id], judged)
        drifted = drifted or found.failed
        lines += words(found)
        data.append({"rubric": rubric.id, "judges": list(judge.panel(rubric)), **as_data(found)})
        file_findings(workspace, "drift", f"{rubric.id} by {', '.join(judge.panel(rubric))}", data[-1])
    _tell(options, {"drift": data}, "\n".join(lines) + "\n")
    return ExitCode.FAILED if drifted else ExitCode.PASSED


def _rubrics(workspace: Workspace, names: Sequence[str]) -> list[Rubric]:
    """The rubrics that are named; all that have labels when none is."""
    from harness.calibration.labelled import CLAIMS
    from harness.errors import nearest
    from harness.judge.judge import CLAIM, claimed
    from harness.rubrics import load

    known = load(workspace)
    claims = {CLAIM: claimed("a claim")} if (workspace.judges / CLAIMS).is_file() else {}
    every = {**known, **claims}
    for name in names:
        if name not in every:
            raise UserError(f"unknown rubric {name!r}", remedy=nearest(name, every), where="judge")
    found = [every[name] for name in names] or [
        rubric for rubric in every.values() if rubric.calibration is not None or rubric.id == CLAIM
    ]
    if not found:
        raise UserError("no rubric has labels", remedy="write `calibration: {labels: …}` into one", where="judge")
    return found


def _judge(workspace: Workspace) -> Any:
    import os

    from harness.judge import make

    judge = make(workspace, os.environ)
    if judge is None or not judge.models:
        raise ConfigError(
            "there is no judge to examine: none is configured, or it is offline",
            remedy='name a model: [judge] model = "claude" in harness.toml; verdicts in a file need none',
            where="judge.model",
        )
    return judge


def _count(options: argparse.Namespace, sets: Sequence[tuple[Rubric, int]]) -> int:
    from harness.render.terminal import say

    for rubric, rows in sets:
        each = (1 if options.no_swap else 2) * (len(rubric.panel.judges) if rubric.panel else 1)
        say(f"{rubric.id}: {rows} labelled answers, {rows * each} requests and 30 with planted orders")
    return ExitCode.PASSED


# ---- what comes out


def _tell(options: argparse.Namespace, data: Any, page: str) -> None:
    import json
    from pathlib import Path

    from harness.render.terminal import say

    text = json.dumps(data, indent=2, ensure_ascii=False)
    if options.json:
        say(text)
    else:
        for line in page.splitlines():
            say(line)
    for name in options.output:
        _write(Path(name), text + "\n" if name.endswith(".json") else page)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"it cannot be written: {error.strerror}", remedy="name another file", where=str(path)
        ) from None
