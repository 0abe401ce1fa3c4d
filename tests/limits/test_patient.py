"""What may succeed later is tried again, politely; everything else is not."""

from __future__ import annotations

import pytest

from harness.limits.patient import PatientModel
from harness.llm import Message, ModelError, ModelReply, ModelRequest

from .clockwork import counted

REQUEST = ModelRequest(messages=(Message("user", "hello"),))


class Scripted:
    name = provider = model_id = "m"

    def __init__(self, *errors: ModelError, says: str = "") -> None:
        self.errors = list(errors)
        self.says = says
        self.calls = 0

    async def complete(self, request, *, on_delta=None) -> ModelReply:
        self.calls += 1
        if on_delta is not None and self.says:
            await on_delta("text", self.says)
        if self.errors:
            raise self.errors.pop(0)
        return ModelReply("done")

    async def close(self) -> None: ...


def tried(model: Scripted, **options) -> list[float]:
    """The waits between attempts."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    counted(PatientModel(model, draw=lambda _low, high: high, sleep=sleep, **options).complete(REQUEST))
    return waits


def test_waits_as_long_as_the_provider_asks() -> None:
    assert tried(Scripted(ModelError("rate_limit", "slow", retry_after_s=3.0))) == [3.0]


def test_waits_longer_each_time_up_to_a_cap() -> None:
    errors = [ModelError("overloaded", "busy") for _ in range(5)]

    assert tried(Scripted(*errors), attempts=6, cap_s=6.0) == [1.0, 2.0, 4.0, 6.0, 6.0]


def test_draws_its_waits_from_zero_up() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.0

    model = Scripted(*(ModelError("timeout", "late") for _ in range(3)))
    counted(PatientModel(model, draw=draw).complete(REQUEST))

    assert drawn == [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0)]


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (ModelError("bad_request", "no"), {}),
        (ModelError("authentication", "no"), {}),
        (ModelError("refusal", "no"), {}),
        (ModelError("context_length", "no"), {}),
        (ModelError("rate_limit", "tomorrow", retry_after_s=86_400.0), {}),
        (ModelError("rate_limit", "soon", retry_after_s=9.0), {"remaining": lambda: 8.0}),
        (ModelError("overloaded", "busy"), {"attempts": 1}),
    ],
)
def test_gives_up_at_once(error: ModelError, options) -> None:
    model = Scripted(error)

    with pytest.raises(ModelError) as raised:
        tried(model, **options)
    assert (raised.value, model.calls) == (error, 1)


def test_gives_up_after_its_attempts_with_the_last_error() -> None:
    model = Scripted(*(ModelError("connection", f"attempt {number}") for number in range(9)))

    with pytest.raises(ModelError, match="attempt 3"):
        tried(model)
    assert model.calls == 4


def test_does_not_begin_anew_what_somebody_has_heard() -> None:
    model = Scripted(ModelError("truncated", "cut"), says="Your port")
    heard: list[str] = []

    async def hear(_kind: str, piece: str) -> None:
        heard.append(piece)

    with pytest.raises(ModelError, match="cut"):
        counted(PatientModel(model).complete(REQUEST, on_delta=hear))
    assert heard == ["Your port"]
