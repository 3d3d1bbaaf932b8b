"""Files on this machine's disk: whole or not there, durable once acknowledged, never written over.

Below the folder: `objects` has the files under their keys, `staging` those in the making, `multiparts` the parts.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from app.storage.adapters import local_list, local_parts
from app.storage.adapters.bodies import PIECE_BYTES, Watched, check_digest, check_ended, read_pieces
from app.storage.adapters.names import check_key
from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.protocol import ObjectExists, ObjectMissing, Part, Signed, Stored, Unfinished
from app.storage.adapters.tree import Draft, Tree, speaking

OBJECTS = "objects/"
SPARE_BYTES = 64 << 20
LEFT_S = 24 * 3600.0


class Signer(Protocol):
    """Who makes addresses of ours for files on this disk."""

    def sign_get(self, key: str, *, expires_s: int, file_name: str, content_type: str, inline: bool) -> Signed:
        """As `Provider.sign_get`."""

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """As `Provider.sign_put`."""

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """As `Provider.sign_part`."""

    def public_url(self, key: str) -> str:
        """As `Provider.public_url`."""


class Local:
    """The provider `local`.

    Attributes:
        page_objects: How many a page of a list has at most.
    """

    page_objects = 1000

    def __init__(self, root: Path, signer: Signer, name: str = "local", spare_bytes: int = SPARE_BYTES) -> None:
        self.name, self.profile = name, PROFILES["local"]
        self.tree = Tree(root, spare_bytes)
        self._signer = signer

    def put(self, key: str, body: IO[bytes], *, size_bytes: int, content_type: str, sha256: str = "") -> Stored:
        """As the protocol says. The type is not kept: a file system has no place for it."""
        path, watched = OBJECTS + check_key(key), Watched(body)
        with speaking(key, watched):
            self.check_free(key)
            self.tree.check_room(size_bytes, key)
            with self.tree.draft() as draft:
                found = write_pieces(draft, read_pieces(watched, size_bytes, key))
                check_ended(watched, size_bytes, key)
                check_digest(sha256, found, key)
                self.tree.give_name(draft, path)
                return stored_of(key, os.fstat(draft.descriptor), found)

    @contextmanager
    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
        """As the protocol says."""
        descriptor = self._open(key)
        try:
            yield _read_range(descriptor, start, end)
        finally:
            os.close(descriptor)

    def stat(self, key: str) -> Stored:
        """As the protocol says; the digest is not known without reading."""
        descriptor = self._open(key)
        try:
            return stored_of(key, os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def delete(self, keys: Sequence[str]) -> None:
        """As the protocol says; durable."""
        for key in keys:
            parent, _, name = (OBJECTS + check_key(key)).rpartition("/")
            with suppress(FileNotFoundError), speaking(key), self.tree.folder(parent) as folder:
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)

    def copy(self, source: str, target: str) -> Stored:
        """As the protocol says: bytes of its own, so that no later mistake at one is one at both."""
        path = OBJECTS + check_key(target)
        descriptor = self._open(source)
        try:
            with speaking(target):
                self.check_free(target)
                self.tree.check_room(os.fstat(descriptor).st_size, target)
                with self.tree.draft() as draft:
                    found = write_pieces(draft, _read_range(descriptor, 0, None))
                    self.tree.give_name(draft, path)
                    return stored_of(target, os.fstat(draft.descriptor), found)
        finally:
            os.close(descriptor)

    def list(self, prefix: str, *, after: str = "") -> Iterator[Sequence[Stored]]:
        """As the protocol says."""
        with speaking(prefix):
            yield from local_list.pages(self.tree, OBJECTS, prefix, after, self.page_objects)

    def begin_multipart(self, key: str, content_type: str) -> str:
        """As the protocol says."""
        check_key(key)
        with speaking(key):
            return local_parts.begin(self.tree, key, content_type)

    def put_part(self, key: str, upload_id: str, number: int, body: IO[bytes], *, size_bytes: int) -> Part:
        """As the protocol says."""
        watched = Watched(body)
        with speaking(key, watched):
            self.tree.check_room(size_bytes, key)
            return local_parts.put(self.tree, key, upload_id, number, read_pieces(watched, size_bytes, key))

    def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """As the protocol says."""
        with speaking(key):
            return local_parts.parts(self.tree, key, upload_id)

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> Stored:
        """As the protocol says: the parts are read once more, so the digest of the whole is known."""
        path = OBJECTS + check_key(key)
        with speaking(key):
            names = local_parts.chosen(self.tree, key, upload_id, parts)
            self.check_free(key)
            self.tree.check_room(sum(part.size_bytes for part in names), key)
            with self.tree.draft() as draft:
                found = write_pieces(draft, local_parts.read(self.tree, upload_id, names))
                self.tree.give_name(draft, path)
                stored = stored_of(key, os.fstat(draft.descriptor), found)
            local_parts.remove(self.tree, upload_id)
            return stored

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """As the protocol says."""
        with speaking(key):
            local_parts.remove(self.tree, upload_id)

    def list_multiparts(self, prefix: str = "") -> Iterable[Unfinished]:
        """As the protocol says."""
        with speaking(prefix):
            yield from local_parts.unfinished(self.tree, prefix)

    def sign_get(
        self, key: str, *, expires_s: int, file_name: str = "", content_type: str = "", inline: bool = False
    ) -> Signed:
        """As the protocol says: an address of our own."""
        return self._signer.sign_get(
            check_key(key), expires_s=expires_s, file_name=file_name, content_type=content_type, inline=inline
        )

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """As the protocol says: an address of our own, whose route obeys all of it."""
        return self._signer.sign_put(
            check_key(key), size_bytes=size_bytes, content_type=content_type, sha256=sha256, expires_s=expires_s
        )

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """As the protocol says: an address of our own."""
        return self._signer.sign_part(check_key(key), upload_id, number, size_bytes=size_bytes, expires_s=expires_s)

    def public_url(self, key: str) -> str:
        """As the protocol says: an address of our own."""
        return self._signer.public_url(check_key(key))

    def sweep(self, older_s: float = LEFT_S) -> int:
        """Take away what a crash left of files in the making; return how many.

        Only file systems without nameless files leave any.
        """
        with speaking("staging"):
            return self.tree.sweep(older_s)

    def check_free(self, key: str) -> None:
        """Refuse a key that is taken before its bytes are read; giving the name decides.

        Raises:
            ObjectExists: It is taken.
        """
        with suppress(ObjectMissing):
            os.close(self._open(key))
            raise ObjectExists("there is one already", key)

    def _open(self, key: str) -> int:
        try:
            with speaking(key):
                return self.tree.open(OBJECTS + check_key(key))
        except FileNotFoundError as error:
            raise ObjectMissing("there is no such file", key) from error


def write_pieces(draft: Draft, pieces: Iterable[bytes]) -> str:
    """Write a body into a draft and return its digest."""
    seen = hashlib.sha256()
    for piece in pieces:
        seen.update(piece)
        draft.write(piece)
    return seen.hexdigest()


def stored_of(key: str, found: os.stat_result, sha256: str = "") -> Stored:
    """Return what a file system knows of a file; the etag changes with every other file under its name."""
    etag = f"{found.st_ino:x}-{found.st_mtime_ns:x}-{found.st_size:x}"
    return Stored(
        key, found.st_size, etag, sha256=sha256, modified_at=datetime.fromtimestamp(found.st_mtime_ns / 1e9, UTC)
    )


def _read_range(descriptor: int, start: int, end: int | None) -> Iterator[bytes]:
    at = start
    while end is None or at < end:
        piece = os.pread(descriptor, PIECE_BYTES if end is None else min(PIECE_BYTES, end - at), at)
        if not piece:
            return
        at += len(piece)
        yield piece
