"""What harness.toml says about a graph on a LangGraph server, and what that means in terms of HTTP."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any

from harness.adapters.http.settings import Settings as HttpSettings
from harness.bounds import Ge, Gt, Le
from harness.shape import value
from harness.workspace import AdapterSettings, Effects


def _messages() -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "{input}"}]}


@value
class Settings(AdapterSettings):
    """A graph of a LangGraph server, such as `langgraph dev` starts or LangGraph Platform runs."""

    url: str
    """The server: `http://127.0.0.1:2024`."""

    assistant: str
    """Name of the graph, or id of the assistant."""

    input: Any = field(default_factory=_messages)
    """What a turn adds to the state; by default a message of the user."""

    configurable: dict[str, Any] = field(default_factory=dict)
    """The run's `configurable`: `{user_id = "u1"}`."""

    stream_mode: tuple[str, ...] = ("messages-tuple", "updates")
    """What the server streams; tokens come from `messages-tuple`, calls, results and interrupts from `updates`."""

    subgraphs: bool = True
    """Whether the events of graphs in the graph are streamed, too."""

    resume: Any = "{answer}"
    """What an interrupt gets: the script's answer as it is, or `{decisions = [{type = "{answer}"}]}`."""

    recursion_limit: Annotated[int, Ge(1)] = 25
    """Most steps of the graph in a turn."""

    headers: dict[str, str] = field(default_factory=dict)
    """Headers; keys come from the environment: `{x-api-key = "{env.LANGGRAPH_API_KEY}"}`."""

    private: bool = False
    """Whether it may be in a private network, such as 10.0.0.0/8. Link-local addresses are refused always."""

    connect_s: Annotated[float, Gt(0), Le(600)] = 10.0
    """Longest wait for a connection."""

    idle_s: Annotated[float, Gt(0)] | None = None
    """Longest silence in the middle of an answer; a trial's own deadline always holds."""

    def __post_init__(self) -> None:
        """Refuse what could not be used."""
        self.http()

    def http(self) -> HttpSettings:
        """The same in terms of HTTP."""
        base = self.url.rstrip("/")
        run = {
            "assistant_id": self.assistant,
            "stream_mode": list(self.stream_mode),
            "stream_subgraphs": self.subgraphs,
            "on_disconnect": "cancel",  # a trial that is cut short must leave nothing running
            "config": {"recursion_limit": self.recursion_limit, "configurable": self.configurable},
        }
        return HttpSettings(
            url=f"{base}/threads/{{session}}/runs/stream",
            open_url=f"{base}/threads",
            session="$.thread_id",
            headers=self.headers,
            body={**run, "input": self.input},
            resume={**run, "command": {"resume": self.resume}},
            stream="sse",
            events="langgraph",
            private=self.private,
            connect_s=self.connect_s,
            idle_s=self.idle_s,
        )

    @property
    def place(self) -> str:
        """The server and the graph."""
        return f"{self.url.rstrip('/')} {self.assistant}"

    @property
    def effects(self) -> Effects:
        """As for any agent behind HTTP: what is not on this machine may be the real one."""
        return self.http().effects

    @property
    def variables(self) -> tuple[str, ...]:
        """Those that its templates name."""
        return self.http().variables
