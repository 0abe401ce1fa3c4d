"""A whole trial in sections, in the order in which a person looks for what went wrong."""

from __future__ import annotations

from harness.frozen import frozen
from harness.model import Result
from harness.story.story import Story
from harness.story.talk import conversation

from .books import ledger_diff
from .change import difference
from .charts import chart_set
from .checks import checks_table
from .element import Markup
from .fan import fan_set
from .money import money_view
from .spans import span_rows
from .strip import step_strip
from .talk import talk


@frozen
class Section:
    """A part of a trial's story."""

    anchor: str
    """Its place in the page."""

    title: str
    """Its heading."""

    about: str
    """A line below the heading."""

    piece: Markup
    """What it shows."""


def sections(told: Story, result: Result, anchor: str = "t") -> tuple[Section, ...]:
    """The parts that this trial has."""

    def part(name: str, title: str, piece: Markup, about: str = "") -> Section:
        return Section(f"{anchor}-{name}", title, about, piece)

    made = [
        part("checks", "Checks", checks_table(told.checks, anchor)),
        part("money", "Figures of the answer", money_view(told.money, anchor)),
        part("steps", "Steps and plan", step_strip(told.strip, anchor)),
        part(
            "time", "Over time", span_rows(told.waterfall, anchor), "Open a row to see what went in and what came out."
        ),
    ]
    if told.books is not None:
        made.append(part("ledger", "Ledger", ledger_diff(told.books)))
    if told.drawings is not None:
        made.append(part("charts", "Charts", chart_set(told.drawings)))
    if told.fans:
        made.append(part("simulation", "Simulation", fan_set(told.fans, anchor)))
    made.append(part("talk", "Conversation", talk([(said.who, said.text) for said in conversation(result)])))
    if told.change is not None:
        made.append(part("change", "Since it last passed", difference(told.change)))
    return tuple(made)
