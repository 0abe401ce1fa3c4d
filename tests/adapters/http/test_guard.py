"""Which addresses may be asked: nothing that names or numbers can hide leads into a place that nobody configured."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from harness.adapters.http.guard import is_loopback, objection, resolved
from harness.adapters.target import TargetError

FORBIDDEN = ["169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::",
             "0.0.0.0", "::", "224.0.0.1", "240.0.0.1", "fd00:ec2::254", "100.100.100.200", "255.255.255.255"]  # fmt: skip
PRIVATE = ["10.0.0.1", "172.16.5.5", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1", "198.18.0.1"]
HERE = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_some_addresses_are_refused_whatever_is_allowed(address: str) -> None:
    assert objection(address, loopback=True, private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_must_be_allowed(address: str) -> None:
    assert "private network" in (objection(address, loopback=True, private=False) or "")
    assert objection(address, loopback=False, private=True) is None


@pytest.mark.parametrize("address", HERE)
def test_this_machine_must_be_allowed(address: str) -> None:
    assert objection(address, loopback=True, private=False) is None
    assert objection(address, loopback=False, private=True) == "an address of this machine"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "8.8.8.8"])
def test_the_public_internet_is_allowed(address: str) -> None:
    assert objection(address, loopback=False, private=False) is None


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("LOCALHOST.", True), ("127.0.0.1", True), ("::1", True), ("127.0.0.1.nip.io", False), ("", False), ("localhost.evil.com", False)],
)  # fmt: skip
def test_a_name_says_whether_it_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    "answers", [["169.254.169.254"], ["93.184.216.34", "127.0.0.1"], ["93.184.216.34", "10.0.0.1"]]
)
def test_a_name_that_leads_to_a_refused_address_is_refused(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)

    with pytest.raises(TargetError, match="agents.example.com, which is") as caught:
        asyncio.run(resolved("agents.example.com", 443, loopback=False, private=False, where="agents.a"))
    assert caught.value.kind == "refused_address"


def test_a_name_that_leads_nowhere_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lookup)

    with pytest.raises(TargetError, match="leads nowhere"):
        asyncio.run(resolved("no-such-host", 443, loopback=False, private=False, where="agents.a"))
