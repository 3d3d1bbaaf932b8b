"""A provider behind its breaker: calls that find it away or slow count against it, all others for it.

Waiting for who sends us a body, or for who reads what we fetch, is none of the provider's time: a visitor on a slow
line must not open the breaker for everybody.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, TypeVar, cast

from app.core import guards
from app.core.errors import Problem
from app.storage.adapters.protocol import Part, Provider, ProviderAway, Signed, Stored, Unfinished

T = TypeVar("T")
STEADY_BYTES_PER_S = 1 << 20  # a transfer as slow as this is slow, not broken
RETRY_S = 5.0


class Guarded:
    """One provider, and the name of its breaker."""

    def __init__(self, provider: Provider, breaker: str) -> None:
        self.provider, self.breaker = provider, breaker
        self.name, self.profile = provider.name, provider.profile

    def put(self, key: str, body: IO[bytes], *, size_bytes: int, content_type: str, sha256: str = "") -> Stored:
        """As the protocol says."""
        timed = Timed(body)
        return self._call(
            lambda: self.provider.put(
                key, cast("IO[bytes]", timed), size_bytes=size_bytes, content_type=content_type, sha256=sha256
            ),
            timed,
        )

    @contextmanager
    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
        """As the protocol says; a connection lost in the middle counts against the provider, too."""
        opening = self.provider.open(key, start=start, end=end)
        pieces = self._call(opening.__enter__)
        try:
            yield self._noted(pieces)
        finally:
            opening.__exit__(None, None, None)

    def stat(self, key: str) -> Stored:
        """As the protocol says."""
        return self._call(lambda: self.provider.stat(key))

    def delete(self, keys: Sequence[str]) -> None:
        """As the protocol says."""
        self._call(lambda: self.provider.delete(keys))

    def copy(self, source: str, target: str) -> Stored:
        """As the protocol says."""
        return self._call(lambda: self.provider.copy(source, target))

    def list(self, prefix: str, *, after: str = "") -> Iterator[Sequence[Stored]]:
        """As the protocol says."""
        pages = self.provider.list(prefix, after=after)
        while (page := self._call(lambda: next(pages, None))) is not None:
            yield page

    def begin_multipart(self, key: str, content_type: str) -> str:
        """As the protocol says."""
        return self._call(lambda: self.provider.begin_multipart(key, content_type))

    def put_part(self, key: str, upload_id: str, number: int, body: IO[bytes], *, size_bytes: int) -> Part:
        """As the protocol says."""
        timed = Timed(body)
        return self._call(
            lambda: self.provider.put_part(
                key, upload_id, number, cast("IO[bytes]", timed), size_bytes=size_bytes
            ),
            timed,
        )  # fmt: skip

    def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """As the protocol says."""
        return self._call(lambda: self.provider.list_parts(key, upload_id))

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> Stored:
        """As the protocol says."""
        said = Timed(None, sum(part.size_bytes for part in parts))
        return self._call(lambda: self.provider.complete_multipart(key, upload_id, parts), said)

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """As the protocol says."""
        self._call(lambda: self.provider.abort_multipart(key, upload_id))

    def list_multiparts(self, prefix: str = "") -> Iterable[Unfinished]:
        """As the protocol says."""
        return self._call(lambda: list(self.provider.list_multiparts(prefix)))

    def sign_get(
        self, key: str, *, expires_s: int, file_name: str = "", content_type: str = "", inline: bool = False
    ) -> Signed:
        """As the protocol says; asks nobody, so nothing guards it."""
        return self.provider.sign_get(
            key, expires_s=expires_s, file_name=file_name, content_type=content_type, inline=inline
        )

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """As the protocol says."""
        return self.provider.sign_put(
            key, size_bytes=size_bytes, content_type=content_type, sha256=sha256, expires_s=expires_s
        )

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """As the protocol says."""
        return self.provider.sign_part(key, upload_id, number, size_bytes=size_bytes, expires_s=expires_s)

    def public_url(self, key: str) -> str:
        """As the protocol says."""
        return self.provider.public_url(key)

    def _call(self, function: Callable[[], T], timed: "Timed | None" = None) -> T:
        guard = guards.guard_of(self.breaker)
        if guard is None:
            return function()
        permit = self._acquire(guard)
        try:
            found = function()
        except ProviderAway as error:
            guard.fail(permit, error)
            raise
        except BaseException as error:
            _give_back(guard, permit, error, timed)
            raise
        _excuse(permit, timed)
        guard.succeed(permit)
        return found

    def _acquire(self, guard: guards.Guard) -> Any:  # Any: the guard's own permit
        try:
            return guard.acquire()
        except Problem as error:
            away = ProviderAway(f"{self.name} rests: {error.code}")
            away.retry_after_s = float(error.fields.get("retry_after_s") or RETRY_S)
            raise away from error

    def _noted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from pieces
        except ProviderAway as error:
            guard = guards.guard_of(self.breaker)
            if guard is not None:
                guards.note_failure(guard, error)
            raise


class Timed:
    """A body that measures what is not the provider's time.

    Attributes:
        excused_s: Seconds spent waiting for the body, and those its bytes may take at a steady pace.
        failed: The body's own mistake, such as a visitor who has gone.
    """

    def __init__(self, body: IO[bytes] | None, size_bytes: int = 0) -> None:
        self._body = body
        self.excused_s = size_bytes / STEADY_BYTES_PER_S
        self.failed: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """Read from the body."""
        if self._body is None:
            return b""
        began = time.monotonic()
        try:
            piece = self._body.read(size)
        except BaseException as error:
            self.failed = error
            raise
        self.excused_s += time.monotonic() - began + len(piece) / STEADY_BYTES_PER_S
        return piece


def _give_back(guard: guards.Guard, permit: Any, error: BaseException, timed: Timed | None) -> None:  # Any: as above
    """Count an exception that is an answer: missing, taken, wrong, full or refused are what a working provider says."""
    if not isinstance(error, Exception) or (timed is not None and timed.failed is not None):
        guard.release(permit)
    else:
        _excuse(permit, timed)
        guard.succeed(permit)


def _excuse(permit: Any, timed: Timed | None) -> None:  # Any: as above
    """Let a call have begun later by what was not the provider's time."""
    if timed is not None:
        permit.began += timed.excused_s
