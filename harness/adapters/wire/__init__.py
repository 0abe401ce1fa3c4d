"""What adapters of agents elsewhere share: templates of what is sent, and readers of what comes back."""

from .answer import AnswerPaths, Reading
from .events import EventRule, Reader, reader_of
from .session import Session, require_environ
from .template import check_template, filled, filled_text, variables_in

__all__ = [
    "AnswerPaths",
    "EventRule",
    "Reader",
    "Reading",
    "Session",
    "check_template",
    "filled",
    "filled_text",
    "reader_of",
    "require_environ",
    "variables_in",
]
