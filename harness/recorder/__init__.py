"""Record what an agent does, as plain data of bounded size, whatever it hands over."""

from .limits import Caps, Limits, OverLimitError, StoppedError
from .plainness import Note, plain_json
from .recorder import InvalidEventError, Recorder

__all__ = ["Caps", "InvalidEventError", "Limits", "Note", "OverLimitError", "Recorder", "StoppedError", "plain_json"]
