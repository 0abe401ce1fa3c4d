from __future__ import annotations

import socket

import pytest
from browsing import asked_hosts, open_page, severe

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def address(crowded):
    return crowded


def test_the_overview_shows_the_figures_and_calls_nobody(browser, address):
    open_page(browser, address, "Pass rate", "76.0%", "of 27 trials", "Cases that did not pass", "Trend")

    assert browser.title == "finharness"
    assert severe(browser) == []
    assert asked_hosts(browser) == {"127.0.0.1"}


def test_only_this_machine_is_listened_on(address):
    """Another of its addresses, or a name that leads here, gets nothing."""
    port = int(address.rsplit(":", 1)[1])
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", port)) != 0

    assert handshake(port, f"127.0.0.1:{port}").startswith(b"HTTP/1.1 101")
    assert handshake(port, "evil.example").startswith(b"HTTP/1.1 403")


def handshake(port, host):
    """Ask for the page's data as a browser would that was led here under that name."""
    lines = (
        "GET /_stcore/stream HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", "",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall("\r\n".join(lines).encode())
        return client.recv(1024)
