"""What the dashboard's server does before its first page."""

import sys

from harness.frames import served


def test_practice_compiles_what_looking_up_figures_needs():
    served.practise()

    assert "harness.grounding.match" in sys.modules


def test_a_module_that_is_missing_is_passed_over():
    served.load(("harness.no_such_module", "colorsys"))

    assert "colorsys" in sys.modules  # what follows it is loaded all the same
