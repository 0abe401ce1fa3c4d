"""What is known of the tools of a trial: what the case says, or else what their names say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.model import Case, Step, ToolFacts

from .calls import canonical_call, changes_state, named

_UNKNOWN = ToolFacts()


class Tools:
    """The tools' facts, looked up once per name."""

    def __init__(
        self, facts: Mapping[str, ToolFacts] | None = None, *, writes: Sequence[str] = (), polls: Sequence[str] = ()
    ) -> None:
        self._facts = facts or {}
        self._writes, self._polls = writes, polls
        self._known: dict[str, ToolFacts] = {}
        self._changing: dict[str, bool] = {}
        self._keys: dict[int, tuple[Step, str]] = {}

    @classmethod
    def of(cls, case: Case, *, writes: Sequence[str] = (), polls: Sequence[str] = ()) -> Tools:
        """The tools of a case; `writes` and `polls` are names that a check gives besides."""
        return cls(case.reference.tools if case.reference else None, writes=writes, polls=polls)

    def __getitem__(self, name: str) -> ToolFacts:
        found = self._known.get(name)
        if found is None:
            found = self._facts.get(name) or next(
                (facts for pattern, facts in self._facts.items() if named(name, (pattern,))), _UNKNOWN
            )
            self._known[name] = found
        return found

    def changes(self, name: str) -> bool:
        """Whether a tool changes something: as the check says, as the case says, or by a verb in its name."""
        known = self._changing.get(name)
        if known is None:
            known = self._changing[name] = self._changes(name)
        return known

    def _changes(self, name: str) -> bool:
        if self._writes:
            return named(name, self._writes)
        told = self[name].mutates
        return changes_state(name) if told is None else bool(told)

    def changed(self, name: str) -> tuple[str, ...] | None:
        """Resources that a tool changes; None for all of them."""
        told = self[name].mutates
        return told if isinstance(told, tuple) and told else None

    def polls(self, name: str) -> bool:
        """Whether a tool is meant to be asked again and again."""
        return self[name].poll or (bool(self._polls) and named(name, self._polls))

    def key(self, call: Step) -> str:
        """The call as text; equal texts are the same call."""
        known = self._keys.get(id(call))
        if known is None:  # the step is kept beside its text, so that its id stays its own
            known = call, canonical_call(call.name, call.args, self[call.name].volatile_args)
            self._keys[id(call)] = known
        return known[1]
