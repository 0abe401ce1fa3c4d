"""Host stand-ins of a whole deployment and run the contract tests against it, told apart from a real one by nothing.

`python tests/agents/contract/host.py -k live` sets the environment that a user would set, and runs pytest in this process.
"""

import itertools
import os
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from moto.server import ThreadedMotoServer

from harness.adapters import Context
from harness.adapters.clock import Clock
from harness.llm.offline import OfflineModel
from harness.recorder import Recorder
from harness.testing import QueuedModel
from harness.workspace import load_target

ROOT = Path(__file__).parents[3]
STANDINS = "tests/agents/contract/standins.py"
JOBS = 30
AWS = {"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def of(path, name):
    return load_target(ROOT, f"{path}:{name}")


def context(model, world):
    recorder = Recorder(itertools.count().__next__)
    clock = Clock("2026-11-20T15:30:00+00:00")
    return Context(recorder, clock=clock, seed=1, settings={}, world=world, connect=lambda *_: model)


class Office:
    """Our functions and Clera, around as many worlds as there are jobs and conversations."""

    def __init__(self):
        team, clera = of("agents/alex/policies/team.py", "policy"), of("agents/clera/policies/clera.py", "policy")
        self._team = QueuedModel(lambda request: team(request, seed=1, noise=0.0))
        self._clera = OfflineModel(clera, seed=1)
        self._talks = {}
        self.functions = {}
        self.worlds = []
        for _ in range(JOBS):
            self._add(str(uuid.uuid4()))

    def handler(self, name):
        asked = of("agents/_shared/jobs.py", "asked")
        first = next(iter(self.functions.values()))
        return lambda event, given: self.functions.get(asked(event)[0], first).handler(name)(event, given)

    def talk(self, thread):
        if thread not in self._talks:
            self._talks[thread] = context(self._clera, self._world(portfolio="P01"))
        return self._talks[thread]

    def _add(self, job):
        world = self._world(portfolio="P01", job=job)
        of(STANDINS, "ROWS")[job] = world
        self.functions[job] = of("agents/compat/deployment.py", "Deployment")(context(self._team, world))

    def _world(self, **spec):
        self.worlds.append(of("agents/_shared/world.py", "open_world")(spec, as_of=None, seed=1, root=ROOT))
        return self.worlds[-1]


def event_of(message):
    return {"Records": [{"messageId": message["MessageId"], "body": message["Body"], "eventSource": "aws:sqs"}]}


def main(words):
    os.chdir(ROOT)
    os.environ.update(AWS)
    served, office = of(STANDINS, "served"), Office()
    sqs = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    sqs.start()
    host, port = sqs.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("sqs", endpoint_url=endpoint, region_name=AWS["AWS_REGION"])
    url, _ = of("tests/agents/contract/conftest.py", "made_queue")(client)
    handlers = {name: office.handler(name) for name in of("agents/compat/deployment.py", "AGENTS")}
    graph = of("agents/compat/clera_graph.py", "clera_graph")(office.talk, checkpointer=InMemorySaver())
    with ExitStack() as stack:
        functions = stack.enter_context(served(of(STANDINS, "lambda_service")(handlers, "prod-")))
        clera = stack.enter_context(served(of(STANDINS, "graph_service")(graph, "k")))
        stack.enter_context(of(STANDINS, "Worker")(client, url, office.handler("planner"), event_of))
        os.environ.update(
            FINHARNESS_LAMBDA_PREFIX="prod-",
            FINHARNESS_LAMBDA_ENDPOINT=functions,
            FINHARNESS_SQS_QUEUE_URL=url,
            FINHARNESS_SQS_ENDPOINT=endpoint,
            FINHARNESS_JOB_READER=f"{STANDINS}:read",
            FINHARNESS_JOB_IDS=",".join(office.functions),
            FINHARNESS_LANGGRAPH_URL=clera,
            FINHARNESS_LANGGRAPH_KEY="k",
            FINHARNESS_PAPER="1",
        )
        code = pytest.main(["tests/agents/contract", "-q", "-p", "no:cacheprovider", "-W", "ignore", *words])
    sqs.stop()
    for world in office.worlds:
        world.close()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
