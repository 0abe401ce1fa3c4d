"""The colours of dashboard and report: legible on their ground, and told apart by colour-blind people."""

import itertools
import re

import pytest

from harness.frames.words import SERIES_COLOURS
from harness.guardrails.charts.colors import difference, lab
from harness.render.pieces import sheet

PAGES = {"light": "#ffffff", "dark": "#0e1117"}
STATUSES = ("passed", "failed", "errored", "undecided")
KINDS = ("llm", "tool", "handoff", "guardrail", "question")
SERIES = tuple("12345678")
# Machado, Oliveira and Fernandes 2009, severity 1.
SIGHTS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no-red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no-green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no-blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(colour):
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]


def seen(colour, sight):
    mixed = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear(colour), strict=True)))) for row in SIGHTS[sight])
    shown = (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in mixed)
    return "#" + "".join(f"{round(255 * part):02x}" for part in shown)


def contrast(first, second):
    light, dark = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(one), strict=True)) for one in (first, second)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def colour_of(name, scheme):
    found = re.search(rf"--fh-{name}: light-dark\((#\w+), (#\w+)\)", sheet())
    return found[1 if scheme == "light" else 2]


def closest(colours, sight):
    return min(
        difference(lab(seen(one, sight)), lab(seen(other, sight))) for one, other in itertools.combinations(colours, 2)
    )


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("scheme", PAGES)
@pytest.mark.parametrize("names", [STATUSES, KINDS, SERIES], ids=["statuses", "kinds", "series"])
def test_colours_are_told_apart(names, scheme, sight):
    assert closest([colour_of(name, scheme) for name in names], sight) > 9


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_of_charts_are_told_apart(sight):
    assert closest(SERIES_COLOURS[:5], sight) > 9


@pytest.mark.parametrize("scheme", PAGES)
def test_words_in_colour_can_be_read(scheme):
    for name in (*STATUSES, "text", "soft"):
        grounds = [PAGES[scheme], colour_of("plane", scheme)]
        grounds += [colour_of(f"{name}-wash", scheme)] if name in STATUSES else []
        assert min(contrast(colour_of(name, scheme), ground) for ground in grounds) >= 4.5, name


@pytest.mark.parametrize("page", PAGES.values())
def test_bars_of_charts_stand_out_on_both_pages(page):
    assert min(contrast(colour, page) for colour in SERIES_COLOURS) >= 2
