"""Parts of pages as HTML that the dashboard and the HTML report share; whatever is not `Markup` is escaped."""

from .books import ledger_diff
from .change import difference
from .charts import chart_set
from .checks import checks_table
from .element import Markup, code, element, joined, text
from .fan import fan_set
from .money import money_view
from .spans import span_rows
from .status import chip, mark_of, nothing_here, sheet, style
from .strip import step_strip
from .talk import talk
from .verdict import contents, figures, section, verdict_line

__all__ = [
    "Markup",
    "chart_set",
    "checks_table",
    "chip",
    "code",
    "contents",
    "difference",
    "element",
    "fan_set",
    "figures",
    "joined",
    "ledger_diff",
    "mark_of",
    "money_view",
    "nothing_here",
    "section",
    "sheet",
    "span_rows",
    "step_strip",
    "style",
    "talk",
    "text",
    "verdict_line",
]
