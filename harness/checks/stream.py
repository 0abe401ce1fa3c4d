"""Checks on what an agent sent while it worked, as its clients received it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from harness.bounds import Len
from harness.model import Evidence
from harness.registry import Check, Finding, Subject, check
from harness.relay.grammar import Slip, slips


@check("stream:grammar")
class StreamGrammar(Check):
    """What the agent streamed keeps the rules that its clients rely on, in the form of seven kinds of event or the later ten.

    Every event is one JSON object, encoded once; pieces of text make the whole text; a result belongs to a call that is open, a
    piece of text to a block that is; after an error (but one with `"final": false`) comes nothing but `done`, and after `done`
    nothing at all. The stream is an artifact of the trial: a list of events or of their JSON texts, or the text of the server-sent events.
    """

    artifact: Annotated[str, Len(1)] = "stream"
    """Artifact that holds it."""

    form: Literal["auto", "seven", "ten"] = "auto"
    """Which rules; by default the later ones for a stream that uses any of their own kinds."""

    allow: tuple[str, ...] = ()
    """Rules that may be broken, such as `open-call`."""

    def conclude(self, subject: Subject) -> Finding:
        """Read the stream."""
        events = _events(subject.trace.artifacts.get(self.artifact))
        if events is None:
            return self.finding(None, f"there is no stream in the artifact {self.artifact!r}", expected=self.form)
        broken = [slip for slip in slips(events, self.form) if slip.rule not in self.allow]
        evidence = tuple(Evidence(path=f"{self.artifact}[{slip.place}]", note=slip.problem) for slip in broken[:5])
        reason = _told(broken) or f"{len(events)} events keep the rules"
        return self.finding(not broken, reason, actual=[slip.rule for slip in broken[:20]], evidence=evidence)


def _told(broken: list[Slip]) -> str:
    if not broken:
        return ""
    more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    return f"event {broken[0].place}: {broken[0].problem}{more}"


def _events(found: Any) -> list[Any] | None:
    if isinstance(found, list):
        return found
    if not isinstance(found, str):
        return None
    from harness.adapters.http.sse import EventStream

    stream = EventStream()
    return [
        event.data
        for event in [*stream.feed(found.encode("utf-8", "replace")), *stream.rest()]
        if event.data != "[DONE]"
    ]
