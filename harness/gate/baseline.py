"""Baseline files: what a suite's cases did when somebody said that it was good, one case per line for reviewers."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Final

from harness.bounds import Ge
from harness.errors import ConfigError, os_errors
from harness.model import Severity, fingerprint
from harness.shape import MisfitsError, dotted, plain, read, value

FORMAT: Final = 2
_LIMIT_BYTES: Final = 64 << 20
_BLESS_AGAIN: Final = "take it from version control again, or write a new one with `finharness bless`"


@value
class BaselineCase:
    """One case as it stood."""

    case: str
    """Case id."""

    agent: str
    """Agent variant that ran it."""

    fingerprint: str
    """What was asked and checked; another one means another case under the same id."""

    passed: Annotated[int, Ge(0)]
    """Trials that passed."""

    trials: Annotated[int, Ge(1)]
    """Trials that were decided."""

    must_pass: bool = False
    """Whether the case had to pass, whatever the statistics say."""

    severity: Severity = "major"
    """Weight of its failure."""

    order: str = ""
    """Its decided trials in order, `p` passed and `f` failed: the first half screens, the other confirms."""

    content: str = ""
    """What was asked and checked, whatever its id: it finds a case that was renamed."""

    checks: tuple[str, ...] = ()
    """Each check's name, severity and a digest of its parameters: it shows which of them went."""

    judges: tuple[str, ...] = ()
    """Judges and rubrics that took part in its verdicts."""

    cost_usd: tuple[float, ...] = ()
    """Price of each trial for which it is known."""

    seconds: tuple[float, ...] = ()
    """Duration of each decided trial."""

    tokens: tuple[float, ...] = ()
    """Tokens of each trial for which they are known."""

    @property
    def screening(self) -> tuple[int, int]:
        """Passed and all of the trials that a run is screened with; without their order, all there are."""
        half = self.order[: (len(self.order) + 1) // 2]
        return (half.count("p"), len(half)) if half else (self.passed, self.trials)

    @property
    def held_out(self) -> tuple[int, int]:
        """Passed and all of the trials that are kept for confirming."""
        half = self.order[(len(self.order) + 1) // 2 :]
        return half.count("p"), len(half)


@value
class Baseline:
    """What one suite did, who said that it was good, and what it ran with."""

    format: int = FORMAT
    """Version of this file's form."""

    suite: str
    """Suite."""

    run: str
    """Run that it was taken from."""

    more: tuple[str, ...] = ()
    """Further runs that trials were taken from."""

    blessed_by: str
    """Who said that it was good."""

    blessed_at: str
    """When, UTC."""

    commit: str | None = None
    """Commit of the workspace at the run."""

    dirty: bool | None = None
    """Whether the work tree had changes then."""

    versions: dict[str, str] = field(default_factory=dict)
    """Packages that decide a result."""

    models: dict[str, str] = field(default_factory=dict)
    """Model id by agent variant and judge."""

    sha256: str = ""
    """Of everything else here; a mismatch shows an edit by hand."""

    cases: tuple[BaselineCase, ...] = ()
    """By case and agent."""

    def sealed(self) -> Baseline:
        """The same with its cases in order and its checksum right."""
        ordered = replace(self, cases=tuple(sorted(self.cases, key=lambda item: (item.case, item.agent))))
        return replace(ordered, sha256=ordered.checksum())

    def checksum(self) -> str:
        """What `sha256` has to be."""
        return fingerprint(_content(replace(self, sha256="")))

    def same_results(self, other: Baseline) -> bool:
        """Whether only who blessed it, and when, differs."""
        return _content(replace(self, blessed_by="", blessed_at="", sha256="")) == _content(
            replace(other, blessed_by="", blessed_at="", sha256="")
        )


def baseline_path(folder: Path, suite: str) -> Path:
    """Where a suite's baseline is, under the reports folder's `baselines`."""
    return folder / f"{suite}.json"


def find_baseline(folder: Path, suite: str) -> Baseline | None:
    """Read a suite's baseline; None when it has none.

    Raises:
        ConfigError: when it cannot be used.
    """
    path = baseline_path(folder, suite)
    if not path.exists():
        return None
    found = read_baseline(path)
    if found.suite != suite:
        raise ConfigError(
            f"this is the baseline of suite {found.suite!r}, not of {suite!r}", remedy=_BLESS_AGAIN, where=str(path)
        )
    return found


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        ConfigError: when it is missing, damaged, edited, empty or of a newer version.
    """
    data = _parse(path)
    version = data.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise ConfigError(
            f"the baseline has format {version}; this finharness reads up to {FORMAT}",
            remedy="upgrade finharness, or bless again with this version",
            where=str(path),
        )
    try:
        found: Baseline = read(Baseline, data)
    except MisfitsError as error:
        first = error.misfits[0]
        raise ConfigError(
            f"not a baseline: {dotted(first.path)}: {first.problem}", remedy=_BLESS_AGAIN, where=str(path)
        ) from error
    _check(found, data, path)
    return found


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline file, all of it or nothing; equal baselines are equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text(baseline))
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def text(baseline: Baseline) -> str:
    """The file's text: the head key by key, then a line per case."""
    head = _content(baseline)
    cases = head.pop("cases")
    rows = [f"  {json.dumps(key)}: {json.dumps(content, sort_keys=True)}" for key, content in head.items()]
    listed = ",\n".join(f"    {json.dumps(case)}" for case in cases)
    return "{\n" + ",\n".join(rows) + ',\n  "cases": [\n' + listed + "\n  ]\n}\n"


def _content(baseline: Baseline) -> dict[str, Any]:
    """Every key in the order of the class, defaults included: a reviewer sees what holds."""
    names = [name for name in Baseline.__annotations__ if name != "cases"]
    return {name: plain(getattr(baseline, name)) for name in names} | {
        "cases": [
            {name: plain(getattr(case, name)) for name in BaselineCase.__annotations__} for case in baseline.cases
        ]
    }


def _parse(path: Path) -> dict[str, Any]:
    with os_errors(
        ConfigError,
        "the baseline cannot be read",
        remedy="check the path, or write one with `finharness bless`",
        where=path,
    ):
        if path.stat().st_size > _LIMIT_BYTES:
            raise ConfigError("is larger than 64 MiB", remedy="is this the right file?", where=str(path))
        raw = path.read_bytes()
    if not raw.strip():
        raise ConfigError("the baseline is empty", remedy=_BLESS_AGAIN, where=str(path))
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        conflict = b"<<<<<<<" in raw
        problem = "has an unresolved merge conflict" if conflict else f"is not JSON: {error}"
        remedy = "take one side whole; do not mix two baselines" if conflict else _BLESS_AGAIN
        raise ConfigError(f"the baseline {problem}", remedy=remedy, where=str(path)) from error
    if not isinstance(data, dict):
        raise ConfigError("not a baseline: the top is no object", remedy=_BLESS_AGAIN, where=str(path))
    return data


def _check(found: Baseline, data: dict[str, Any], path: Path) -> None:
    if not found.cases:
        raise ConfigError("the baseline has no cases", remedy=_BLESS_AGAIN, where=str(path))
    if found.sha256 != fingerprint(data | {"sha256": ""}):  # of what is there: an older form has fewer keys
        raise ConfigError(
            "the baseline was edited by hand: its content does not match its checksum",
            remedy=_BLESS_AGAIN,
            where=str(path),
        )
    seen: set[tuple[str, str]] = set()
    for case in found.cases:
        if not _possible(case) or (case.case, case.agent) in seen:
            raise ConfigError(f"the line of {case.case!r} is impossible", remedy=_BLESS_AGAIN, where=str(path))
        seen.add((case.case, case.agent))


def _possible(case: BaselineCase) -> bool:
    in_order = not case.order or (len(case.order) == case.trials and case.order.count("p") == case.passed)
    return case.passed <= case.trials and in_order and set(case.order) <= {"p", "f"}
