"""The model and the recorder of an agent with a planted defect: what passes them may come out otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.adapters import AgentReply, Request
from harness.llm.request import Model, ModelReply, ModelRequest, OnDelta
from harness.recorder import Recorder

if TYPE_CHECKING:
    from .planting import Scene


class PlantedModel:
    """Asks another model, and may change what is asked and what is answered."""

    def __init__(self, model: Model, scene: Scene) -> None:
        self._model = scene.change_now("model", model)
        self._scene = scene
        self.name = model.name
        self.provider = model.provider
        self.model_id = model.model_id
        self.price = getattr(model, "price", None)

    async def complete(self, request: ModelRequest, *, on_delta: OnDelta | None = None) -> ModelReply:
        """Ask once; see `Model.complete`."""
        from .planting import PlantError

        scene = self._scene
        request = await scene.change("request", request, request=request)
        if not scene.minds("reply"):
            return await self._model.complete(request, on_delta=on_delta)  # type: ignore[no-any-return]  # a model of any make
        reply = await scene.change("reply", await self._model.complete(request), request=request)
        if not isinstance(reply, ModelReply):
            raise PlantError(f"what is planted at 'reply' gave back a {type(reply).__name__}")
        if reply.tool_calls and reply.stop_reason == "end":
            reply = replace(reply, stop_reason="tool_use")
        elif not reply.tool_calls and reply.stop_reason == "tool_use":
            reply = replace(reply, stop_reason="end")
        if on_delta is not None and reply.text:
            await on_delta("text", reply.text)
        return reply

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()


class PlantedRecorder(Recorder):
    """Writes into the trial's recorder, and may change what is written."""

    def __init__(self, main: Recorder, scene: Scene, inputs: Sequence[Any], first: Request) -> None:
        super().__init__(main.elapsed, approvals=())
        self._main = main
        self._approvals = main._approvals  # noqa: SLF001 - one script of answers for the trial
        self._scene = scene
        self._inputs = inputs
        self._first = first
        self._turn = 0
        self._said: list[str] = []
        self._history: tuple[tuple[Any, str], ...] = ()

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Record one event as the planted functions leave it."""
        if kind in {"text_delta", "text_done"}:
            self.spoken += 1
        elif kind == "llm_call":
            self.model_calls += 1
        if self._scene.minds("answer") and self._answered(kind, data):
            return
        if kind == "state" and self._scene.minds("artifact"):
            value = self._scene.change_now("artifact", data.get("value"), name=str(data.get("name")))
            data = {**data, "value": value}
        self._write(kind, data)
        if kind == "done":
            self._next_turn()

    def elapsed(self) -> float:
        """Seconds since the trial started."""
        return self._main.elapsed()

    def _answered(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Hold pieces of an answer back until it is whole, then write it changed; says whether the event is dealt with."""
        if kind == "text_delta":
            self._said.append(str(data.get("text", "")))
            return True
        if kind == "text_done":
            self._said.clear()
            self._write("text_done", self._changed(AgentReply(data["text"], data.get("structured"))))
            return True
        if kind == "done" and self._said:
            whole = "".join(self._said)
            self._said.clear()
            self._write("text_done", self._changed(AgentReply(whole)))
        return False

    def _changed(self, reply: AgentReply) -> dict[str, Any]:
        from .planting import PlantError

        found = self._scene.change_now("answer", reply)
        if not isinstance(found, AgentReply):
            raise PlantError(f"what is planted at 'answer' gave back a {type(found).__name__}")
        for name, value in found.artifacts.items():
            self._write("state", {"name": name, "value": value})
        return {"text": found.text} | ({} if found.structured is None else {"structured": found.structured})

    def _write(self, kind: str, data: Mapping[str, Any]) -> None:
        events = self._scene.events(kind, data) if self._scene.minds("event") else [(kind, data)]
        for changed_kind, changed in events:
            self._main.record(changed_kind, changed)
        self.last_answer = self._main.last_answer

    def _next_turn(self) -> None:
        """The conversation goes on: planted functions see the turn that is being answered."""
        self._history = (*self._history, (self._inputs[min(self._turn, len(self._inputs) - 1)], self.last_answer))
        self._turn += 1
        if self._turn < len(self._inputs):
            first = self._first
            self._scene.moment.asked = Request(
                self._inputs[self._turn], self._turn, first.world, first.as_of, first.seed, self._history
            )
