"""One trial's conversation with an agent elsewhere: what its templates are filled with, turn after turn."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from harness.adapters.request import Request
from harness.adapters.target import TargetError
from harness.errors import AgentError
from harness.gateway.here import ENTRANCE

from .template import filled, filled_text


class Session:
    """The values of one trial; its `id` is ours until the agent gives one of its own."""

    def __init__(self, *, where: str, environ: Mapping[str, str]) -> None:
        self.id = str(uuid.uuid4())
        self._where = where
        self._environ = environ

    def values(self, request: Request, **more: Any) -> dict[str, Any]:
        """What the placeholders of one turn stand for."""
        entrance = ENTRANCE.get()
        said = [message for asked, answer in request.history for message in _exchange(asked, answer)]
        return {
            "input": request.input,
            "turn": request.turn,
            "history": said,
            "messages": [*said, {"role": "user", "content": request.input}],
            "session": self.id,
            "seed": request.seed,
            "as_of": request.as_of,
            "world": request.world,
            "env": self._environ,
            **({} if entrance is None else {"gateway": entrance.url}),
            **more,
        }

    def fill(self, template: Any, values: Mapping[str, Any]) -> Any:
        """Fill a template.

        Raises:
            TargetError: when the case or the environment does not give what it asks for.
        """
        try:
            return filled(template, values)
        except KeyError as error:
            raise self._missing(str(error.args[0])) from None

    def fill_text(self, template: str, values: Mapping[str, Any], **about: Any) -> str:
        """Fill a template of text.

        Raises:
            TargetError: as `fill`.
        """
        try:
            return filled_text(template, values, **about)
        except KeyError as error:
            raise self._missing(str(error.args[0])) from None

    def _missing(self, name: str) -> TargetError:
        head, _, rest = name.partition(".")
        remedy = f"export {rest}=..." if head == "env" else f"give the case `world: {{{rest}: ...}}`"
        remedy = "set `gateway = true` for the agent" if name == "gateway" else remedy
        return TargetError("template", f"there is nothing for {{{name}}}", remedy=remedy, where=self._where)


def require_environ(names: Iterable[str], environ: Mapping[str, str], *, where: str) -> None:
    """Refuse an environment without what templates name.

    Raises:
        AgentError: when a variable is missing or empty.
    """
    for name in names:
        if not environ.get(name):
            raise AgentError(f"the environment variable {name} is not set", remedy=f"export {name}=...", where=where)


def _exchange(asked: Any, answer: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"role": "user", "content": asked}, {"role": "assistant", "content": answer}
