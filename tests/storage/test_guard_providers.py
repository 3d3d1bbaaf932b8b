"""A provider behind its breaker: what counts against it, and what does not."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app.breakers import registry
from app.breakers.states import State
from app.core import guards
from app.storage import providers
from app.storage.adapters.local import Local
from app.storage.adapters.protocol import (
    ObjectExists,
    ObjectMissing,
    ProviderAway,
    ProviderRefused,
    StorageFull,
    Stored,
    WrongBytes,
)
from app.storage.guarded import Guarded
from app.storage.signing import OurAddresses

BREAKER = "storage-under-test"
KEY = "1/temp/aa/aaaaaaaaaaaaaaaaaaaaaaaaaa"


class Moody(Local):
    """A disk that fails as it is told."""

    fails: Exception | None = None

    def stat(self, key: str) -> Stored:
        """Fail, or answer."""
        if self.fails is not None:
            raise self.fails
        return super().stat(key)

    @contextmanager
    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
        """Break off after the first piece when told to."""
        with super().open(key, start=start, end=end) as pieces:
            yield self._cut(pieces)

    def _cut(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield next(pieces)
        if self.fails is not None:
            raise self.fails
        yield from pieces


@pytest.fixture
def disk(app: Flask, tmp_path: Path) -> Moody:
    """The provider itself."""
    registry.breaker(BREAKER, providers.OTHERS)
    registry.reset(BREAKER)
    return Moody(tmp_path / "files", OurAddresses())


@pytest.fixture
def guarded(disk: Moody) -> Guarded:
    """The same behind its breaker."""
    return Guarded(disk, BREAKER)


def failures() -> int:
    """Return how many calls the breaker counts as failed."""
    return registry.breaker(BREAKER).figures_now()[1]


def calls() -> int:
    """Return how many calls it counts at all."""
    return registry.breaker(BREAKER).figures_now()[0]


def test_a_provider_that_is_away_is_left_alone_until_it_rested(guarded: Guarded, disk: Moody) -> None:
    disk.fails = ProviderAway("no answer", KEY)
    for _ in range(providers.OTHERS.minimum):
        with pytest.raises(ProviderAway, match="no answer"):
            guarded.stat(KEY)
    assert registry.breaker(BREAKER).state is State.OPEN
    disk.fails = None
    with pytest.raises(ProviderAway, match="rests") as refused:
        guarded.stat(KEY)
    assert refused.value.retry_after_s
    with guards.unguarded(), pytest.raises(ObjectMissing):
        guarded.stat(KEY)


@pytest.mark.parametrize("answer", [ObjectMissing, ObjectExists, WrongBytes, StorageFull, ProviderRefused])
def test_an_answer_is_a_success_whatever_it_says(guarded: Guarded, disk: Moody, answer: type[Exception]) -> None:
    disk.fails = answer("an answer")
    for _ in range(10):
        with pytest.raises(answer):
            guarded.stat(KEY)
    assert registry.breaker(BREAKER).state is State.CLOSED
    assert failures() == 0
    assert calls() == 10


def test_a_visitor_who_goes_away_counts_for_nothing(guarded: Guarded) -> None:
    class Leaving(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError("the visitor has gone")

    with pytest.raises(ConnectionResetError):
        guarded.put(KEY, Leaving(), size_bytes=5, content_type="a/b")
    assert calls() == 0


def test_a_slow_visitor_does_not_make_the_provider_slow(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [time.monotonic()]
    monkeypatch.setattr(registry.breaker(BREAKER), "_clock", lambda: now[0])
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            now[0] += 60
            return super().read(size)

    guarded.put(KEY, Slow(b"12345"), size_bytes=5, content_type="a/b")
    assert registry.breaker(BREAKER).figures_now()[2] == 0


def test_a_connection_lost_in_the_middle_counts(guarded: Guarded, disk: Moody) -> None:
    data = bytes(3 << 20)
    guarded.put(KEY, io.BytesIO(data), size_bytes=len(data), content_type="a/b")
    disk.fails = ProviderAway("lost", KEY)
    with pytest.raises(ProviderAway), guarded.open(KEY) as pieces:
        list(pieces)
    assert failures() == 1


def test_everything_a_provider_can_do_goes_through(guarded: Guarded) -> None:
    stored = guarded.put(KEY, io.BytesIO(b"hello"), size_bytes=5, content_type="a/b")
    assert guarded.stat(KEY).etag == stored.etag
    with guarded.open(KEY, start=1, end=3) as pieces:
        assert b"".join(pieces) == b"el"
    guarded.copy(KEY, KEY + "c")
    assert [one.key for page in guarded.list("1/") for one in page] == [KEY, KEY + "c"]
    upload_id = guarded.begin_multipart(KEY + "m", "a/b")
    assert [one.upload_id for one in guarded.list_multiparts()] == [upload_id]
    part = guarded.put_part(KEY + "m", upload_id, 1, io.BytesIO(b"part"), size_bytes=4)
    assert list(guarded.list_parts(KEY + "m", upload_id)) == [part]
    guarded.complete_multipart(KEY + "m", upload_id, [part])
    guarded.abort_multipart(KEY + "m", upload_id)
    guarded.delete([KEY, KEY + "c", KEY + "m"])
    assert not list(guarded.list(""))
    assert failures() == 0


def test_the_breaker_of_where_new_files_go_is_storage(app_with: Callable[..., Flask]) -> None:
    with app_with(aws_s3_bucket="b", s3_endpoint="http://127.0.0.1:9").app_context():
        found = [providers.provider(name) for name in ("local", "s3")]
        assert [one.breaker for one in found if isinstance(one, Guarded)] == ["storage", "storage-s3"]
