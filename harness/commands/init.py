"""Start a workspace in this folder.

Writes one agent, three cases of which one fails on purpose, a rubric, harness.toml and a GitHub workflow; with --demo, the
whole reference workspace instead. Files that exist are never touched.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import ExitCode, UserError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", default=".", help="where to start it (default: here)")
    parser.add_argument("--demo", action="store_true", help="the whole reference workspace: agents, cases, rubrics")


def run(options: argparse.Namespace) -> int:
    """Copy the files and say what to do next."""
    from harness.schema import write_schemas

    folder = Path(options.folder)
    source = _demo() if options.demo else _starter()
    planned = [(path, folder / path.relative_to(source)) for path in sorted(source.rglob("*")) if _wanted(path, source)]
    taken = [target for _, target in planned if target.exists()]
    if taken:
        raise UserError(
            f"{taken[0]} exists already" + (f", and {len(taken) - 1} more" if len(taken) > 1 else ""),
            remedy="run init in an empty folder; it never overwrites",
        )
    for path, target in planned:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    write_schemas(folder)
    _report(folder, [target for _, target in planned], demo=options.demo)
    return ExitCode.PASSED


def _starter() -> Path:
    return Path(__file__).parent.parent / "templates" / "starter"


def _demo() -> Path:
    """The reference workspace: inside an installed wheel, or the checkout."""
    package = Path(__file__).parent.parent
    bundled = package / "_workspace"
    return bundled if bundled.is_dir() else package.parent


_DEMO_PARTS = ("agents", "cases", "judges", "reports/templates", "reports/baselines", "dashboard", "harness.toml")


def _wanted(path: Path, source: Path) -> bool:
    """Whether a file belongs to the new workspace; a checkout holds more than that."""
    relative = path.relative_to(source)
    if not path.is_file() or "__pycache__" in relative.parts or path.suffix == ".pyc":
        return False
    return source == _starter() or any(relative.is_relative_to(part) for part in _DEMO_PARTS)


def _report(folder: Path, written: list[Path], *, demo: bool) -> None:
    from harness.render.terminal import say

    place = "" if folder == Path() else f" in {folder}"
    say(f"Wrote {len(written)} files{place}:")
    shown = [path for path in written if not demo or path.name == "harness.toml" or path.suffix == ".yaml"]
    for path in shown:
        say(f"  {path.relative_to(folder)}")
    say()
    say("Next:")
    if place:
        say(f"  cd {folder}")
    say(
        "  finharness eval" + (" cases/alex" if demo else "       # two cases pass; one fails on purpose, and says why")
    )
