"""AWS on this machine: moto's server, with made-up credentials."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ENVIRON = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The server's address."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def tell(moto: str) -> Callable[[str, Any], None]:
    """Tell the server what to answer, by the path of its own interface."""

    def told(path: str, body: Any) -> None:
        request = urllib.request.Request(
            f"{moto}/moto-api/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=5).close()

    return told


@pytest.fixture
def environ() -> dict[str, str]:
    """An environment with made-up credentials."""
    return {**os.environ, **ENVIRON}


@pytest.fixture
def client(moto: str) -> Any:
    """Makes clients of the server."""
    boto3 = pytest.importorskip("boto3")
    made: list[Any] = []

    def make(service: str) -> Any:
        made.append(
            boto3.Session(region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t").client(
                service, endpoint_url=moto
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.close()
