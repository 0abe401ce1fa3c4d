"""What is installed is what was chosen; nothing runs at the start of Python, and nothing calls home when it is imported."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "ci" / "locked.txt"
STARTERS = re.compile(
    r"(_virtualenv|distutils-precedence|__editable__\.finharness.*|_finharness|a1_coverage|_editable_impl_finharness)\.pth"
)
"""Files that may run or extend the path when Python starts: of the environment itself, of our editable install, of coverage."""

LOUD = """
import socket, sys

def refuse(*_, **__):
    raise AssertionError("an import opened a connection")

for name in ("connect", "connect_ex", "bind", "sendto"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse

import importlib, pkgutil, harness
skipped = {"harness.__main__", "harness._workspace"}
for found in pkgutil.walk_packages(harness.__path__, "harness."):
    if found.name not in skipped and not found.name.startswith(("harness._workspace.", "harness.templates.")):
        importlib.import_module(found.name)
from harness.llm.litellm_library import library
library()
print("quiet")
"""


def locked() -> dict[str, list[str]]:
    lines = [line.split(" \\")[0].split(";")[0].strip() for line in LOCK.read_text().splitlines() if "==" in line]
    versions: dict[str, list[str]] = {}
    for line in lines:
        name, _, version = line.partition("==")
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def asked_for() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *(item for name in extras if name != "dev" for item in extras[name])]
    return [wanted for wanted in map(Requirement, listed) if wanted.name != "finharness"]


def test_the_lock_has_a_version_that_the_project_accepts_of_everything_it_asks_for() -> None:
    versions = locked()

    missing = [str(wanted) for wanted in asked_for() if canonicalize_name(wanted.name) not in versions]
    outside = [
        f"{wanted} is locked to {version}"
        for wanted in asked_for()
        for version in versions.get(canonicalize_name(wanted.name), [])
        if not wanted.specifier.contains(version, prereleases=True)
    ]
    assert (missing, outside) == ([], []), "run: nox -s lock"


def test_everything_that_is_locked_has_its_hashes() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.read_text())
    packages = [entry for entry in entries if "==" in entry]

    assert len(packages) > 100
    assert [entry.splitlines()[0] for entry in packages if "--hash=sha256:" not in entry] == []


def test_nothing_but_what_is_known_runs_when_python_starts() -> None:
    places = {sysconfig.get_paths()[key] for key in ("purelib", "platlib")}
    found = {path.name for place in places for path in Path(place).glob("*.pth")}

    unknown = sorted(name for name in found if STARTERS.fullmatch(name) is None)
    assert unknown == [], "a package runs code whenever Python starts: find out which and why before it is allowed"


def test_importing_opens_no_connection() -> None:
    if find_spec("litellm") is None:
        pytest.skip("needs the extra litellm")

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", LOUD], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("quiet")


def test_every_proof_that_the_security_page_names_exists() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    named = sorted(set(re.findall(r"`((?:tests|bench|cases)/[^`]+)`", text)))

    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
