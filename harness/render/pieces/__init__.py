"""Parts of pages as HTML that the dashboard and the HTML report share; whatever is not `Markup` is escaped."""

from .element import Markup, code, element, joined, text
from .status import chip, mark_of, nothing_here, style

__all__ = ["Markup", "chip", "code", "element", "joined", "mark_of", "nothing_here", "style", "text"]
