"""WebSocket frames (RFC 6455): what a server sends, and what a client may send."""

import base64
import binascii
import struct
from collections.abc import Iterator
from typing import Any

from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed
from wsproto.utilities import generate_accept_token

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = Opcode
NORMAL, PROTOCOL_ERROR, TOO_BIG = 1000, 1002, 1009
SHORT, MEDIUM, MOST_MEDIUM = 126, 127, 0xFFFF
KEY_BYTES = 16


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
    return generate_accept_token(key.encode()).decode()


class Inbox:
    """Puts a client's bytes together into messages; wsproto knows what a client may send.

    Args:
        most_bytes: The longest message it may send.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._protocol = FrameProtocol(client=False, extensions=[])
        self._parts: list[Any] = []  # Any: texts or bytes, all of one kind
        self._size = 0

    def take(self, data: bytes) -> Iterator[tuple[int, Any]]:
        """Yield each whole message and control frame that is there now, as kind and payload: a text is a str.

        Raises:
            BadFrame: The client broke the protocol.
        """
        self._protocol.receive_bytes(data)
        try:
            for found in self._protocol.received_frames():
                payload: Any = found.payload  # Any: its type hangs on the kind
                if found.opcode is Opcode.CLOSE:
                    yield CLOSE, code_of(*payload)
                elif found.opcode.iscontrol():
                    yield int(found.opcode), bytes(payload)
                else:
                    self._keep(payload)
                    if found.message_finished:
                        yield int(found.opcode), self._whole(found.opcode)
        except ParseFailed as problem:
            raise BadFrame(problem.code) from problem

    def _keep(self, part: str | bytearray) -> None:
        self._size += len(part)
        if self._size > self.most_bytes:
            raise BadFrame(TOO_BIG)
        self._parts.append(part)

    def _whole(self, kind: Opcode) -> Any:
        parts, self._parts, self._size = self._parts, [], 0
        return "".join(parts) if kind is Opcode.TEXT else b"".join(parts)


def code_of(code: int, _: str) -> bytes:
    """Return what a closing frame is answered with: its own code, or nothing where it had none."""
    return b"" if code == CloseReason.NO_STATUS_RCVD else struct.pack("!H", code)
