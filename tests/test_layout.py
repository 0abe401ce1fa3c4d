import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORKSPACE_FOLDERS = ("agents", "cases", "judges", "reports", "dashboard")


def test_workspace_folders_are_no_packages_that_could_shadow_a_users() -> None:
    packages = [path for folder in WORKSPACE_FOLDERS for path in (ROOT / folder).rglob("__init__.py")]

    assert packages == []


def test_openai_agents_sdk_is_still_reached_from_the_repository_root() -> None:
    pytest.importorskip("agents", reason="openai-agents is not installed")
    code = "from agents import Runner; print(Runner.__module__)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("agents.")


@pytest.mark.parametrize("folder", WORKSPACE_FOLDERS)
def test_importing_a_workspace_folder_name_never_runs_our_code(folder: str) -> None:
    code = f"import importlib.util as u; spec = u.find_spec({folder!r}); print(spec.origin if spec else None)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    origin = done.stdout.strip()
    assert origin == "None" or not Path(origin).is_relative_to(ROOT / folder)


def test_no_module_outgrows_its_ceiling() -> None:
    long = [str(path) for path in (ROOT / "harness").rglob("*.py") if path.read_text().count("\n") > 400]

    assert long == []
