"""Compare a run with its suites' baselines and decide whether anything got worse.

Exit codes: 0 no worse (or inconclusive) · 1 regressed · 2 the baseline or the command cannot be used · 3 the run cannot be
compared, or is inconclusive and --fail-on inconclusive was given.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.errors import ConfigError, UserError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.gate import Baseline, Decision, Limits
    from harness.workspace import Workspace


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="run to judge (default: latest)")
    parser.add_argument("--baseline", metavar="PATH", help="baseline file or folder (default: reports/baselines)")
    parser.add_argument("--margin", type=float, default=0.05, help="drop of the pass rate to tolerate (default: 0.05)")
    parser.add_argument("--alpha", type=float, default=0.05, help="chance of a false alarm (default: 0.05)")
    parser.add_argument("--allow-removed", action="store_true", help="accept that cases of the baseline were not run")
    parser.add_argument("--fail-on", choices=["regress", "inconclusive"], default="regress", help="what fails besides")
    parser.add_argument("--json", action="store_true", help="write the decision as JSON instead of words")
    parser.add_argument("-o", "--output", metavar="FILE", help="also write it to a file: .md or .json")


def run(options: argparse.Namespace) -> int:
    """Judge a run."""
    from harness.gate import Limits, decide, document, exit_code, lines, tally, worst
    from harness.render.terminal import say
    from harness.store import Store
    from harness.workspace import Workspace

    limits = Limits(
        alpha=_share(options.alpha, "--alpha"),
        margin=_share(options.margin, "--margin"),
        allow_removed=options.allow_removed,
    )
    output = _output(options.output)
    workspace = Workspace.find(config=options.config)
    with Store.open(workspace.store, readonly=True) as store:
        row = store.run(options.run)
        suites = tally(store.planned(row.id), store.results(row.id))
    baselines = _baselines(workspace, options.baseline, tuple(suites))
    decisions = [decide(found, row.id, suites[suite], limits) for suite, found in baselines.items()]
    decisions += _gone(workspace, limits, options.baseline, row.id)
    code = exit_code(worst(item.value for item in decisions), strict=options.fail_on == "inconclusive")
    if options.json:
        say(_json(document(decisions, code)))
    else:
        for line in lines(decisions):
            _show(line)
        for suite in suites:
            if suite not in baselines:
                say(f"no baseline  {suite}: not judged; `finharness bless {row.id}` makes one")
    if output is not None:
        _write(output, decisions, code)
    return int(code)


def _show(line: str) -> None:
    from harness.render.terminal import Style, Styled, say

    styles: dict[str, Style] = {"PASS": "good", "REGRESSED": "bad", "INCONCLUSIVE": "warn", "INVALID": "warn"}
    word, mark, rest = line.partition("  ")
    say(Styled(word, styles[word]), mark, rest) if word in styles else say(line)


def _share(number: float, option: str) -> float:
    if not 0 < number < 1:
        raise UserError(f"{number} is no share", remedy="give a number between 0 and 1, such as 0.05", where=option)
    return number


def _output(name: str | None) -> Path | None:
    from pathlib import Path

    if name is None:
        return None
    path = Path(name)
    if path.suffix not in {".md", ".json"}:
        raise UserError(f"{name!r} has no known format", remedy="end it with .md or .json", where="-o")
    return path


def _baselines(workspace: Workspace, given: str | None, suites: tuple[str, ...]) -> dict[str, Baseline]:
    from pathlib import Path

    from harness.gate import find_baseline, read_baseline

    if given is not None and not Path(given).is_dir():
        found = read_baseline(Path(given))
        if found.suite not in suites:
            raise ConfigError(
                f"this is the baseline of suite {found.suite!r}; the run has {', '.join(suites) or 'no suite'}",
                remedy="name the baseline of a suite that was run",
                where=given,
            )
        return {found.suite: found}
    folder = workspace.reports / "baselines" if given is None else Path(given)
    known = {suite: one for suite in suites if (one := find_baseline(folder, suite)) is not None}
    if not known:
        raise UserError(
            f"no baseline for {', '.join(suites) or 'this run, which has no suite'}",
            remedy="say that a run is good: finharness bless",
            where=str(folder),
        )
    return known


def _gone(workspace: Workspace, limits: Limits, given: str | None, run_id: str) -> list[Decision]:
    """Suites that have a baseline but no file any more: deleting cases must not make a gate green."""
    from pathlib import Path

    from harness.gate import decide, read_baseline

    folder = workspace.reports / "baselines" if given is None else Path(given)
    if limits.allow_removed or not folder.is_dir():
        return []
    gone = []
    for path in sorted(folder.rglob("*.json")):
        suite = path.relative_to(folder).with_suffix("").as_posix()
        if not any((workspace.cases / f"{suite}{suffix}").exists() for suffix in (".yaml", ".yml")):
            gone.append(decide(read_baseline(path), run_id, (), limits))
    return gone


def _write(path: Path, decisions: list[Decision], code: int) -> None:
    from harness.gate import document, markdown

    text = markdown(decisions) if path.suffix == ".md" else _json(document(decisions, code)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot be written ({error.strerror})", remedy="name another file with -o", where=str(path)
        ) from error


def _json(content: object) -> str:
    import json

    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False)
