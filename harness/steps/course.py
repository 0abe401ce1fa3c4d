"""A trial as the step analysis sees it: its calls, what is known of their tools, and which were made together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from harness.frozen import frozen
from harness.model import Case, Step, Trace

from .facts import Tools
from .repeats import repeated
from .turns import tool_turns

if TYPE_CHECKING:
    from .loops import Loop
    from .recovery import Recovery
    from .sources import Sources
    from .timing import Timing


@frozen(slots=False)
class Course:
    """What a trial did; what is costly is worked out when it is first asked for."""

    trace: Trace
    """The trial."""

    case: Case
    """What was asked."""

    calls: tuple[Step, ...]
    """Its tool calls in the order in which they began, or those of one turn."""

    tools: Tools
    """What is known of the tools."""

    @classmethod
    def of(
        cls, trace: Trace, case: Case, *, turn: int | None = None, writes: Sequence[str] = (), polls: Sequence[str] = ()
    ) -> Course:
        """The course of a trial, or of one turn of its conversation.

        Args:
            trace: The trial.
            case: What was asked; its reference may say what is known of tools.
            turn: The turn that is meant; None for all.
            writes: Tools that change something, where a check says so.
            polls: Tools that may be asked again and again, where a check says so.
        """
        calls = trace.tools if turn is None else tuple(call for call in trace.tools if call.turn == turn)
        return cls(trace, case, calls, Tools.of(case, writes=writes, polls=polls))

    @cached_property
    def turns(self) -> dict[int, int]:
        """The tool turn of each call, by the `id()` of its step."""
        return tool_turns(self.trace.steps)

    @cached_property
    def repeats(self) -> list[tuple[Step, Step]]:
        """Redundant calls with the calls that they repeat."""
        return repeated(self.calls, self.tools)

    @cached_property
    def recoveries(self) -> list[Recovery]:
        """Failed calls with their retries."""
        if all(call.status == "ok" for call in self.calls):
            return []
        from .recovery import recoveries

        return recoveries(self.calls, self.tools, self.trace.steps)

    @cached_property
    def loops(self) -> list[Loop]:
        """Blocks of calls that were repeated without a new result."""
        from .loops import loops

        return loops(self.calls, self.tools)

    @cached_property
    def sources(self) -> Sources:
        """Where the calls' arguments came from."""
        from .sources import sources

        return sources(self)

    @cached_property
    def timing(self) -> Timing:
        """What the time went into."""
        from .timing import timing

        return timing(self)

    @cached_property
    def useless(self) -> dict[int, str]:
        """`redundant` or `failed` for the calls that were so, by their place."""
        redundant = {id(call) for call, _ in self.repeats}
        return {
            place: "failed" if call.status != "ok" else "redundant"
            for place, call in enumerate(self.calls)
            if call.status != "ok" or id(call) in redundant
        }
