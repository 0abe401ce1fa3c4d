"""The benchmark of the published figures stays reproducible."""

import runpy
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "tau_bench.py"


def test_the_published_figures_are_reproduced(capsys):
    main = runpy.run_path(str(BENCH))["main"]

    assert main() == 0

    shown = capsys.readouterr().out
    assert "4   0.200   0.200       0.720" in shown
    assert "0.052 clustered by task, 0.0349 if trials were independent" in shown
    assert shown.endswith("equal to the published figures\n")
