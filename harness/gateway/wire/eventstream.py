"""The binary frames of an AWS event stream, with their checksums: written, and read from pieces cut anywhere."""

from __future__ import annotations

import json
from binascii import crc32
from collections.abc import Iterator, Mapping
from struct import pack, unpack_from
from typing import Any, Final

from harness.frozen import frozen
from harness.llm.errors import ModelError

_STRING: Final = 7
_PRELUDE: Final = 12
_TRAILER: Final = 4
_MOST_BYTES: Final = 16 * 1024 * 1024


@frozen
class Frame:
    """One message of a stream."""

    headers: Mapping[str, str]
    """Its text headers, such as `:event-type`."""

    payload: bytes
    """Its body."""


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
    prelude = pack("!II", _PRELUDE + len(head) + len(body) + _TRAILER, len(head))
    prelude += pack("!I", crc32(prelude))
    message = prelude + head + body
    return message + pack("!I", crc32(message))


class FrameReader:
    """The frames in a stream of bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[Frame]:
        """Every frame that has come to its end.

        Raises:
            ModelError: for bytes that are no frame: too large, or with a checksum that does not fit.
        """
        data, start, found = self._rest + chunk, 0, []
        while len(data) - start >= _PRELUDE:
            size, headers, checksum = unpack_from("!III", data, start)
            if checksum != crc32(data[start : start + 8]) or not _PRELUDE + _TRAILER <= size <= _MOST_BYTES:
                raise ModelError("invalid_reply", "the stream has a frame that cannot be read")
            if len(data) - start < size:
                break
            found.append(_frame(data[start : start + size], headers))
            start += size
        self._rest = data[start:]
        return found


def _frame(message: bytes, headers: int) -> Frame:
    body_ends = len(message) - _TRAILER
    if unpack_from("!I", message, body_ends)[0] != crc32(message[:body_ends]):
        raise ModelError("invalid_reply", "the stream has a frame whose checksum does not fit")
    head_ends = _PRELUDE + headers
    return Frame(dict(_headers(message[_PRELUDE:head_ends])), message[head_ends:body_ends])


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Text headers; a header of another type ends the reading, for providers send none."""
    place = 0
    while place < len(data):
        name_ends = place + 1 + data[place]
        name = data[place + 1 : name_ends].decode("utf-8", "replace")
        if data[name_ends] != _STRING:
            return
        (size,) = unpack_from("!H", data, name_ends + 1)
        text_starts = name_ends + 3
        yield name, data[text_starts : text_starts + size].decode("utf-8", "replace")
        place = text_starts + size


def _header(name: str, text: str) -> bytes:
    encoded_name, encoded_text = name.encode(), text.encode()
    return pack("!B", len(encoded_name)) + encoded_name + pack("!BH", _STRING, len(encoded_text)) + encoded_text
