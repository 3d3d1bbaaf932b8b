"""Reading: the whole, ranges, and stopping half way."""

import pytest

from app.storage.adapters.bodies import PIECE_BYTES
from app.storage.adapters.protocol import ObjectMissing
from tests.storage.contract.places import Place, random_bytes

SIZE = 2 * PIECE_BYTES + 333


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, 100), (5, 6), (SIZE - 1, SIZE), (SIZE - 1, None), (100, None), (0, SIZE), (0, None),
     (PIECE_BYTES - 1, PIECE_BYTES + 1), (SIZE - 10, SIZE + 10), (0, SIZE * 2)],
)  # fmt: skip
def test_a_range_is_exactly_that(place: Place, start: int, end: int | None) -> None:
    data, key = random_bytes(SIZE), place.key()
    place.put(data, key)
    assert place.read(key, start, end) == data[start:end]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (0, 0), (10, 5), (100, None), (100, 200), (1000, 2000)])
def test_a_range_of_nothing_is_empty(place: Place, start: int, end: int | None) -> None:
    key = place.key()
    place.put(random_bytes(100), key)
    assert place.read(key, start, end) == b""


def test_an_empty_object_reads_as_nothing(place: Place) -> None:
    key = place.key()
    place.put(b"", key)
    assert place.read(key) == b""
    assert place.read(key, 0, 10) == b""


def test_pieces_are_small(place: Place) -> None:
    key = place.key()
    place.put(random_bytes(SIZE), key)
    with place.provider.open(key) as pieces:
        assert max(len(piece) for piece in pieces) <= PIECE_BYTES


@pytest.mark.parametrize(("start", "end"), [(0, None), (5, 10), (5, 5)])
def test_what_is_not_there_is_missing_before_the_first_byte(place: Place, start: int, end: int | None) -> None:
    with pytest.raises(ObjectMissing), place.provider.open(place.key(), start=start, end=end):
        pass


def test_stopping_half_way_harms_nobody(place: Place) -> None:
    data, key = random_bytes(SIZE), place.key()
    place.put(data, key)
    for _ in range(5):
        with place.provider.open(key) as pieces:
            assert data.startswith(next(pieces))
    assert place.read(key) == data


def test_two_read_at_once(place: Place) -> None:
    data, key = random_bytes(SIZE), place.key()
    place.put(data, key)
    with place.provider.open(key) as one, place.provider.open(key, start=7) as other:
        both = [next(one), next(other)]
        assert both[0] + b"".join(one) == data
        assert both[1] + b"".join(other) == data[7:]


def test_stat_of_what_is_not_there(place: Place) -> None:
    with pytest.raises(ObjectMissing):
        place.provider.stat(place.key())


def test_stat_says_when_and_how_large(place: Place) -> None:
    key = place.key()
    stored = place.put(b"12345", key)
    found = place.provider.stat(key)
    assert (found.size_bytes, found.key) == (5, key)
    assert found.modified_at is not None
    assert found.modified_at.tzinfo is not None
    assert found.sha256 in ({stored.sha256} if place.kind == "seaweedfs" else {""})
