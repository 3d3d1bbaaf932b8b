"""WebSocket frames (RFC 6455): what a server sends, and what a client may send."""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterator

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NORMAL, PROTOCOL_ERROR, NOT_TEXT, TOO_BIG = 1000, 1002, 1007, 1009
SHORT, MEDIUM, MOST_MEDIUM = 126, 127, 0xFFFF
KEY_BYTES = 16
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class BadFrame(Exception):
    """A client broke the protocol.

    Attributes:
        code: What it is told in the closing frame.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def frame(kind: int, payload: bytes) -> bytes:
    """Return one whole frame; a server's are not masked."""
    length = len(payload)
    if length < SHORT:
        return struct.pack("!BB", 0x80 | kind, length) + payload
    if length <= MOST_MEDIUM:
        return struct.pack("!BBH", 0x80 | kind, SHORT, length) + payload
    return struct.pack("!BBQ", 0x80 | kind, MEDIUM, length) + payload


def closing(code: int) -> bytes:
    """Return the frame that ends a connection."""
    return frame(CLOSE, struct.pack("!H", code))


def accept_key(key: str) -> str | None:
    """Return what a handshake's Sec-WebSocket-Key is answered with; None when it is no key."""
    try:
        if len(base64.b64decode(key, validate=True)) != KEY_BYTES:
            return None
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest()).decode()


class Inbox:
    """Puts a client's bytes together into messages.

    Args:
        most_bytes: The longest message it may send.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._rest = b""
        self._parts = b""
        self._kind: int | None = None

    def take(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield each whole message and control frame that is there now, as kind and payload.

        Raises:
            BadFrame: The client broke the protocol.
        """
        self._rest += data
        while (found := self._next_frame()) is not None:
            is_last, kind, payload = found
            if kind >= CLOSE:
                yield kind, payload
                continue
            if (kind == CONTINUATION) == (self._kind is None):
                raise BadFrame(PROTOCOL_ERROR)
            self._kind = kind or self._kind
            self._parts += payload
            if len(self._parts) > self.most_bytes:
                raise BadFrame(TOO_BIG)
            if is_last and self._kind is not None:
                message = self._kind, self._parts
                self._kind, self._parts = None, b""
                yield message

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        rest = self._rest
        if len(rest) < 2:  # noqa: PLR2004 (the two bytes every frame begins with)
            return None
        kind, length, start = rest[0] & 0x0F, rest[1] & 0x7F, 2
        is_last, is_control = bool(rest[0] & 0x80), kind >= CLOSE
        known = kind in {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}
        if rest[0] & 0x70 or not known or not rest[1] & 0x80 or (is_control and (length >= SHORT or not is_last)):
            raise BadFrame(PROTOCOL_ERROR)
        if length >= SHORT:
            size = 2 if length == SHORT else 8
            if len(rest) < start + size:
                return None
            length, start = int.from_bytes(rest[start : start + size], "big"), start + size
        if length > self.most_bytes:
            raise BadFrame(TOO_BIG)
        end = start + 4 + length
        if len(rest) < end:
            return None
        self._rest = rest[end:]
        return is_last, kind, unmask(rest[start : start + 4], rest[start + 4 : end])


def unmask(mask: bytes, payload: bytes) -> bytes:
    """Return what a client masked."""
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
