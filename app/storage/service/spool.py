"""The spool: where bytes wait whose number nobody knows yet. Without a name, so that no kill leaves one behind."""

import errno
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from typing_extensions import Buffer

from app.core import files
from app.storage.models import StoredFile
from app.storage.problems import FileTooLarge, StorageFull

CHUNK = 1 << 20


class Spool(io.BufferedRandom):
    """A file to write that takes so many bytes at most.

    Attributes:
        about: What is kept with it; to be filled before its block ends.
        is_wanted: False before its block ends, and it is forgotten.
        file: What became of it, once its block has ended.
    """

    def __init__(self, raw: io.RawIOBase, most_bytes: int) -> None:
        super().__init__(raw)
        self.most_bytes = most_bytes
        self.about: dict[str, Any] = {}
        self.is_wanted = True
        self.stored: StoredFile | None = None

    def write(self, data: Buffer) -> int:
        """Write, up to the limit.

        Raises:
            FileTooLarge: It would be more.
            StorageFull: The disk is full.
        """
        if self.tell() + memoryview(data).nbytes > self.most_bytes:
            raise FileTooLarge(most_bytes=self.most_bytes)
        with told_when_full():
            return super().write(data)

    def rewind(self) -> int:
        """Go to the beginning, and return how many bytes there are."""
        with told_when_full():
            self.flush()
        size = self.seek(0, io.SEEK_END)
        self.seek(0)
        return size

    @property
    def file(self) -> StoredFile:
        """The stored file; there once the block that wrote it has ended well."""
        if self.stored is None:
            raise RuntimeError("the file is stored when its block ends")
        return self.stored


@contextmanager
def spooled(most_bytes: int) -> Iterator[Spool]:
    """Open a nameless file in the spool folder, which is on the disk of the uploads."""
    folder = files.make_spool()
    raw: io.RawIOBase = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  closed with the Spool
    with Spool(raw, most_bytes) as target:
        yield target


def fill(target: Spool, body: IO[bytes]) -> None:
    """Copy a stream of unknown length into the spool.

    Raises:
        FileTooLarge, StorageFull: As `Spool.write`.
    """
    while chunk := body.read(CHUNK):
        target.write(chunk)


@contextmanager
def told_when_full() -> Iterator[None]:
    """Say of a full disk what it means."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from error
        raise
