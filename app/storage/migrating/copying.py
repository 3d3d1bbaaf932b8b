"""Copying one object between providers, and proving that a copy is one. No database here: threads do this."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from app.storage.adapters.protocol import ObjectExists, ObjectMissing, Provider, Stored, WrongBytes

SMALL_BYTES = 1 << 20  # read whole: a body that can be sent again, and one call less per object
Take = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an object must be.

    Attributes:
        sha256: As the file's row has it; "" while nobody knows it.
    """

    key: str
    size_bytes: int
    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that is there.

    Attributes:
        was_there: It was before: nothing was written.
        read_again: Bytes read at the target to know so.
    """

    etag: str
    sha256: str
    was_there: bool = False
    read_again: int = 0


class Pieces(io.RawIOBase):
    """Pieces of an object as a file to read from, each let through by `take`."""

    def __init__(self, pieces: Iterator[bytes], take: Take) -> None:
        super().__init__()
        self._pieces, self._take, self._rest = pieces, take, memoryview(b"")

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer with what is left of a piece, or of the next one."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._take(len(piece))
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def copy_object(source: Provider, target: Provider, wanted: Wanted, take: Take) -> Copied:
    """Copy one object, never over another: the source is read once and its digest compared while it is read.

    Raises:
        ObjectMissing: It is not at the source.
        WrongBytes: What the source has is not what the row says, or another object is at the target.
        StorageError: As providers raise them.
    """
    try:
        stored = _put(source, target, wanted, take)
    except ObjectExists:
        return _settle_existing(source, target, wanted, take)
    return Copied(stored.etag, stored.sha256 or wanted.sha256)


def _put(source: Provider, target: Provider, wanted: Wanted, take: Take) -> Stored:
    with source.open(wanted.key) as pieces:
        if wanted.size_bytes > SMALL_BYTES:
            body = cast("IO[bytes]", io.BufferedReader(Pieces(iter(pieces), take), SMALL_BYTES))
            return target.put(
                wanted.key, body, size_bytes=wanted.size_bytes, content_type=wanted.content_type, sha256=wanted.sha256
            )
        take(wanted.size_bytes)
        data = b"".join(pieces)
    digest = hashlib.sha256(data).hexdigest()
    check_source(wanted, len(data), digest)
    return target.put(
        wanted.key, io.BytesIO(data), size_bytes=len(data), content_type=wanted.content_type, sha256=digest
    )


def check_source(wanted: Wanted, size_bytes: int, digest: str) -> None:
    """Refuse to copy what is not what the row says: it would be kept as if it were.

    Raises:
        WrongBytes: It differs.
    """
    if size_bytes != wanted.size_bytes:
        raise WrongBytes(f"The source has {size_bytes:,} bytes, the record says {wanted.size_bytes:,}.", wanted.key)
    if wanted.sha256 and digest != wanted.sha256:
        raise WrongBytes("The digest at the source is not the one of the record.", wanted.key)


def _settle_existing(source: Provider, target: Provider, wanted: Wanted, take: Take) -> Copied:
    """Count what is there already as copied when it is the same; put it anew when the record says that it is not."""
    there = target.stat(wanted.key)
    digest, read = there.sha256, 0
    if not digest and there.size_bytes == wanted.size_bytes:
        digest, read = digest_of(target, wanted.key, take)
    expected = wanted.sha256 or digest_of(source, wanted.key, take)[0]
    if there.size_bytes == wanted.size_bytes and digest == expected:
        return Copied(there.etag, digest, was_there=True, read_again=read)
    if not wanted.sha256:
        raise WrongBytes("Another object is at the target, and no record says which one is right.", wanted.key)
    target.delete([wanted.key])  # the key is nobody else's: what differs is a copy that went wrong
    stored = _put(source, target, wanted, take)
    return Copied(stored.etag, stored.sha256 or wanted.sha256, read_again=read)


def verify_object(target: Provider, wanted: Wanted, *, whole: bool, take: Take) -> Copied:
    """Prove that a copy is what the record says: its length, and a digest told by the target or read again.

    Raises:
        ObjectMissing, WrongBytes: It is not.
        StorageError: As providers raise them.
    """
    there = target.stat(wanted.key)
    if there.size_bytes != wanted.size_bytes:
        raise WrongBytes(
            f"The target has {there.size_bytes:,} bytes, the record says {wanted.size_bytes:,}.", wanted.key
        )
    digest, read = there.sha256, 0
    if whole or not digest:
        digest, read = digest_of(target, wanted.key, take)
    if digest != wanted.sha256:
        raise WrongBytes("The digest at the target is not the one of the record.", wanted.key)
    return Copied(there.etag, digest, was_there=True, read_again=read)


def digest_of(provider: Provider, key: str, take: Take) -> tuple[str, int]:
    """Read an object and return its SHA-256 and length."""
    digest, size_bytes = hashlib.sha256(), 0
    with provider.open(key) as pieces:
        for piece in pieces:
            take(len(piece))
            digest.update(piece)
            size_bytes += len(piece)
    return digest.hexdigest(), size_bytes


__all__ = ["Copied", "ObjectMissing", "Wanted", "copy_object", "digest_of", "verify_object"]
