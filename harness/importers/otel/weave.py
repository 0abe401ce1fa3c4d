"""Turn the spans of one trace into an episode: steps in order, the question, the answer, and tokens counted once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.model import Step, Trace, TurnTrace, Usage

from .asking import answer_of, question_of
from .episode import Counts, Episode
from .forest import Forest, Node
from .framework import framework_of
from .plainly import amount
from .spoken import last_text, read_out
from .toolwork import Tooling, tool_step

_ABOUT = {
    "release": ("langfuse.release", "service.version"),
    "environment": ("langfuse.environment", "deployment.environment", "deployment.environment.name"),
    "prompt": ("langfuse.observation.prompt.name", "gen_ai.prompt.name", "llm.prompt_template.version"),
}
_SESSION = (
    "session.id",
    "gen_ai.conversation.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "thread_id",
)
_USER = ("user.id", "langfuse.user.id", "enduser.id", "traceloop.association.properties.user_id")
_NAMED = re.compile(r"(?:(?:invoke_agent|agent_run|invocation|create_agent) )?\[?(.+?)\]?(?:\.agent)?")
_FIRST = ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token", "llm.time_to_first_token")


def woven(forest: Forest) -> Episode:
    """The episode that a trace tells."""
    return _Weaver(forest).episode()


class _Weaver:
    """One trace on its way."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.nodes = forest.nodes
        starts = [node.span.start_s for node in self.nodes if node.span.start_s is not None]
        ends = [node.span.end_s for node in self.nodes if node.span.end_s is not None]
        self.began = min(starts, default=None)
        self.ended = max(ends, default=None)
        self.repeats = {id(node) for node in self.nodes if node.kind == "llm" and _repeats(node)}
        self.models = [node for node in self.nodes if node.kind == "llm" and id(node) not in self.repeats]
        self.lone = frozenset(_speaking_alone(self.nodes))
        self.tooling = Tooling(self.models, [node for node in self.nodes if node.kind == "tool"])
        self.ids: dict[int, str] = {}
        self.around = {id(node): place for node, place in _places(forest.roots)}
        self.notes = list(forest.notes)

    def episode(self) -> Episode:
        self._name_steps()
        steps = tuple(self._steps())
        self._warn()
        root = self._main()
        answer = answer_of(self.forest.roots, self.models)
        said = [node.span for node in (root, *self.nodes)]
        return Episode(
            id=self.forest.trace,
            root=root.span.id,
            name=root.span.name,
            framework=framework_of([node.span for node in self.nodes]),
            asked=question_of(self.forest.roots, self.models),
            trace=self._trace(steps, answer),
            counts=self._counts(),
            started_s=self.began,
            session=next((found for span in said if (found := span.text(*_SESSION))), ""),
            user=next((found for span in said if (found := span.text(*_USER))), ""),
            failed=(root.span.message or "it says no more") if root.span.failed else "",
            about={key: found for key, names in _ABOUT.items() for span in said[:1] if (found := span.text(*names))},
            notes=tuple(self.notes),
            spans={self.ids[id(node)]: node.span.id for node in self.nodes if id(node) in self.ids},
        )

    def _main(self) -> Node:
        """The root that most of the trace is under."""
        return max(self.forest.roots, key=lambda node: (sum(1 for _ in node.below()), -(node.span.start_s or 0.0)))

    def _name_steps(self) -> None:
        taken: set[str] = set()
        for node in self.nodes:
            if node.kind in {"llm", "tool", "retriever", "handoff"} or node in self.lone:
                wished = self.tooling.call_id(node) if node.kind == "tool" else ""
                name = wished if wished and wished not in taken else node.span.id
                taken.add(name)
                self.ids[id(node)] = name

    def _steps(self) -> Iterator[Step]:
        for node in self.nodes:
            if id(node) in self.repeats or id(node) not in self.ids:
                continue
            when = self._when(node)
            about = {
                "id": self.ids[id(node)],
                "agent": self._agent(node),
                "parent": self._parent(node),
                "t0": when[0],
                "t1": when[1],
            }
            if node.kind == "handoff":
                yield _handoff(node, about)
            elif node.kind in {"tool", "retriever"}:
                yield tool_step(node, self.tooling, about)
            else:
                yield _model_step(node, about, alone=node in self.lone)
        yield from self.tooling.told_steps(self._offset(self.ended))

    def _when(self, node: Node) -> tuple[float, float]:
        start = self._offset(node.span.start_s)
        return start, max(start, self._offset(node.span.end_s))

    def _offset(self, at: float | None) -> float:
        return 0.0 if at is None or self.began is None else round(max(0.0, at - self.began), 6)

    def _agent(self, node: Node) -> str:
        """The agent that acted: the nearest one around."""
        around = self.around[id(node)].agent
        return agent_name(around) if around is not None else node.span.text("gen_ai.agent.name", "agent.name")

    def _parent(self, node: Node) -> str | None:
        """The tool call that it happened in."""
        tool = self.around[id(node)].tool
        return None if tool is None else self.ids.get(id(tool))

    def _trace(self, steps: tuple[Step, ...], answer: str) -> Trace:
        models = [step for step in steps if step.kind == "llm"]
        costs = [step.cost_usd for step in models]
        length = self._offset(self.ended)
        return Trace(
            steps=steps,
            turns=(TurnTrace(answer, t1=length),),
            answer=answer,
            usage=sum((step.usage or Usage() for step in models), Usage(0, 0, 0)) if models else Usage(),
            cost_usd=None if not costs or None in costs else float(sum(cost or 0.0 for cost in costs)),
            duration_s=length,
        )

    def _counts(self) -> Counts:
        kinds = [node.kind for node in self.nodes]
        said = [node.tokens for node in self.models]
        around = [node for node in self.nodes if node.tokens.known and node.kind not in {"llm", "embedding"}]
        repeated = sum(node.tokens.total or 0 for node in around if node not in self.lone)
        doubled = sum(node.tokens.total or 0 for node in self.nodes if id(node) in self.repeats)
        return Counts(
            spans=len(self.nodes),
            traces=1,
            roots=len(self.forest.roots),
            orphans=self.forest.orphans,
            agents=kinds.count("agent"),
            model_calls=len(self.models),
            tool_calls=kinds.count("tool"),
            told_tools=len(self.tooling.told),
            retrievals=kinds.count("retriever"),
            handoffs=kinds.count("handoff"),
            input_tokens=sum(tokens.input or 0 for tokens in said),
            output_tokens=sum(tokens.output or 0 for tokens in said),
            tokens=sum(tokens.total or 0 for tokens in said),
            agent_tokens=sum(node.tokens.total or 0 for node in self.lone),
            repeated_tokens=repeated + doubled,
            silent_calls=sum(not tokens.known for tokens in said),
        )

    def _warn(self) -> None:
        inside = [node for node in self.models if self.around[id(node)].model]
        if inside:
            self.notes.append(
                f"{len(inside)} model calls lie inside another one and say other numbers of tokens; all of them are counted"
            )
        if self.repeats:
            self.notes.append(f"{len(self.repeats)} model calls only repeat those inside them; they are counted once")
        for name, count in self.tooling.unanswered().items():
            self.notes.append(f"calls of {name} that have neither a span nor a result: {count}; they are left out")
        if self.began is None:
            self.notes.append("no span says when it began; the order is that of the file")
        strange = sum(node.kind == "other" for node in self.nodes)
        if strange == len(self.nodes):
            self.notes.append("no span names a model, tool or agent by any convention that is known")


class _Place(NamedTuple):
    """What is around a span."""

    agent: Node | None = None
    tool: Node | None = None
    model: bool = False


def _places(roots: Sequence[Node]) -> Iterator[tuple[Node, _Place]]:
    """Each span with the nearest agent and tool call around it, and whether it lies in a model call."""
    waiting = [(node, _Place()) for node in roots]
    while waiting:
        node, place = waiting.pop()
        own = place._replace(agent=node) if node.kind == "agent" else place
        yield node, own
        inner = own._replace(tool=node) if node.kind == "tool" else own._replace(model=own.model or node.kind == "llm")
        waiting.extend((child, inner) for child in node.children)


def _repeats(node: Node) -> bool:
    """Whether a model call's numbers are those of the model calls inside it: another layer wrote down the same."""
    inner = [below.tokens for below in _nearest_models(node)]
    if not inner or not node.tokens.known:
        return bool(inner) and not node.tokens.known
    return node.tokens.total == sum(tokens.total or 0 for tokens in inner)


def _nearest_models(node: Node) -> Iterator[Node]:
    """The model calls inside a span that are in no other model call inside it."""
    waiting = list(node.children)
    while waiting:
        child = waiting.pop()
        if child.kind == "llm":
            yield child
        else:
            waiting.extend(child.children)


def _speaking_alone(nodes: Sequence[Node]) -> Iterator[Node]:
    """Agents that tell of tokens which no model call inside them could tell of."""
    above: set[int] = set()
    for node in nodes:
        if node.kind == "llm" or node.tokens.known:
            for around in node.ancestors():
                if id(around) in above:
                    break
                above.add(id(around))
    for node in nodes:
        if node.kind in {"agent", "chain", "other"} and node.tokens.known and id(node) not in above:
            yield node


def agent_name(node: Node) -> str:
    """What an agent is called."""
    name = node.span.text("gen_ai.agent.name", "agent.name", "agent_name", "graph.node.id", "traceloop.entity.name")
    shown = _NAMED.fullmatch(node.span.name)
    return name or (shown[1] if shown else node.span.name)


def _handoff(node: Node, about: Mapping[str, Any]) -> Step:
    to = node.span.text("gen_ai.handoff.to_agent", "graph.node.id") or node.span.name.removeprefix("handoff to ")
    return Step(kind="handoff", name=to, args={"from": node.span.text("gen_ai.handoff.from_agent")}, **about)


def _model_step(node: Node, about: Mapping[str, Any], *, alone: bool) -> Step:
    span, tokens = node.span, node.tokens
    model = span.text(
        "gen_ai.response.model",
        "gen_ai.request.model",
        "llm.model_name",
        "ai.model.id",
        "langfuse.observation.model.name",
    )
    provider = span.text("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider")
    args: dict[str, Any] = {"provider": provider} if provider else {}
    if alone:
        args["aggregate"] = True
    first = next((found for name in _FIRST if (found := amount(span.attributes.get(name))) is not None), None)
    return Step(
        kind="llm",
        name=model or span.name,
        args=args,
        result=last_text(read_out(span), "assistant") or None,
        status="error" if span.failed else "ok",
        error=(span.message or "it failed") if span.failed else None,
        usage=Usage(tokens.input, tokens.output, tokens.cached),
        cost_usd=tokens.cost_usd,
        first_chunk_s=first,
        **about,
    )


def total(episodes: Sequence[Episode]) -> Counts:
    """The counts of several traces together."""
    return sum((episode.counts for episode in episodes), Counts())
