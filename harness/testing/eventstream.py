"""The binary frames of an AWS event stream, with their checksums."""

from __future__ import annotations

import json
from binascii import crc32
from collections.abc import Mapping
from struct import pack
from typing import Any, Final

_STRING: Final = 7


def event(kind: str, payload: Mapping[str, Any]) -> bytes:
    """Frame one event of a stream."""
    return frame({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind: str, message: str) -> bytes:
    """Frame an error in the middle of a stream, such as `throttlingException`."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, {"message": message})


def frame(headers: Mapping[str, str], payload: Mapping[str, Any]) -> bytes:
    """Frame a message: prelude with checksum, headers, payload, checksum of all."""
    head = b"".join(_header(name, text) for name, text in headers.items())
    body = json.dumps(payload).encode()
    prelude = pack("!II", 12 + len(head) + len(body) + 4, len(head))
    prelude += pack("!I", crc32(prelude))
    message = prelude + head + body
    return message + pack("!I", crc32(message))


def _header(name: str, text: str) -> bytes:
    encoded_name, encoded_text = name.encode(), text.encode()
    return pack("!B", len(encoded_name)) + encoded_name + pack("!BH", _STRING, len(encoded_text)) + encoded_text
