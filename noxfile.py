"""Everything a developer or CI does, one session each: `nox -l` lists them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = True

CI = os.environ.get("CI") == "true"
ROOT = Path(__file__).parent
CHROMIUM = ("chromium", "chromium-driver")
REDIS = ("redis-server",)
NODE = ("nodejs",)
CURL = ("curl",)
LOCK = ROOT / "ci" / "locked.txt"
LOCKED = ("test", "lint", "types", "docs")


@nox.session
def eval(session: nox.Session) -> None:  # noqa: A001 - the main job's public name
    """Evaluate the reference agents on their cases, offline, in parallel; arguments go to pytest."""
    _install(session, "pytest,agents,stats,langfuse")
    failed = False
    try:
        session.run(
            "python", "-m", "pytest", "cases", "-p", "harness.pytest_plugin", "-n", "auto", "-q", *session.posargs
        )
    except CommandFailed:  # the reports are wanted all the more
        failed = True
    (ROOT / "reports" / "out").mkdir(parents=True, exist_ok=True)
    outputs = ("-o", "reports/out/report.html", "-o", "reports/out/junit.xml")
    session.run("finharness", "report", "latest", *outputs, success_codes=[0, 1])
    session.run("finharness", "gate", "latest")
    session.log("where to look next: reports/out/report.html, `finharness show CASE`, `nox -s dashboard`")
    if failed:
        session.error("the evaluation failed: see above")


@nox.session
def gate(session: nox.Session) -> None:
    """Decide whether the latest run is worse than the baselines: what failed is run again; arguments go to the gate."""
    _install(session, "agents,stats,langfuse")
    (ROOT / "reports" / "out").mkdir(parents=True, exist_ok=True)
    out = [part for suffix in ("md", "json", "xml") for part in ("-o", f"reports/out/gate.{suffix}")]
    session.run("finharness", "gate", "latest", "--confirm", *out, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; arguments go to pytest."""
    _system_packages(session, CHROMIUM, command="chromium")
    _system_packages(session, REDIS, command="redis-server")
    _system_packages(session, NODE, command="node")
    _system_packages(session, CURL, command="curl")
    _install(session, "test")
    session.run(
        "python", "-m", "pytest", "-m", "not ray", "-n", "auto", "--dist", "worksteal", "--timeout", "120",
        *session.posargs,
    )  # fmt: skip


@nox.session
def ray(session: nox.Session) -> None:
    """Run trials on a Ray cluster of two machines, both of them this one, and lose some of them."""
    _install(session, "test")
    session.run("python", "-m", "pytest", "-m", "ray", "--timeout", "600", "tests/engine/executors", *session.posargs)


@nox.session
def nightly(session: nox.Session) -> None:
    """Ask every property of the parsers ten thousand times; takes hours, arguments go to pytest."""
    _install(session, "test")
    what = session.posargs or ["tests/quantities", "tests/grounding", "tests/guardrails", "tests/checks", "tests/store"]
    session.run(
        "python", "-m", "pytest", "-m", "hypothesis", "-n", "auto", "--dist", "worksteal", *what,
        env={"HYPOTHESIS_PROFILE": "nightly"},
    )  # fmt: skip


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests and say which lines none of them reaches."""
    _system_packages(session, CHROMIUM, command="chromium")
    _system_packages(session, REDIS, command="redis-server")
    _system_packages(session, NODE, command="node")
    _system_packages(session, CURL, command="curl")
    _install(session, "test")
    session.run(
        "python",
        "-m",
        "pytest",
        "-m",
        "not ray",
        "-n",
        "auto",
        "--dist",
        "worksteal",
        "--cov",
        "--cov-report=term",
        "--cov-fail-under=85",
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, the direction of imports and spelling."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    _install(session, "types")
    session.run("mypy")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it in a bare environment and use it as a newcomer would, without network."""
    session.install("build")
    with tempfile.TemporaryDirectory() as out:  # outside the checkout, whose settings a newcomer does not have
        session.run("python", "-m", "build", "--wheel", "--sdist", "--outdir", out, silent=True)
        built = next(Path(out).glob("finharness-*.whl"))
        session.install(f"finharness[pytest,agents,stats] @ {built.as_uri()}")
        session.run("python", str(ROOT / "ci" / "newcomer.py"), str(built), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the manual; the generated pages must be current."""
    _install(session, "docs")
    session.run("finharness", "schema", "--check")
    with tempfile.TemporaryDirectory() as site:
        session.run("mkdocs", "build", "--strict", "--site-dir", site)


@nox.session
def otlp(session: nox.Session) -> None:
    """Send a run to a real Phoenix, which is installed and started for it, and read spans and scores back."""
    session.install("-e", ".[otlp,agents]", "arize-phoenix>=20")
    session.run("python", "ci/phoenix.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure: every benchmark, or those named; each writes its table beside it."""
    _install(session, "all")
    names = session.posargs or sorted(path.stem for path in (ROOT / "bench").glob("[!_]*.py"))
    for name in names:
        session.run("python", f"bench/{name}.py")


@nox.session
def dashboard(session: nox.Session) -> None:
    """Open the dashboard on this workspace."""
    _install(session, "dashboard")
    session.run("finharness", "dashboard", *session.posargs)


@nox.session
def screenshots(session: nox.Session) -> None:
    """Picture every page of the dashboard for the manual: light and dark, on a desk and on a phone; takes some minutes."""
    _system_packages(session, CHROMIUM, command="chromium")
    _install(session, "test")
    session.run("python", "ci/screenshots.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Choose the versions, with hashes, that every session installs: after dependencies have changed, and from time to time."""
    session.install("uv")
    extras = [part for extra in LOCKED for part in ("--extra", extra)]
    session.run(
        "uv", "pip", "compile", "pyproject.toml", *extras, "--universal", "--generate-hashes", "--upgrade", "--quiet",
        "--python-version", "3.11", "--no-annotate", "--custom-compile-command", "nox -s lock", "-o", str(LOCK),
    )  # fmt: skip


def _install(session: nox.Session, extras: str) -> None:
    """Install the project with the versions and hashes of the lock file; FINHARNESS_UNLOCKED=1 takes the newest instead."""
    locked = session.venv_backend == "uv" and os.environ.get("FINHARNESS_UNLOCKED") != "1"
    session.install("-e", f".[{extras}]", *(("-c", str(LOCK)) if locked else ()))


def _system_packages(session: nox.Session, packages: tuple[str, ...], *, command: str) -> None:
    """Install Debian packages where that is possible and allowed; tests that need them skip on a laptop, fail in CI."""
    if shutil.which(command):
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        session.log(f"{command} is not installed: its tests {'will fail' if CI else 'are skipped'}")
        return
    session.run(apt, "update", "-qq", external=True, silent=True, success_codes=[0, 100])
    session.run(
        apt, "install", "-y", "-qq", "--no-install-recommends", *packages,
        external=True, silent=True, env={"DEBIAN_FRONTEND": "noninteractive"}, success_codes=[0, 100],
    )  # fmt: skip
