"""Notice when our own code breaks in a callback: asyncio only logs that, and the run would wait for ever for what it had to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import Any, Final

_OURS: Final = str(Path(__file__).parent)
_LOOP: Final = str(Path(asyncio.__file__).parent)


@contextmanager
def noticed(tell: Callable[[BaseException], None]) -> Iterator[None]:
    """Hand errors of the engine's own callbacks on, as long as the block runs; an agent's in the same process are no news."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and "handle" in context and _is_ours(error):
            tell(error)
        elif before is not None:
            before(loop, dict(context))
        else:
            loop.default_exception_handler(dict(context))

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


def _is_ours(error: BaseException) -> bool:
    """Whether the callback that raised it is the engine's."""
    files = (frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__))
    first = next((name for name in files if not name.startswith(_LOOP)), "")
    return first.startswith(_OURS)
