import subprocess
import sys

import pytest

from harness import cli
from harness.errors import ExitCode

HEAVY = {
    "litellm", "langfuse", "anthropic", "boto3", "botocore", "streamlit", "pandas", "numpy", "scipy", "pydantic", "yaml",
    "sqlite3", "asyncio", "jinja2", "rich", "deepdiff", "jsonschema", "regex",
}  # fmt: skip


def test_help_lists_every_command_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["--help"])

    shown = capsys.readouterr().out
    assert code == ExitCode.PASSED
    for verb in cli.VERBS:
        assert f"\n  {verb} " in shown


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_command_has_its_own_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([verb, "--help"])

    assert left.value.code == 0
    assert f"usage: finharness {verb}" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from harness.cli import main; main(['--help']); print(sorted(m for m in sys.modules if '.' not in m))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    modules = set(eval(done.stdout.splitlines()[-1]))
    assert modules & HEAVY == set()


def test_importing_the_public_package_opens_no_socket_and_imports_nothing_heavy() -> None:
    code = (
        "import sys, socket\n"
        "socket.socket.connect = socket.create_connection = lambda *a, **k: (_ for _ in ()).throw(AssertionError('network'))\n"
        "import harness, harness.api\n"
        "print(sorted(m for m in sys.modules if '.' not in m))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    heavy = HEAVY - {"sqlite3", "asyncio"}
    assert set(eval(done.stdout.splitlines()[-1])) & heavy == set()


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["evl"])

    assert code == ExitCode.USAGE
    assert capsys.readouterr().err == "finharness: unknown command 'evl'\n  fix: did you mean 'eval'?\n"


def test_unknown_option_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["doctor", "--jsn"])

    assert code == ExitCode.USAGE
    assert "did you mean '--json'?" in capsys.readouterr().err


def test_our_own_bug_prints_a_traceback_and_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(_: list[str]) -> int:
        raise RuntimeError("boom")

    monkeypatch.setattr(cli, "_dispatch", explode)

    code = cli.main(["doctor"])

    shown = capsys.readouterr().err
    assert code == ExitCode.BUG
    assert "RuntimeError: boom" in shown
    assert "finharness doctor" in shown


def test_an_interrupt_has_the_signals_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_dispatch", interrupt)

    assert cli.main(["doctor"]) == 130


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == ExitCode.USAGE
    assert "commands:" in capsys.readouterr().out
