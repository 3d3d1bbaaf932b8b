"""Reading bodies: exactly so many bytes, in pieces, with their digest."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

from app.storage.adapters.protocol import WrongBytes

PIECE_BYTES = 1 << 20


class Body(Protocol):
    """What can be read."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most so many bytes; none at the end."""


class Watched:
    """A body whose own mistakes can be told from those of where it goes.

    Attributes:
        failed: What reading raised, such as a visitor who has gone.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self.failed: BaseException | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Read from the body."""
        try:
            return self._body.read(size)
        except BaseException as error:
            self.failed = error
            raise


def read_pieces(body: Body, size_bytes: int, key: str) -> Iterator[bytes]:
    """Yield exactly `size_bytes` in pieces of at most 1 MiB.

    Raises:
        WrongBytes: The body ends before.
    """
    left = size_bytes
    while left:
        piece = body.read(min(PIECE_BYTES, left))
        if not piece:
            raise WrongBytes(f"{size_bytes} bytes were said, the body ends {left} before", key)
        left -= len(piece)
        yield piece


def read_whole(body: Body, size_bytes: int, key: str) -> bytes:
    """Return exactly `size_bytes`: what fits in memory at once.

    Raises:
        WrongBytes: The body ends before.
    """
    first = body.read(size_bytes)
    if len(first) == size_bytes:
        return first
    return b"".join((first, *read_pieces(body, size_bytes - len(first), key)))


def check_ended(body: Body, size_bytes: int, key: str) -> None:
    """Take no body that goes on: half a file must not pass for the whole.

    Raises:
        WrongBytes: It does.
    """
    if body.read(1):
        raise WrongBytes(f"{size_bytes} bytes were said, the body has more", key)


def check_digest(said: str, found: str, key: str) -> None:
    """Compare digests where one was said.

    Raises:
        WrongBytes: They differ.
    """
    if said and said.lower() != found:
        raise WrongBytes(f"the digest is {found}, not {said[:64]}", key)


def digest(data: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
