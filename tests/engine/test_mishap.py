"""What breaks in our own callbacks ends the run with its reason, instead of leaving it waiting."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NoReturn

import pytest
from arena_runner import run_on_workers, trial

from harness.engine.deadlines import Deadlines
from harness.engine.member import Member
from harness.engine.mishap import noticed
from harness.engine.pool import Pool


def broken(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("our own mistake")


@pytest.mark.parametrize(
    ("owner", "name", "deed"),
    [
        (Pool, "ended", "fine"),
        (Pool, "pump", "fine"),
        (Member, "heard", "fine"),
        (Member, "gone", "os._exit"),
        (Deadlines, "_look_at", "hang"),
    ],
)
def test_a_mistake_of_ours_ends_the_run(owner: type, name: str, deed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, name, broken)

    with pytest.raises(RuntimeError, match="our own mistake"):
        run_on_workers([trial("agent", deed, limit_s=5)])


def test_what_others_break_in_the_same_loop_is_left_to_them(caplog: pytest.LogCaptureFixture) -> None:
    told: list[BaseException] = []

    async def main() -> None:
        with noticed(told.append):
            asyncio.get_running_loop().call_soon(broken)
            await asyncio.sleep(0)

    with caplog.at_level(logging.ERROR, "asyncio"):
        asyncio.run(main())

    assert told == []
    assert "our own mistake" in caplog.text
