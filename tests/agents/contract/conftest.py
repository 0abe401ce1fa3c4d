"""The targets of the contract tests: ours in this process, ours behind the wire of a deployment, and a deployment.

The last runs where the environment names one (see agents/compat/live.py) and is skipped elsewhere; it is reached by the very code
that reaches the stand-ins.
"""

import json
import os
import uuid
from types import SimpleNamespace

import pytest

from harness.llm.offline import OfflineModel
from harness.testing import QueuedModel
from harness.workspace import load_target

ROOT = __import__("pathlib").Path(__file__).parents[3]
TARGETS = ("ours", "wire", "live")
STANDINS = "tests/agents/contract/standins.py"
AWS = {"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
KEY = "a-key-of-the-test"


def of(path, *names):
    found = [load_target(ROOT, f"{path}:{name}") for name in names]
    return found[0] if len(found) == 1 else found


live_functions, live_queue, live_graph, job_ids, job_reader = of(
    "agents/compat/live.py", "functions", "queue", "graph", "job_ids", "job_reader"
)
DEPLOYED = {name: content for name, content in os.environ.items() if name.startswith(("FINHARNESS_", "AWS_"))}
"""What the environment said before the tests' own fixtures cleaned it: only a deployment's tests get to see it."""

SPENT = set()
"""Pending jobs of a deployment that a test has used up."""


def is_live(request):
    """Whether a test is meant for the deployment that the environment names."""
    return "live" in getattr(getattr(request.node, "callspec", None), "params", {}).values()


@pytest.fixture(autouse=True)
def clean_environment(request, clean_environment, monkeypatch):
    """As for every test; a deployment's tests find theirs again."""
    for name, content in DEPLOYED.items() if is_live(request) else ():
        monkeypatch.setenv(name, content)


@pytest.fixture(autouse=True)
def no_network(request):
    """As for every test; a deployment is elsewhere."""
    if not is_live(request):
        request.getfixturevalue("no_network")


def fresh_live_job():
    """The next pending job that the environment offers."""
    left = [name for name in job_ids(os.environ) if name not in SPENT]
    if not left:
        pytest.skip("no pending job is left: list more of them in FINHARNESS_JOB_IDS")
    SPENT.add(left[0])
    return left[0]


def _unread(job):
    pytest.skip(f"FINHARNESS_JOB_READER names nothing that reads the row of {job}")


@pytest.fixture
def offices(world, context):
    """Deployments of our five functions, each around a pending job of its own, found by the job that an event names."""
    team = of("agents/alex/policies/team.py", "policy")
    deployment, asked = of("agents/compat/deployment.py", "Deployment"), of("agents/_shared/jobs.py", "asked")
    rows, opened = of(STANDINS, "ROWS"), {}

    def add():
        job = str(uuid.uuid4())
        place = world(portfolio="P01", job=job)
        model = QueuedModel(lambda request: team(request, seed=1, noise=0.0))
        opened[job], rows[job] = deployment(context(model, world=place)), place
        return job

    first = add()

    def handler(name):
        def handle(event, given):
            named = asked(event)[0]
            return opened.get(named, opened[first]).handler(name)(event, given)

        return handle

    yield SimpleNamespace(add=add, handler=handler, row=lambda job: rows[job].job())
    for job in opened:
        del rows[job]


@pytest.fixture(params=TARGETS)
def functions(request, monkeypatch):
    """Five functions: `invoke(name, event)`, `job()` makes a pending job, `row(job)` reads its row."""
    if request.param == "live":
        target = live_functions(os.environ)
        if target is None:
            pytest.skip("FINHARNESS_LAMBDA_PREFIX names no deployment")
        read = job_reader(os.environ, root=ROOT) or _unread
        yield SimpleNamespace(invoke=target.invoke, job=fresh_live_job, row=read)
        return
    office = request.getfixturevalue("offices")
    if request.param == "ours":
        yield SimpleNamespace(
            invoke=lambda name, event: office.handler(name)(event, None), job=office.add, row=office.row
        )
        return
    pytest.importorskip("boto3")
    lambda_service, served, names = (
        *of(STANDINS, "lambda_service", "served"),
        of("agents/compat/deployment.py", "AGENTS"),
    )
    with served(lambda_service({name: office.handler(name) for name in names}, "alex-")) as url:
        settings = {"FINHARNESS_LAMBDA_PREFIX": "alex-", "FINHARNESS_LAMBDA_ENDPOINT": url,
                    "FINHARNESS_JOB_READER": f"{STANDINS}:read"}  # fmt: skip
        for name, content in {**AWS, **settings}.items():
            monkeypatch.setenv(name, content)
        read = job_reader(os.environ, root=ROOT)
        yield SimpleNamespace(invoke=live_functions(os.environ).invoke, job=office.add, row=read)


@pytest.fixture(scope="session")
def sqs():
    """An SQS server of moto's."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def made_queue(client):
    """A queue with the original's settings and its dead-letter queue."""
    settings = of("agents/_shared/queue.py", "JobQueue")()
    dead = client.create_queue(QueueName=f"jobs-{uuid.uuid4()}-dlq")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": settings.max_receives}
    attributes = {
        "VisibilityTimeout": str(int(settings.visibility_s)),
        "MessageRetentionPeriod": str(int(settings.retention_s)),
        "ReceiveMessageWaitTimeSeconds": str(int(settings.wait_s)),
        "RedrivePolicy": json.dumps(redrive),
    }
    return client.create_queue(QueueName=f"jobs-{uuid.uuid4()}", Attributes=attributes)["QueueUrl"], dead


@pytest.fixture(params=TARGETS)
def line(request, monkeypatch):
    """A queue in front of the Planner: `send(body)`, `wait(job)`, `attributes()`, `job()`, and `crash(body)` where we may."""
    if request.param == "live":
        target = live_queue(os.environ, root=ROOT)
        if target is None:
            pytest.skip("FINHARNESS_SQS_QUEUE_URL names no queue")
        yield SimpleNamespace(
            send=target.send, wait=target.wait, attributes=target.attributes, job=fresh_live_job, dead=None
        )
        return
    office, poison = request.getfixturevalue("offices"), set()

    def handle(event, given):
        if event["Records"][0]["body"] in poison:
            raise RuntimeError("out of memory")
        return office.handler("planner")(event, given)

    yield from (_own_line if request.param == "ours" else _wire_line)(request, monkeypatch, office, handle, poison)


def _own_line(request, monkeypatch, office, handle, poison):
    queue, work = of("agents/_shared/queue.py", "JobQueue")(), of("agents/compat/driver.py", "work")

    def wait(job):
        work(queue, handle)
        return office.row(job)

    names = ("visibility_s", "retention_s", "wait_s", "max_receives")
    yield SimpleNamespace(
        send=queue.send,
        wait=wait,
        attributes=lambda: {name: getattr(queue, name) for name in names},
        job=office.add,
        crash=poison.add,
        dead=lambda: [message.body for message in queue.dead],
    )


def _wire_line(request, monkeypatch, office, handle, poison):
    boto3, endpoint = pytest.importorskip("boto3"), request.getfixturevalue("sqs")
    client = boto3.client("sqs", region_name=AWS["AWS_REGION"], endpoint_url=endpoint,
                          aws_access_key_id="testing", aws_secret_access_key="testing")  # fmt: skip
    url, dead = made_queue(client)
    settings = {"FINHARNESS_SQS_QUEUE_URL": url, "FINHARNESS_SQS_ENDPOINT": endpoint,
                "FINHARNESS_JOB_READER": f"{STANDINS}:read"}  # fmt: skip
    for name, content in {**AWS, **settings}.items():
        monkeypatch.setenv(name, content)
    target = live_queue(os.environ, root=ROOT)

    def event_of(message):
        return {"Records": [{"messageId": message["MessageId"], "body": message["Body"], "eventSource": "aws:sqs"}]}

    def lost():
        found = client.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return [message["Body"] for message in found.get("Messages", ())]

    with of(STANDINS, "Worker")(client, url, handle, event_of):
        yield SimpleNamespace(
            send=target.send,
            wait=lambda job: target.wait(job, most_s=20, every_s=0.01),
            attributes=target.attributes,
            job=office.add,
            crash=poison.add,
            dead=lost,
        )
    client.close()


@pytest.fixture(params=TARGETS)
def clera(request, monkeypatch):
    """A conversation with Clera: `say(text)` and `answer(reply)` give `{messages, interrupts}`; `bank` where we can look."""
    if request.param == "live":
        target = live_graph(os.environ)
        if target is None:
            pytest.skip("FINHARNESS_LANGGRAPH_URL names no server")
        thread = target.thread()
        paper = os.environ.get("FINHARNESS_PAPER") == "1"
        yield _talk(lambda text, resume: target.run(thread, text, resume=resume), bank=None, paper=paper)
        return
    saver = pytest.importorskip("langgraph.checkpoint.memory").InMemorySaver()
    bank = request.getfixturevalue("world")(portfolio="P01")
    model = OfflineModel(of("agents/clera/policies/clera.py", "policy"), seed=1)
    made = request.getfixturevalue("context")(model, world=bank)
    graph_service, served = of(STANDINS, "graph_service", "served")
    graph = of("agents/compat/clera_graph.py", "clera_graph")(lambda _thread: made, checkpointer=saver)
    answer = graph_service(graph, KEY)
    if request.param == "ours":
        thread = str(uuid.uuid4())

        def send(text, resume):
            body = (
                {"input": {"messages": [{"role": "user", "content": text}]}}
                if text
                else {"command": {"resume": resume}}
            )
            state = answer(
                "POST", f"/threads/{thread}/runs/wait", {"assistant_id": "clera", **body}, {"x-api-key": KEY}
            )[2]
            waiting = [one["value"] for one in state.get("__interrupt__", ())]
            return {"messages": state["messages"], "interrupts": waiting}

        yield _talk(send, bank=bank, paper=True)
        return
    with served(answer) as url:
        monkeypatch.setenv("FINHARNESS_LANGGRAPH_URL", url)
        monkeypatch.setenv("FINHARNESS_LANGGRAPH_KEY", KEY)
        target = live_graph(os.environ)
        thread = target.thread()
        yield _talk(lambda text, resume: target.run(thread, text, resume=resume), bank=bank, paper=True)


def _talk(send, *, bank, paper):
    def say(text):
        return send(text, None)

    def answer(reply):
        if not paper:
            pytest.skip("nothing is answered on a deployment that FINHARNESS_PAPER=1 does not call paper")
        return send(None, reply)

    return SimpleNamespace(say=say, answer=answer, bank=bank)
