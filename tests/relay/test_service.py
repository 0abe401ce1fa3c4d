"""The relay as its clients meet it: over real connections of this machine, and over ones that vanish."""

from __future__ import annotations

import asyncio
import json
import threading

import httpx
import pytest

from harness.errors import Incomplete
from harness.gateway.hosting import serving
from harness.model import Event
from harness.relay import Relay, RelayClient
from harness.relay import app as shipped
from harness.relay.client import Heard
from harness.relay.grammar import slips
from harness.relay.hub import Hub
from harness.workspace import Workspace

AGENT = '''
import asyncio

async def slow(request, context):
    """Says the words of its input; `hold` waits until it is stopped."""
    for word in str(request.input).split():
        if word == "hold":
            await asyncio.sleep(60)
        elif word == "fail":
            raise RuntimeError("upstream closed")
        else:
            yield "text_delta", {"text": word + " "}
    yield "text_delta", {"text": f"({len(request.history)} before)"}
'''
TOML = '[agents.slow]\ntarget = "agents/slow.py:slow"\n[agents.real]\ntarget = "agents/slow.py:slow"\nside_effects = "live"\n'


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "cases").mkdir()
    (tmp_path / "agents" / "slow.py").write_text(AGENT)
    (tmp_path / "harness.toml").write_text(TOML)
    return Workspace.find(tmp_path)


@pytest.fixture
def relay(workspace):
    return Relay(workspace=workspace, grace_s=0.05)


@pytest.fixture
def url(relay):
    from harness.gateway.hosting import Serving

    running = Serving(relay, websockets=True)
    yield running.url
    running.close()


def a_hub(*texts):
    hub = Hub()
    channel = hub.open("t")
    channel.tell(Event(0.0, "text_delta", {"text": text}) for text in texts)
    channel.end(status="passed")
    return hub


# ---- talking to an agent


def test_an_agent_is_run_and_heard(url):
    with RelayClient(url) as client:
        trial = client.start("slow", "hello there")
        heard = list(client.events(trial))

    assert "".join(event.text for event in heard if event.type == "text_delta") == "hello there (0 before)"
    assert slips([event.data for event in heard]) == []
    assert heard[-1].data["metadata"]["status"] == "completed"


def test_the_later_form_is_heard_too(url):
    with RelayClient(url) as client:
        heard = list(client.events(client.start("slow", "hello"), form="ten"))

    assert slips([event.data for event in heard], "ten") == []
    assert [event.id for event in heard] == sorted({event.id for event in heard})


def test_an_interruption_redirects_the_agent_which_knows_what_it_had_said(url):
    with RelayClient(url) as client:
        trial = client.start("slow", "buy hold")
        stream = client.events(trial)
        first = next(stream)
        told = client.interrupt(trial, "sell now", key="k1")
        again = client.interrupt(trial, "sell now", key="k1")
        heard = [first, *stream]

    assert (told["interrupted"], told["redirected"]) == (True, True)
    assert again["repeated"] is True
    assert "".join(event.text for event in heard if event.type == "text_delta") == "buy sell now (1 before)"
    assert slips([event.data for event in heard]) == []
    assert heard[-1].data["metadata"]["status"] == "completed"


def test_an_interruption_without_a_wish_stops_it_and_a_late_one_does_nothing(url):
    with RelayClient(url) as client:
        trial = client.start("slow", "wait hold")
        stream = client.events(trial)
        next(stream)
        client.interrupt(trial)
        heard = list(stream)
        late = client.interrupt(trial)

    assert heard[-1].data["metadata"]["status"] == "interrupted"
    assert late == {"trial": trial, "interrupted": False, "over": True}


def test_a_failure_is_an_error_and_then_the_end(url):
    with RelayClient(url) as client:
        heard = list(client.events(client.start("slow", "one fail")))

    assert [event.type for event in heard] == ["text_delta", "error", "done"]
    assert heard[1].data["error"] == "RuntimeError: upstream closed"
    assert slips([event.data for event in heard]) == []


def test_a_client_that_vanishes_stops_the_agent_that_ran_for_it(url, relay):
    with (
        httpx.Client(base_url=url, timeout=5) as http,
        http.stream("POST", "/stream", json={"agent": "slow", "input": "go hold"}) as response,
    ):
        trial = response.headers["x-trial"]
        next(response.iter_bytes())
    channel = relay.hub.find(trial)

    assert over(channel)
    assert channel.after(channel.last - 1)[1][0]["metadata"]["status"] == "interrupted"
    assert relay.hub.listeners == 0


def over(channel):
    """Wait until a trial is over, without listening to it."""
    bell = threading.Event()
    return any(channel.is_over or bell.wait(0.01) for _ in range(500))


def test_a_client_that_comes_back_in_time_finds_the_agent_at_work(workspace):
    relay = Relay(workspace=workspace, grace_s=30)
    with serving(relay) as url, RelayClient(url) as client:
        with (
            httpx.Client(base_url=url, timeout=5) as http,
            http.stream("POST", "/stream", json={"agent": "slow", "input": "go hold"}) as response,
        ):
            trial = response.headers["x-trial"]
            next(response.iter_bytes())
        stream = client.events(trial, after=0)
        assert next(stream).text == "go "
        client.interrupt(trial, "well done")
        assert "".join(event.text for event in stream if event.type == "text_delta") == "well done (1 before)"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        pytest.param({"agent": "slwo", "input": "x"}, "there is no agent 'slwo'", id="unknown"),
        pytest.param({"agent": "slow"}, "there is no input", id="nothing-said"),
        pytest.param({"agent": "real", "input": "x"}, "acts on the real world", id="live"),
    ],
)
def test_agents_that_cannot_be_run(url, wanted, told):
    response = httpx.post(f"{url}/trials", json=wanted)

    assert response.status_code == 400
    assert told in response.json()["error"]
    assert response.json()["fix"]


# ---- a run that is shown


def test_a_run_is_shown_and_not_interrupted():
    with serving(Relay(a_hub("a", "b"), runs_agents=False)) as url, RelayClient(url) as client:
        heard = list(client.events())
        assert [item["trial"] for item in client.trials()] == ["t"]
        with pytest.raises(Incomplete, match="starts no agents"):
            client.start("slow", "x")

    assert [event.text for event in heard] == ["a", "b", ""]
    assert list(map(type, heard)) == [Heard] * 3


def test_compression_is_used_where_it_is_accepted_and_its_ratio_known():
    relay = Relay(a_hub(*("The portfolio is worth 99,437.50 dollars. " for _ in range(200))), runs_agents=False)
    with serving(relay) as url:
        plain = httpx.get(f"{url}/events", headers={"accept-encoding": "identity"})
        before = relay.sent_bytes
        packed = httpx.get(f"{url}/events", headers={"accept-encoding": "gzip"})
        about = httpx.get(url).json()

    assert packed.text == plain.text
    assert about["ratio"] == round(relay.raw_bytes / relay.sent_bytes, 2) > 1
    assert packed.headers["content-encoding"] == "gzip"
    assert (relay.sent_bytes - before) * 5 < len(plain.content)


def test_what_cannot_be_heard_is_told():
    hub = a_hub("a")
    hub.open("u")
    hub.open("v")
    with serving(Relay(hub, runs_agents=False)) as url:
        assert httpx.get(f"{url}/events").json()["error"].startswith("2 trials can be heard")
        assert httpx.get(f"{url}/events?trial=x").status_code == 404
        assert httpx.get(f"{url}/events?trial=t&form=nine").status_code == 400
        assert httpx.get(f"{url}/nothing").status_code == 404
        assert httpx.post(f"{url}/trials/x/interrupt", json={}).status_code == 404
        assert httpx.post(f"{url}/trials/t/interrupt", content=b"[").status_code == 400
        assert httpx.post(f"{url}/trials/u/interrupt", json={}).status_code == 403


# ---- who is let in


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"host": "evil.example"}, id="another-name"),
        pytest.param({"host": "127.0.0.1.evil.example"}, id="a-name-that-begins-like-ours"),
        pytest.param({"origin": "https://evil.example"}, id="another-site"),
        pytest.param({"origin": "null"}, id="a-page-without-a-site"),
        pytest.param({"host": "[::1"}, id="no-name"),
    ],
)
def test_hostile_origins_and_names_are_refused(headers):
    with serving(Relay(a_hub("secret"), runs_agents=False)) as url:
        response = httpx.get(f"{url}/events", headers=headers)

    assert response.status_code == 403
    assert "secret" not in response.text


def test_other_machines_are_refused():
    sent = asyncio.run(asked("/events", client=("10.0.0.7", 5), relay=Relay(a_hub("secret"), runs_agents=False)))

    assert sent[0]["status"] == 403
    assert b"only programs of this machine" in sent[1]["body"]


async def asked(path, *, relay, client=("127.0.0.1", 5), receive=None, send=None, headers=()):
    sent = []

    async def keep(message):
        sent.append(message)

    async def quiet():
        await asyncio.sleep(60)

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "client": client,
        "headers": [(b"host", b"localhost"), *headers],
    }  # fmt: skip
    await relay(scope, receive or quiet, send or keep)
    return sent


def test_a_client_that_reads_nothing_is_let_go(monkeypatch):
    """Its connection takes one piece and then no more: the relay must not wait, nor hold what it cannot send."""
    from harness.relay import service

    monkeypatch.setattr(service, "SEND_S", 0.05)
    relay = Relay(a_hub(*"abc"), runs_agents=False)
    taken = []

    async def send(message):
        if message["type"] == "http.response.body":
            if taken:
                await asyncio.sleep(60)
            taken.append(message)

    asyncio.run(asked("/events", relay=relay, send=send))

    assert len(taken) == 1
    assert relay.hub.listeners == 0


def test_more_listeners_than_may_be_are_refused(monkeypatch):
    from harness.relay import service

    monkeypatch.setattr(service, "LISTENERS", 0)
    sent = asyncio.run(asked("/events", relay=Relay(a_hub("a"), runs_agents=False)))

    assert sent[0]["status"] == 503


def test_a_request_that_is_too_long(url):
    response = httpx.post(f"{url}/trials", content=b'{"agent": "' + b"x" * 1_100_000 + b'"}')

    assert response.status_code == 413


# ---- WebSocket


def test_a_conversation_over_a_websocket(url):
    from websockets.sync.client import connect

    with connect(f"{url.replace('http', 'ws')}/ws?agent=slow&input=buy+hold") as line:
        first = json.loads(line.recv(timeout=5))
        line.send(json.dumps({"type": "interrupt", "id": "k", "redirect": "sell"}))
        line.send(json.dumps({"type": "interrupt", "id": "k", "redirect": "sell"}))
        line.send("nonsense")
        rest = [json.loads(message) for message in line]
        assert line.protocol.extensions  # permessage-deflate

    events = [first, *(item for item in rest if item["type"] not in {"ack", "refused"})]
    assert slips(events) == []
    assert "".join(item["text"] for item in events if item["type"] == "text_delta") == "buy sell (1 before)"
    assert [item["status"] for item in rest if item["type"] == "ack"] == [202, 200]
    assert [item["status"] for item in rest if item["type"] == "refused"] == [400]


def test_a_websocket_that_hangs_up_stops_its_agent(url, relay):
    from websockets.sync.client import connect

    with connect(f"{url.replace('http', 'ws')}/ws?agent=slow&input=go+hold") as line:
        trial = json.loads(line.recv(timeout=5))["session_id"]

    assert over(relay.hub.find(trial))
    assert relay.hub.listeners == 0


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}], ids=["origin", "host"]
)
def test_hostile_websockets_are_refused(url, headers):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"{url.replace('http', 'ws')}/ws", additional_headers=headers),
    ):
        pass


# ---- a client that comes back


class Broken(httpx.BaseTransport):
    """Hands requests to the relay's answers, and cuts each off after so many bytes."""

    def __init__(self, whole: bytes, cuts: list[int]) -> None:
        self.whole, self.cuts, self.asked = whole, cuts, []

    def handle_request(self, request):
        after = int(request.headers["last-event-id"])
        self.asked.append(after)
        events = self.whole.split(b"\n\n")[after:]
        body = b"\n\n".join(events)
        if self.cuts:
            return httpx.Response(200, stream=Cut(body[: self.cuts.pop(0)]), headers={"x-trial": "t"})
        return httpx.Response(200, content=body, headers={"x-trial": "t"})


class Cut(httpx.SyncByteStream):
    def __init__(self, body):
        self.body = body

    def __iter__(self):
        yield self.body
        raise httpx.ReadError("connection reset")


def sent(hub):
    from harness.relay.sse import encoded

    _, wires = hub.find("t").after(0)
    return b"".join(encoded(wire, name=wire["type"], number=wire["id"]) for wire in wires)


def test_a_broken_connection_is_made_again_where_it_broke():
    hub = a_hub("é", "b", "c", "d")
    transport = Broken(sent(hub), [170, 500, 40])
    slept = []

    with RelayClient("http://relay", transport=transport, sleep=slept.append) as client:
        heard = list(client.events("t"))

    assert "".join(event.text for event in heard) == "ébcd"
    assert [event.id for event in heard] == [1, 2, 3, 4, 5]
    assert client.reconnects == len(slept) == 3
    assert transport.asked == sorted(transport.asked)


def test_it_gives_up_after_so_many_tries_in_vain():
    transport = Broken(sent(a_hub("a")), [0] * 9)

    with (
        RelayClient("http://relay", transport=transport, tries=3, sleep=lambda _: None) as client,
        pytest.raises(Incomplete) as caught,
    ):
        list(client.events("t"))

    assert "connection reset" in str(caught.value)
    assert len(transport.asked) == 3


def test_the_shipped_application_is_one():
    assert isinstance(shipped, Relay)
    assert threading.active_count() >= 1
