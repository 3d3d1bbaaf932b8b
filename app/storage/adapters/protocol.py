"""What every provider of storage can do, and the mistakes it can make.

Sizes are bytes, digests lower-case hex of SHA-256, etags without quotes, times aware. Keys are made by
`app/storage/keys.py` and never by people. A call is one act at the provider: no transaction may be open around it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Protocol

from app.storage.adapters.profiles import Profile


class StorageError(Exception):
    """Something went wrong at a provider; `key` says with what, `attempts` how often it was tried."""

    attempts = 1

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class ProviderAway(StorageError):
    """It could not be reached, answered too late, or said 5xx or "slow down": another try may work."""

    retry_after_s: float | None = None


class ProviderRefused(StorageError):
    """It will not do this for us: wrong key, missing right, unknown bucket, wrong clock. Another try does not help."""


class ObjectMissing(StorageError):
    """There is no such object."""


class ObjectExists(StorageError):
    """There is one already, and nothing is ever written over."""


class WrongBytes(StorageError):
    """The bytes are not what was said: another length or another digest. Nothing was kept."""


class StorageFull(StorageError):
    """No room: a full disk, or the provider's own limit."""


class NotOffered(StorageError):
    """This kind of provider cannot do this; the profile says so beforehand."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the provider says of one object; `sha256` is "" where it does not tell a digest of the whole."""

    key: str
    size_bytes: int
    etag: str
    sha256: str = ""
    content_type: str = ""
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart upload; numbers begin at 1."""

    number: int
    etag: str
    size_bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A multipart upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str
    begun_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signed:
    """An address somebody without our credentials may use until it expires, exactly as it is."""

    url: str
    method: str
    expires_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """One configured place for bytes. Safe to use from many threads and greenlets."""

    name: str
    profile: Profile

    def put(self, key: str, body: IO[bytes], *, size_bytes: int, content_type: str, sha256: str = "") -> Stored:
        """Store exactly `size_bytes` read from `body`; whole or not at all, and never over another object.

        The digest is computed while reading and is in the answer; a given one is compared.

        Raises:
            ObjectExists, WrongBytes, StorageFull, ProviderAway, ProviderRefused: Nothing was kept.
        """

    def open(self, key: str, *, start: int = 0, end: int | None = None) -> AbstractContextManager[Iterator[bytes]]:
        """Read bytes from `start` up to and without `end`, in pieces of at most 1 MiB; what is beyond the end is not there.

        Raises:
            ObjectMissing, ProviderAway, ProviderRefused: As they say.
        """

    def stat(self, key: str) -> Stored:
        """Return what is known of an object.

        Raises:
            ObjectMissing, ProviderAway, ProviderRefused: As they say.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Remove up to 1,000 objects; those that are not there are no mistake.

        Raises:
            ProviderAway, ProviderRefused: Some may be gone; doing it again is safe.
        """

    def copy(self, source: str, target: str) -> Stored:
        """Copy an object inside the provider, never over another one (quarantine).

        Raises:
            ObjectMissing, ObjectExists, ProviderAway, ProviderRefused: As they say.
        """

    def list(self, prefix: str, *, after: str = "") -> Iterator[Sequence[Stored]]:
        """Yield pages of at most 1,000 objects in the order of their keys."""

    def begin_multipart(self, key: str, content_type: str) -> str:
        """Begin a multipart upload and return its id."""

    def put_part(self, key: str, upload_id: str, number: int, body: IO[bytes], *, size_bytes: int) -> Part:
        """Store one part, over an earlier one of the same number."""

    def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """Return the parts that are there, by number.

        Raises:
            ObjectMissing: There is no such upload (any more).
        """

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> Stored:
        """Make one object of the parts, never over another one.

        Raises:
            ObjectExists, ObjectMissing, WrongBytes: As they say; the upload is still there.
        """

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts; one that is not there is no mistake."""

    def list_multiparts(self, prefix: str = "") -> Iterable[Unfinished]:
        """Yield the uploads in the making."""

    def sign_get(
        self, key: str, *, expires_s: int, file_name: str = "", content_type: str = "", inline: bool = False
    ) -> Signed:
        """Return an address to fetch an object; it says name, type and that it is an attachment unless `inline`."""

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """Return an address that takes exactly these bytes once: bound to length, type, digest and no-overwrite.

        Raises:
            NotOffered: It cannot bind them (`profile.binds_put` is false).
        """

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """Return an address that takes one part of a multipart upload, bound to its length where that can be."""

    def public_url(self, key: str) -> str:
        """Return where anybody can fetch a public object at the provider itself; "" where nobody can."""
