"""Speaks clamd's INSTREAM: a command, pieces with their length before them, a piece of no length, and its answer."""

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_S, ANSWER_S = 5.0, 120.0
MOST_ANSWER = 4096


class ScannerAway(Exception):
    """Nobody answered, or not in time."""


class ScannerRefused(Exception):
    """It will not look at this one, such as for being longer than its StreamMaxLength."""


@dataclass(frozen=True)
class Verdict:
    """What clamd said; `found` is the name of what it knows, "" for nothing."""

    found: str

    @property
    def is_clean(self) -> bool:
        """Whether it knows nothing bad of it."""
        return not self.found


def scan(address: str, pieces: Iterable[bytes]) -> Verdict:
    """Send a file's bytes and return the verdict.

    Args:
        address: `tcp://host:port` or `unix:///path`.
        pieces: At most 4 GiB each.

    Raises:
        ScannerAway: It may answer another time.
        ScannerRefused: It will not.
    """
    try:
        with _connect(address) as wire:
            return _read_verdict(_ask(wire, pieces))
    except (OSError, EOFError) as error:
        raise ScannerAway(str(error)) from error


def ping(address: str) -> str:
    """Return clamd's version and that of its signatures.

    Raises:
        ScannerAway: Nobody answers there.
    """
    try:
        with _connect(address) as wire:
            wire.sendall(b"zVERSION\0")
            return _read_line(wire)
    except (OSError, EOFError) as error:
        raise ScannerAway(str(error)) from error


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(CONNECT_S)
        wire.connect(parts.path)
    else:
        wire = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 3310), CONNECT_S)
    wire.settimeout(ANSWER_S)
    return wire


def _ask(wire: socket.socket, pieces: Iterable[bytes]) -> str:
    wire.sendall(b"zINSTREAM\0")
    try:
        for piece in pieces:
            if piece:
                wire.sendall(struct.pack("!I", len(piece)) + piece)
        wire.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it says why before it hangs up
    return _read_line(wire)


def _read_line(wire: socket.socket) -> str:
    said = bytearray()
    while not said.endswith(b"\0"):
        piece = wire.recv(1024)
        if not piece or len(said) > MOST_ANSWER:
            break
        said += piece
    if not said:
        raise EOFError("clamd hung up without an answer")
    return said.rstrip(b"\0\n").decode(errors="replace")


def _read_verdict(said: str) -> Verdict:
    body = said.partition(": ")[2] or said
    if body == "OK":
        return Verdict("")
    if body.endswith(" FOUND"):
        return Verdict(body.removesuffix(" FOUND"))
    raise ScannerRefused(body)
