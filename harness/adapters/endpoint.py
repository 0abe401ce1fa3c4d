"""Drive a model alone: a prompt in, its reply out, to compare models and prompts without an agent around them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from harness.bounds import Ge, Le
from harness.errors import AgentError
from harness.shape import Misfit, MisfitsError, value
from harness.workspace import AdapterSettings, AgentSettings

from .context import Context
from .python import run_turns
from .reply import TurnRecord
from .request import InvalidOutputError, Request
from .wire import Session, check_template, variables_in

if TYPE_CHECKING:
    from harness.llm import ModelRequest

_MOST_BYTES = 1 << 20


@value
class Settings(AdapterSettings):
    """A model without an agent."""

    needs: ClassVar[tuple[str, ...]] = ("model",)
    takes: ClassVar[tuple[str, ...]] = ("policy",)

    system: str = ""
    """System prompt."""

    system_file: str | None = None
    """File of the workspace with the system prompt, instead."""

    prompt: str = "{input}"
    """What each turn says to it."""

    output: Literal["text", "json"] = "text"
    """`text`, or `json` where its reply must be one JSON document, which becomes the answer's data."""

    output_schema: dict[str, Any] | None = None
    """JSON Schema that its reply must follow, where its provider can be told so."""

    max_tokens: Annotated[int, Ge(1)] = 4096
    """Most tokens of one reply."""

    temperature: Annotated[float, Ge(0), Le(2)] | None = None
    """Sampling temperature."""

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        misfits = [
            misfit for name in ("system", "prompt") for misfit in check_template(getattr(self, name), path=(name,))
        ]
        if self.system and self.system_file:
            misfits.append(Misfit(("system_file",), "the system prompt is given twice", "leave `system` out"))
        if misfits:
            raise MisfitsError(misfits)

    @property
    def place(self) -> str:
        """It has no place of its own: the model has."""
        return "its model"

    @property
    def variables(self) -> tuple[str, ...]:
        """Those that its prompts name."""
        return variables_in([self.system, self.prompt])


def load(own: Settings, agent: AgentSettings, *, root: Path, environ: Mapping[str, str]) -> EndpointDrive:
    """Prepare a model.

    Raises:
        AgentError: when the file with its system prompt cannot be read.
    """
    where = f"agents.{agent.name} (model {agent.model})"
    system = own.system if own.system_file is None else _prompt(root, own.system_file, where)
    seen = {name: environ[name] for name in own.variables if name in environ}
    return EndpointDrive(own, system, seen, where=where)


class EndpointDrive:
    """Asks the model once for each turn, with all that was said before."""

    def __init__(self, own: Settings, system: str, environ: Mapping[str, str], *, where: str) -> None:
        self._own = own
        self._system = system
        self._environ = environ
        self._where = where

    async def __call__(self, inputs: Sequence[Any], first: Request, context: Context) -> None:
        """Run all turns."""
        session = Session(where=self._where, environ=self._environ)
        said: list[tuple[str, str]] = []

        async def turn_of(request: Request, context: Context, turn: TurnRecord) -> None:
            values = session.values(request)
            said.append(("user", session.fill_text(self._own.prompt, values)))
            reply = await context.model.complete(
                self._request(session, values, said, context), on_delta=_heard(context)
            )
            said.append(("assistant", reply.text))
            self._take(reply.text, turn)

        await run_turns(inputs, first, context, turn_of)

    def _request(
        self, session: Session, values: Mapping[str, Any], said: Sequence[tuple[str, str]], context: Context
    ) -> ModelRequest:
        from harness.llm import Message, ModelRequest

        left = context.remaining()
        file = self._own.system_file is not None  # a file is taken as it is: braces in it are its own
        return ModelRequest(
            messages=tuple(Message(role, text) for role, text in said),  # type: ignore[arg-type]  # roles are ours
            system=self._system if file else session.fill_text(self._system, values),
            output_schema=self._own.output_schema,
            max_tokens=self._own.max_tokens,
            temperature=self._own.temperature,
            seed=context.seed,
            timeout_s=3600.0 if left is None else left,
        )

    def _take(self, text: str, turn: TurnRecord) -> None:
        if self._own.output == "text" and self._own.output_schema is None:
            if text:
                turn.returned(text)
            return
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidOutputError("reply", f"no JSON document ({error})") from None
        turn.yielded(("text_done", {"text": text, "structured": data}))


def _heard(context: Context) -> Any:
    """Hand on what the model says as it says it."""

    async def heard(kind: str, piece: str) -> None:
        if kind == "text" and piece:
            context.recorder.text(piece)

    return heard


def _prompt(root: Path, name: str, where: str) -> str:
    file = (root / name).resolve()
    if not file.is_relative_to(root.resolve()):
        raise AgentError(f"{name!r} leads out of the workspace", remedy="copy it into the workspace", where=where)
    try:
        data = file.read_bytes()
        if len(data) > _MOST_BYTES:
            raise AgentError(f"{name!r} is larger than 1 MiB", remedy="name the file with the prompt", where=where)
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AgentError(f"{name!r} cannot be read ({error})", remedy="correct `system_file`", where=where) from None
