"""The guardrails as a library: nothing heavy at import, each alone, all documented."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import harness.guardrails as guardrails

HEAVY = (
    "pydantic",
    "numpy",
    "pandas",
    "regex",
    "jsonschema",
    "altair",
    "plotly",
    "yaml",
    "sqlite3",
    "asyncio",
    "harness.workspace",
    "harness.store",
)


@pytest.mark.parametrize(
    "module", ["harness.guardrails", "harness.guardrails.numbers", "harness.guardrails.charts", "harness.grounding"]
)
def test_a_guardrail_is_imported_alone_and_brings_nothing_heavy(module):
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@pytest.mark.parametrize("name", guardrails.__all__)
def test_every_public_name_is_there_and_documented(name):
    public = getattr(guardrails, name)

    assert not callable(public) or inspect.getdoc(public)


@pytest.mark.parametrize("name", ["check_numbers", "check_charts", "guard_charts"])
def test_every_guardrail_says_the_type_of_what_it_takes_and_gives(name):
    signature = inspect.signature(getattr(guardrails, name))

    assert signature.return_annotation is not inspect.Signature.empty
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())
