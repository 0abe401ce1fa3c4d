"""Name the place in an agent's code where something is going on."""

from __future__ import annotations

import linecache
import traceback
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, Final

_HARNESS: Final = str(Path(__file__).parent.parent)


def describe(frame: FrameType, root: str) -> tuple[str, str]:
    """Write where code is: the innermost place in an agent's file with the call it makes, and the stack."""
    frames = [item for item, _ in traceback.walk_stack(frame) if not is_machinery(item.f_code.co_filename)]
    if not frames:
        return "the harness itself", ""
    own = next((item for item in frames if item.f_code.co_filename.startswith(root)), frames[0])
    place = f"{_called(own)} at {own.f_code.co_filename.removeprefix(root).lstrip('/')}:{own.f_lineno}"
    shown = traceback.StackSummary.extract(((item, item.f_lineno) for item in reversed(frames)), lookup_lines=True)
    return place, "".join(traceback.format_list(shown))[:8000]


def _called(frame: FrameType) -> str:
    """The expression being evaluated, without its arguments: `time.sleep`."""
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno).encode()
    first, last, start, end = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None, None, None, None))
    if first == last and first is not None:
        text = text[start:end]
    return text.decode("utf-8", "replace").strip().removeprefix("await ").split("(")[0][:80] or code.co_name


def is_machinery(filename: str) -> bool:
    """Whether a file is the harness's or the event loop's, rather than an agent's or a library's."""
    return filename.startswith((_HARNESS, "<frozen")) or "/asyncio/" in filename


def innermost(coroutine: Any) -> FrameType | None:
    """The deepest frame outside the harness that a suspended coroutine waits in."""
    found: FrameType | None = None
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None and not is_machinery(frame.f_code.co_filename):
            found = frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return found
