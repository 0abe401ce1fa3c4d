import asyncio

import pytest

from harness.llm import Message, ModelError, ModelReply, ModelRequest
from harness.llm.offline import OfflineModel
from harness.llm.recorded import RecordedModel
from harness.model import Usage, fold
from harness.recorder import Recorder
from harness.testing import FixedClock, QueuedModel

ASK = ModelRequest((Message("user", "Hi"),))


def recorded(model, clock=None):
    """The trace of two seconds of asking."""
    clock = clock or FixedClock()
    recorder = Recorder(clock.monotonic)
    clock.advance(1)
    try:
        asyncio.run(RecordedModel(model, recorder, agent="tagger").complete(ASK))
    finally:
        trace = fold(recorder.events)
    return trace


def test_a_call_is_a_step_with_its_tokens_price_and_time():
    clock = FixedClock()

    def answer(request):
        clock.advance(2)
        return ModelReply("Hello.", stop_reason="end", usage=Usage(1000, 100, 0))

    model = QueuedModel(answer, name="claude-sonnet-5")
    model.provider = "anthropic"
    (step,) = recorded(model, clock).models
    assert (step.name, step.agent, step.result, step.status) == ("claude-sonnet-5", "tagger", "Hello.", "ok")
    assert (step.t0, step.t1, step.usage) == (1.0, 3.0, Usage(1000, 100, 0))
    assert step.cost_usd == pytest.approx(1000 * 2e-6 + 100 * 10e-6)
    assert step.args == {"provider": "anthropic", "stop_reason": "end"}


def test_an_unknown_price_is_unknown_and_not_zero():
    model = QueuedModel([ModelReply("Hello.", usage=Usage(1000, 100, 0))])
    model.provider = "anthropic"
    trace = recorded(model)
    assert trace.models[0].cost_usd is None
    assert trace.cost_usd is None


def test_a_failed_call_is_recorded_too():
    recorder = Recorder(FixedClock().monotonic)
    with pytest.raises(ModelError):
        asyncio.run(RecordedModel(QueuedModel([ModelError("overloaded", "busy")]), recorder).complete(ASK))
    (step,) = fold(recorder.events).models
    assert (step.status, step.error, step.cost_usd) == ("error", "overloaded: busy", None)


def test_a_cancelled_call_is_recorded_too():
    recorder = Recorder(FixedClock().monotonic)

    class Stuck(QueuedModel):
        async def complete(self, request, *, on_delta=None):
            await asyncio.Event().wait()

    async def run():
        async with asyncio.timeout(0.01):
            await RecordedModel(Stuck([]), recorder).complete(ASK)

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert fold(recorder.events).models[0].error.startswith("CancelledError")


def test_an_offline_call_is_labelled_and_free():
    (step,) = recorded(OfflineModel(lambda request, *, seed, noise: ModelReply("Hello."))).models
    assert step.args["offline"] is True
    assert step.cost_usd == 0.0


def test_which_reply_it_was_and_whether_a_cache_gave_it_is_kept():
    trace = recorded(QueuedModel([ModelReply("Hello.", reply_id="msg_01", cache_hit=True)]))

    assert trace.models[0].args["reply_id"] == "msg_01"
    assert trace.models[0].args["cache_hit"] is True


def test_when_the_pieces_of_a_streamed_reply_came_is_kept():
    clock = FixedClock()
    recorder = Recorder(clock.monotonic)
    heard = []

    class Streaming:
        name = provider = model_id = "m"

        async def complete(self, request, *, on_delta=None):
            for piece in ("a", "b", "c"):
                clock.advance(0.5)
                await on_delta("text", piece)
            return ModelReply("abc")

        async def close(self): ...

    async def hear(kind, piece):
        heard.append((kind, piece))

    asyncio.run(RecordedModel(Streaming(), recorder).complete(ASK, on_delta=hear))

    (step,) = fold(recorder.events).models
    assert (step.first_chunk_s, step.chunk_s) == (0.5, 0.5)
    assert heard == [("text", "a"), ("text", "b"), ("text", "c")]


def test_a_reply_that_was_not_streamed_has_no_pieces():
    (step,) = recorded(QueuedModel([ModelReply("Hello.")])).models

    assert (step.first_chunk_s, step.chunk_s) == (None, None)
