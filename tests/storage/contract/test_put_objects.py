"""Putting: whole or not there, never over another, and the digest of what was read."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.storage.adapters.bodies import digest
from app.storage.adapters.protocol import ObjectExists, ProviderRefused, WrongBytes
from tests.storage.contract.places import PART_BYTES, Dripping, Place, body_of, random_bytes, with_digest

LARGE = PART_BYTES + 12_345
HOSTILE = (
    "", "/", "..", "../etc/passwd", "a/../../b", "/etc/passwd", "a//b", "a/./b", "a/", ".hidden", "a/.b", "a\x00b",
    "a\nb", "a b", "a\\b", "ä/b", "a*b", "a?b", "a%2e%2eb", "~/x", "-rf", "a/-rf", "x" * 201, "a/" * 9 + "b", "a:b",
)  # fmt: skip


def test_what_was_put_comes_back_with_its_size_and_digest(place: Place) -> None:
    data, sha256 = with_digest(random_bytes(70_000))
    key = place.key()
    stored = place.put(data, key)
    assert (stored.key, stored.size_bytes, stored.sha256) == (key, 70_000, sha256)
    assert stored.etag
    assert place.read(key) == data


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1])
def test_sizes_at_the_edges(place: Place, size: int) -> None:
    data, sha256 = with_digest(random_bytes(size))
    key = place.key()
    assert place.put(data, key, sha256=sha256).size_bytes == size
    assert place.provider.stat(key).size_bytes == size
    assert digest(place.read(key)) == sha256


def test_a_large_body_goes_in_parts_and_is_one_object(place: Place) -> None:
    data, sha256 = with_digest(random_bytes(2 * PART_BYTES + 7))
    key = place.key()
    stored = place.put(data, key, sha256=sha256)
    assert (stored.size_bytes, stored.sha256) == (len(data), sha256)
    assert digest(place.read(key)) == sha256
    assert not list(place.provider.list_multiparts(place.prefix))


def test_the_etag_is_the_one_that_stat_says(place: Place) -> None:
    stored = place.put(b"some bytes", place.key())
    assert stored.etag == place.provider.stat(stored.key).etag


def test_a_digest_in_capitals_is_the_same_digest(place: Place) -> None:
    data, sha256 = with_digest(b"capital")
    assert place.put(data, sha256=sha256.upper()).sha256 == sha256


@pytest.mark.parametrize("size", [100, LARGE])
def test_nothing_is_written_over(place: Place, size: int) -> None:
    first, key = random_bytes(100), place.key()
    place.put(first, key)
    with pytest.raises(ObjectExists):
        place.put(random_bytes(size), key)
    assert place.read(key) == first
    assert place.keys() == [key]
    assert not list(place.provider.list_multiparts(place.prefix))


def test_the_same_bytes_again_are_refused_all_the_same(place: Place) -> None:
    key = place.key()
    place.put(b"twice", key)
    with pytest.raises(ObjectExists):
        place.put(b"twice", key)


@pytest.mark.parametrize("size", [100, LARGE])
def test_a_wrong_digest_leaves_nothing(place: Place, size: int) -> None:
    with pytest.raises(WrongBytes):
        place.put(random_bytes(size), sha256=digest(b"others"))
    assert place.is_empty()


@pytest.mark.parametrize("size", [100, LARGE])
def test_a_body_that_ends_early_leaves_nothing(place: Place, size: int) -> None:
    with pytest.raises(WrongBytes):
        place.provider.put(place.key(), body_of(random_bytes(size)), size_bytes=size + 1, content_type="a/b")
    assert place.is_empty()


@pytest.mark.parametrize("size", [100, LARGE])
def test_a_body_that_goes_on_leaves_nothing(place: Place, size: int) -> None:
    with pytest.raises(WrongBytes):
        place.provider.put(place.key(), body_of(random_bytes(size)), size_bytes=size - 1, content_type="a/b")
    assert place.is_empty()


def test_an_empty_body_that_should_have_bytes_leaves_nothing(place: Place) -> None:
    with pytest.raises(WrongBytes):
        place.provider.put(place.key(), body_of(b""), size_bytes=1, content_type="a/b")
    assert place.is_empty()


@pytest.mark.parametrize("size", [200_000, LARGE])
def test_a_body_that_breaks_off_leaves_nothing_and_says_so_itself(place: Place, size: int) -> None:
    body = Dripping(random_bytes(size), fails_at=size - 70_000)
    with pytest.raises(ConnectionResetError):
        place.provider.put(place.key(), body, size_bytes=size, content_type="a/b")  # type: ignore[arg-type]
    assert place.is_empty()


@pytest.mark.parametrize("size", [200_000, LARGE])
def test_a_body_in_odd_pieces_is_put_together(place: Place, size: int) -> None:
    data, sha256 = with_digest(random_bytes(size))
    key = place.key()
    place.provider.put(key, Dripping(data), size_bytes=size, content_type="a/b", sha256=sha256)  # type: ignore[arg-type]
    assert digest(place.read(key)) == sha256


@pytest.mark.parametrize("size", [100, LARGE])
def test_the_type_is_kept_where_there_is_a_place_for_it(place: Place, size: int) -> None:
    key = place.key()
    place.put(random_bytes(size), key, content_type="image/png")
    assert place.provider.stat(key).content_type == ("" if place.kind == "local" else "image/png")


def test_no_key_leads_elsewhere(place: Place) -> None:
    for key in HOSTILE:
        with pytest.raises(ProviderRefused):
            place.provider.put(key, body_of(b"x"), size_bytes=1, content_type="a/b")
        with pytest.raises(ProviderRefused):
            place.provider.begin_multipart(key, "a/b")
    assert place.is_empty()


def test_of_many_at_once_under_one_key_one_wins(place: Place) -> None:
    key, gate = place.key(), threading.Barrier(8)
    bodies = [random_bytes(20_000) for _ in range(8)]

    def put(data: bytes) -> bytes | None:
        gate.wait(30)
        try:
            place.put(data, key)
        except ObjectExists:
            return None
        return data

    with ThreadPoolExecutor(8) as pool:
        won = [data for data in pool.map(put, bodies) if data is not None]
    # Without conditions the first look decides, and who looked at once may both write: still one of them, whole.
    assert len(won) == 1 if place.provider.profile.conditional_put else won
    assert place.read(key) in won
