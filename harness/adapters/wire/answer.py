"""Read a whole answer that came back as JSON: the text, its data, tool calls, tokens, end states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final

from harness.adapters.reply import TurnRecord
from harness.adapters.request import InvalidOutputError
from harness.adapters.target import TargetError
from harness.jsonpath import PathError, parse
from harness.recorder import Recorder
from harness.shape import Misfit, MisfitsError, value
from harness.text import one_line
from harness.workspace import AdapterSettings

from .calls import call_of, result_of, said, usage_of

_OURS: Final = ("answer", "structured", "tool_calls", "usage", "artifacts", "error")


@value
class AnswerPaths(AdapterSettings):
    """Where things are in an agent's JSON answer."""

    answer: str | None = None
    """JSON path of the text; by default `$.answer`, and where that is not there the whole answer is taken as data."""

    structured: str | None = None
    """JSON path of the data; by default `$.structured`."""

    tool_calls: str | None = None
    """JSON path of each tool call, `$.steps[*]`; by default `$.tool_calls[*]`. Usual names of keys are understood."""

    usage: str | None = None
    """JSON path of token counts, one or several; by default `$.usage`. Usual names of keys are understood."""

    artifacts: dict[str, str] = field(default_factory=dict)
    """Name to JSON path of end states, such as a ledger; by default what is under `$.artifacts`."""

    error: str | None = None
    """JSON path of a failure: when there is something, the agent has failed; by default `$.error`."""

    def __post_init__(self) -> None:
        """Refuse paths that cannot be read."""
        misfits = [
            *self._bad(
                {name: getattr(self, name) for name in ("answer", "structured", "tool_calls", "usage", "error")}
            ),
            *self._bad(self.artifacts, "artifacts"),
        ]
        if misfits:
            raise MisfitsError(misfits)

    def refuse_besides(self, misfits: list[Misfit]) -> None:
        """Refuse what an adapter's own checks have found, together with paths that cannot be read.

        Raises:
            MisfitsError: when there is anything.
        """
        try:
            AnswerPaths.__post_init__(self)
        except MisfitsError as error:
            misfits += error.misfits
        if misfits:
            raise MisfitsError(misfits)

    @staticmethod
    def _bad(paths: Mapping[str, str | None], *place: str) -> Iterator[Misfit]:
        for name, path in paths.items():
            try:
                parse(path or "$")
            except PathError as error:
                yield Misfit((*place, name), error.problem, error.remedy)


class Reading:
    """Reads answers as an agent's settings say."""

    def __init__(self, paths: AnswerPaths, *, where: str) -> None:
        self._paths = paths
        self._where = where

    def take(self, document: Any, recorder: Recorder, turn: TurnRecord) -> None:
        """Record a whole answer.

        Raises:
            TargetError: when it says that the agent failed.
            InvalidOutputError: when the path of the answer leads nowhere.
        """
        paths = self._paths
        self._refuse_failure(self._one(paths.error or "$.error", document))
        for item in self._many(paths.usage or "$.usage", document):
            counts = usage_of(item)
            if counts:
                recorder.llm_call(**counts)
        self._calls(document, recorder)
        for name, content in self._artifacts(document):
            recorder.artifact(name, content)
        self._say(document, turn)

    def _say(self, document: Any, turn: TurnRecord) -> None:
        paths = self._paths
        data = self._one(paths.structured or "$.structured", document)
        text = self._one(paths.answer or "$.answer", document)
        if text is None and data is None:
            if paths.answer is not None and not turn.has_spoken:
                keys = ", ".join(map(repr, document)) if isinstance(document, Mapping) else type(document).__name__
                raise InvalidOutputError(paths.answer, f"there is no answer there; found {one_line(keys, 200)}")
            data = _unspoken(document)
            if isinstance(data, str):
                text, data = data, None
        if text is None and data is None:
            return
        if text is not None and not isinstance(text, str):
            text, data = said(text), (text if data is None and not _is_blocks(text) else data)
        shown = json.dumps(data, ensure_ascii=False) if text is None else text
        if shown:
            turn.yielded(("text_done", {"text": shown} if data is None else {"text": shown, "structured": data}))

    def _calls(self, document: Any, recorder: Recorder) -> None:
        for item in self._many(self._paths.tool_calls or "$.tool_calls[*]", document):
            call = call_of(item)
            if call is None:
                raise InvalidOutputError("tool_calls", "a tool call without a name")
            call_id = recorder.call(call["name"], call["args"])
            ended = result_of(item)
            if ended:
                recorder.result(call_id, ended.get("result"), error=ended.get("error"))

    def _artifacts(self, document: Any) -> Iterator[tuple[str, Any]]:
        if self._paths.artifacts:
            for name, path in self._paths.artifacts.items():
                found = self._one(path, document)
                if found is not None:
                    yield name, found
            return
        given = document.get("artifacts") if isinstance(document, Mapping) else None
        if isinstance(given, Mapping):
            yield from ((str(name), content) for name, content in given.items())

    def _refuse_failure(self, error: Any) -> None:
        if error in (None, "", False, [], {}):
            return
        told = error.get("message", error) if isinstance(error, Mapping) else error
        raise TargetError(
            "agent_error",
            f"the agent reports a failure: {one_line(said(told), 1000)}",
            remedy="read what it says; it was reached and answered",
            where=self._where,
            fault="agent",
        )

    @staticmethod
    def _one(path: str, document: Any) -> Any:
        found = parse(path).find(document)
        if not found:
            return None
        return found[0].value if len(found) == 1 else [item.value for item in found]

    @staticmethod
    def _many(path: str, document: Any) -> Iterator[Any]:
        for item in parse(path).find(document):
            if isinstance(item.value, list):
                yield from item.value
            elif item.value is not None:
                yield item.value


def _unspoken(document: Any) -> Any:
    """What a JSON answer that names no text says: everything but what was read already; an empty one says nothing."""
    if document == {}:
        return None
    if not isinstance(document, Mapping) or not any(name in document for name in _OURS):
        return document
    return {key: item for key, item in document.items() if key not in _OURS} or None


def _is_blocks(item: Any) -> bool:
    return isinstance(item, list) and all(isinstance(block, Mapping) and "text" in block for block in item)
