"""Show what agents do while they do it: server-sent events and WebSockets of any trial, with a client that comes back.

`app` is an ASGI application: `uvicorn harness.relay:app` serves the workspace of the current folder on this machine alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import exports

if TYPE_CHECKING:
    from .client import Heard, RelayClient
    from .forms import TenForm, seven
    from .grammar import Slip, slips
    from .hub import Channel, Hub
    from .service import Relay, app

__all__ = ["Channel", "Heard", "Hub", "Relay", "RelayClient", "Slip", "TenForm", "app", "seven", "slips"]

__getattr__, __dir__ = exports(
    __name__,
    {
        "client": ("Heard", "RelayClient"),
        "forms": ("TenForm", "seven"),
        "grammar": ("Slip", "slips"),
        "hub": ("Channel", "Hub"),
        "service": ("Relay", "app"),
    },
)
