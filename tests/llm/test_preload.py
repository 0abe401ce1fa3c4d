"""Importing a provider's library before the processes that use it are made."""

import json
import os
import subprocess
import sys

import pytest

from harness.llm.preload import preload

PROGRAM = """
import json, sys, threading, socket
asked = []
sys.addaudithook(lambda event, args: asked.append(str(args)) if event in {"socket.connect", "socket.getaddrinfo"} else None)
from harness.llm.preload import preload
preload(sys.argv[1:])
print(json.dumps([threading.active_count(), asked, sorted(name for name in sys.modules if "." not in name)]))
"""


@pytest.mark.parametrize(("provider", "library"), [("anthropic", "anthropic"), ("bedrock", "boto3")])
def test_a_library_is_loaded_without_a_thread_or_a_connection(provider, library):
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM, provider], capture_output=True, env=environ, check=True)

    threads, asked, modules = json.loads(done.stdout.splitlines()[-1])

    assert threads == 1  # only such a process may be forked
    assert asked == []
    assert library in modules


def test_a_provider_without_a_library_and_one_that_is_missing_are_passed_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)

    preload(["offline", "bedrock", "nonsense"])

    assert sys.modules["boto3"] is None  # whoever asks for a model of it is told
