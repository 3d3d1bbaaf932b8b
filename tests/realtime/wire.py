"""A WebSocket client that does exactly what it is told, and nothing else."""

import base64
import json
import os
import socket
import struct
from typing import Any, Self
from urllib.parse import urlsplit


class RawSocket:
    """One Engine.IO connection, frame by frame."""

    def __init__(
        self, url: str, headers: dict[str, str] | None = None, *, path: str = "/socket.io/?EIO=4&transport=websocket"
    ) -> None:
        where = urlsplit(url)
        self.socket = socket.create_connection((where.hostname or "", where.port or 80), timeout=15)
        self.buffer = b""
        sent = {
            "Host": where.netloc, "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", **(headers or {}),
        }  # fmt: skip
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items() if value)]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer and (part := self.socket.recv(4096)):
            self.buffer += part
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        self.head = head.decode().lower()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, text: str) -> None:
        """Send one text frame."""
        payload, mask = text.encode(), os.urandom(4)
        length = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BH", 0x80 | 126, len(payload))  # fmt: skip
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(b"\x81" + length + mask + masked)

    def connect(self, hello: dict[str, Any]) -> None:
        """Say who we are, as Socket.IO does."""
        self.say("40" + json.dumps(hello))

    def hear(self) -> str | None:
        """Return the next text frame; None when the connection ended.

        Raises:
            ValueError: A frame is broken.
        """
        head = self._take(2)
        if head is None:
            return None
        kind, length = head[0] & 0x0F, head[1] & 0x7F
        if head[0] & 0x70 or kind not in {1, 2, 8, 9, 10}:
            raise ValueError(f"a broken frame: {head!r}")
        if length == 126:
            length = struct.unpack("!H", self._take(2) or b"\0\0")[0]
        elif length == 127:
            length = struct.unpack("!Q", self._take(8) or b"\0" * 8)[0]
        payload = self._take(length)
        if payload is None or kind == 8:
            return None
        return payload.decode() if kind == 1 else self.hear()

    def hear_event(self) -> tuple[str, Any] | None:
        """Return the next Socket.IO event, answering pings on the way; None when the connection ended."""
        while (text := self.hear()) is not None:
            if text == "2":
                self.say("3")
            elif text.startswith("42"):
                name, *data = json.loads(text[2:])
                return name, data[0] if data else None
        return None

    def _take(self, length: int) -> bytes | None:
        while len(self.buffer) < length:
            try:
                part = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not part:
                return None
            self.buffer += part
        taken, self.buffer = self.buffer[:length], self.buffer[length:]
        return taken
