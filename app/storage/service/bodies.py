"""Bodies: where a sender's bytes are read, and whose fault it is when they stop."""

import io
from typing import IO, cast


class SenderGone(Exception):
    """The bytes could not be read from who sends them: no fault of the provider. The cause says why."""


class Body(io.RawIOBase):
    """A sender's stream: its mistakes are told from those of the provider, and a beginning may have been read."""

    def __init__(self, source: IO[bytes], head: bytes = b"") -> None:
        self._source, self._head = source, head
        self._begin = source.tell() if source.seekable() else None

    def readable(self) -> bool:
        """It is to be read."""
        return True

    def seekable(self) -> bool:
        """Say whether it can be read again."""
        return self._begin is not None

    def tell(self) -> int:
        """Return how far it was read, from its beginning."""
        if self._begin is None:
            raise io.UnsupportedOperation("tell")
        return self._source.tell() - self._begin

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere, counted from its beginning."""
        if self._begin is None:
            raise io.UnsupportedOperation("seek")
        return self._source.seek(self._begin + offset if whence == io.SEEK_SET else offset, whence) - self._begin

    def read(self, size: int = -1) -> bytes:
        """Read at most so many bytes.

        Raises:
            SenderGone: They could not be read.
        """
        if self._head and size:
            piece = self._head if size < 0 else self._head[:size]
            self._head = self._head[len(piece) :]
            return piece
        try:
            return self._source.read(size)
        except Exception as error:
            raise SenderGone(str(error)) from error


def look_ahead(source: IO[bytes], size: int) -> tuple[bytes, IO[bytes]]:
    """Read the beginning of a stream, and return it with a stream of the whole."""
    if source.seekable():
        begin = source.tell()
        head = source.read(size)
        source.seek(begin)
        return head, cast("IO[bytes]", Body(source))
    pieces, left = [], size
    while left and (piece := source.read(left)):
        pieces.append(piece)
        left -= len(piece)
    head = b"".join(pieces)
    return head, cast("IO[bytes]", Body(source, head))
