"""Local servers that speak the wire of a deployment, with our own agents behind it: Lambda invoke, an SQS worker, LangGraph."""

import asyncio
import json
import re
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROWS = {}
"""Worlds by job id: the job table that `read` looks into."""


def read(job):
    """A row of the jobs table, as `FINHARNESS_JOB_READER` wants it."""
    return ROWS[job].job()


@contextmanager
def served(answer):
    """Serve `answer(method, path, body, headers) -> (status, headers, data)` over HTTP; the address is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            self._reply(*answer("POST", self.path, json.loads(self.rfile.read(length) or b"null"), self.headers))

        def do_GET(self):
            self._reply(*answer("GET", self.path, None, self.headers))

        def log_message(self, *_):
            pass

        def _reply(self, status, headers, data):
            body = json.dumps(data).encode()
            self.send_response(status)
            for name, content in {
                "Content-Length": str(len(body)),
                "Content-Type": "application/json",
                **headers,
            }.items():
                self.send_header(name, content)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lambda_service(handlers, prefix):
    """What AWS answers when functions are invoked; one that raises is reported as AWS does it."""

    def answer(method, path, event, headers):
        name = re.fullmatch(rf"/2015-03-31/functions/{prefix}(\w+)/invocations", path)
        if method != "POST" or name is None or name[1] not in handlers:
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, {"Message": f"Function not found: {path}"}
        try:
            return 200, {}, handlers[name[1]](event, None)
        except Exception as error:
            told = {"errorMessage": str(error), "errorType": type(error).__name__}
            return 200, {"X-Amz-Function-Error": "Unhandled"}, told

    return answer


def graph_service(graph, key):
    """What a LangGraph server answers for one assistant called clera."""
    from langgraph.types import Command

    def answer(method, path, body, headers):
        if headers.get("x-api-key") != key:
            return 403, {}, {"detail": "Invalid API key"}
        if path == "/threads":
            return 200, {}, {"thread_id": str(uuid.uuid4())}
        if method == "GET" and (name := re.fullmatch(r"/threads/([\w-]+)/state", path)):
            tasks = graph.get_state({"configurable": {"thread_id": name[1]}}).tasks
            return (
                200,
                {},
                {"tasks": [{"interrupts": [{"value": one.value} for one in task.interrupts]} for task in tasks]},
            )
        name = re.fullmatch(r"/threads/([\w-]+)/runs/wait", path)
        if method != "POST" or name is None or body["assistant_id"] != "clera":
            return 404, {}, {"detail": "not found"}
        given = Command(resume=body["command"]["resume"]) if "command" in body else body["input"]
        state = asyncio.run(graph.ainvoke(given, {"configurable": {"thread_id": name[1]}}))
        waiting = [{"value": one.value, "id": one.id} for one in state.get("__interrupt__", ())]
        return 200, {}, {"messages": state["messages"], **({"__interrupt__": waiting} if waiting else {})}

    return answer


class Worker:
    """Lambda's event source: receives messages, calls the handler, deletes what was handled."""

    def __init__(self, client, url, handler, event_of):
        self._client, self._url, self._handler, self._event_of = client, url, handler, event_of
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.deliveries = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(0.005):
            found = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=1, WaitTimeSeconds=0)
            for message in found.get("Messages", ()):
                self._deliver(message)

    def _deliver(self, message):
        self.deliveries.append(message["Body"])
        known = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
        try:
            self._handler(self._event_of(message), None)
        except Exception:
            self._client.change_message_visibility(**known, VisibilityTimeout=0)  # instead of waiting 910 seconds
        else:
            self._client.delete_message(**known)
