"""Multipart uploads: in any order, resumed, aborted, and never over another object."""

import pytest

from app.storage.adapters.protocol import NotOffered, ObjectExists, ObjectMissing, Part, StorageError, WrongBytes
from tests.storage.contract.places import PART_BYTES, Place, body_of, random_bytes


class Upload:
    """One upload of two parts."""

    def __init__(self, place: Place) -> None:
        self.place, self.key = place, place.key()
        self.first, self.second = random_bytes(PART_BYTES), random_bytes(999)
        self.id = place.provider.begin_multipart(self.key, "image/png")

    def send(self, number: int, data: bytes) -> Part:
        """Send a part."""
        return self.place.provider.put_part(self.key, self.id, number, body_of(data), size_bytes=len(data))

    def parts(self) -> list[Part]:
        """Return the parts that are there."""
        return list(self.place.provider.list_parts(self.key, self.id))

    def complete(self, parts: list[Part]) -> int:
        """Complete it and return its size."""
        return self.place.provider.complete_multipart(self.key, self.id, parts).size_bytes


@pytest.fixture
def upload(place: Place) -> Upload:
    """An upload that was begun."""
    return Upload(place)


def test_parts_become_one_object(upload: Upload) -> None:
    parts = [upload.send(1, upload.first), upload.send(2, upload.second)]
    assert upload.complete(parts) == PART_BYTES + 999
    assert upload.place.read(upload.key) == upload.first + upload.second
    assert not list(upload.place.provider.list_multiparts(upload.place.prefix))


def test_the_type_said_at_the_beginning_is_kept(upload: Upload) -> None:
    upload.complete([upload.send(1, upload.second)])
    assert upload.place.provider.stat(upload.key).content_type in {"image/png", ""}


def test_parts_may_come_in_any_order(upload: Upload) -> None:
    second, first = upload.send(2, upload.second), upload.send(1, upload.first)
    upload.complete([first, second])
    assert upload.place.read(upload.key) == upload.first + upload.second


def test_what_is_there_is_told_so_that_another_can_go_on(upload: Upload) -> None:
    upload.send(2, upload.second)
    assert [(part.number, part.size_bytes) for part in upload.parts()] == [(2, 999)]
    upload.send(1, upload.first)
    found = upload.parts()
    assert [(part.number, part.size_bytes) for part in found] == [(1, PART_BYTES), (2, 999)]
    assert upload.complete(found) == PART_BYTES + 999
    assert upload.place.read(upload.key) == upload.first + upload.second


def test_a_part_sent_again_takes_the_place_of_the_first(upload: Upload) -> None:
    upload.send(1, random_bytes(999))
    if upload.place.kind == "rclone":
        with pytest.raises(NotOffered):
            upload.send(1, upload.second)
        return
    again = upload.send(1, upload.second)
    # Of two parts of one second SeaweedFS does not say which is the later one: then it is as if there were none.
    assert [(part.number, part.etag) for part in upload.parts()] in ([(1, again.etag)], [])
    upload.complete([again])
    assert upload.place.read(upload.key) == upload.second


def test_the_same_part_sent_twice_is_one(upload: Upload) -> None:
    upload.send(1, upload.second)
    assert upload.complete([upload.send(1, upload.second)]) == 999


def test_numbers_may_have_gaps(upload: Upload) -> None:
    parts = [upload.send(3, upload.first), upload.send(70, upload.second)]
    if upload.place.kind == "rclone":  # it wants them all
        with pytest.raises(StorageError):
            upload.complete(parts)
    else:
        upload.complete(parts)
        assert upload.place.read(upload.key) == upload.first + upload.second


def test_a_part_that_is_not_there_cannot_be_joined(upload: Upload) -> None:
    first = upload.send(1, upload.first)
    with pytest.raises(WrongBytes):
        upload.complete([first, Part(2, first.etag[:-1] + "2", 999)])
    assert not upload.place.has(upload.key)
    if upload.place.kind != "rclone":  # its uploads do not survive a mistake
        assert [part.number for part in upload.parts()] == [1]


def test_no_parts_make_no_object(upload: Upload) -> None:
    with pytest.raises(WrongBytes):
        upload.complete([])
    assert not upload.place.has(upload.key)


def test_parts_in_the_wrong_order_are_refused(upload: Upload) -> None:
    parts = [upload.send(1, upload.first), upload.send(2, upload.second)]
    with pytest.raises(WrongBytes):
        upload.complete(parts[::-1])
    assert not upload.place.has(upload.key)


@pytest.mark.parametrize("number", [0, -1, 10_001, 100_000])
def test_numbers_go_from_1_to_10000(upload: Upload, number: int) -> None:
    with pytest.raises(StorageError):
        upload.send(number, b"x")
    assert upload.parts() == []


def test_completing_never_goes_over_another_object(upload: Upload) -> None:
    part = upload.send(1, upload.second)
    if upload.place.kind == "azurite":
        with pytest.raises(ObjectExists):  # a blob in the making has the name already
            upload.place.put(b"comes too late", upload.key)
        return
    upload.place.put(b"was here before", upload.key)
    with pytest.raises(ObjectExists):
        upload.complete([part])
    assert upload.place.read(upload.key) == b"was here before"


def test_a_part_that_ends_early_is_refused(upload: Upload) -> None:
    with pytest.raises(WrongBytes):
        upload.place.provider.put_part(upload.key, upload.id, 1, body_of(b"123"), size_bytes=4)
    assert upload.parts() == []


def test_of_a_body_that_goes_on_a_part_takes_its_own_bytes(upload: Upload) -> None:
    body = body_of(b"123456789")
    parts = [upload.place.provider.put_part(upload.key, upload.id, 1, body, size_bytes=6)]
    assert body.read() == b"789"
    upload.complete(parts)
    assert upload.place.read(upload.key) == b"123456"


def test_an_aborted_upload_is_gone(upload: Upload) -> None:
    upload.send(1, upload.second)
    for _ in range(2):
        upload.place.provider.abort_multipart(upload.key, upload.id)
    with pytest.raises(ObjectMissing):
        upload.parts()
    with pytest.raises(ObjectMissing):
        upload.send(2, b"late")
    assert upload.place.is_empty()


def test_an_upload_nobody_began_is_missing(place: Place) -> None:
    key = place.key()
    for upload_id in ("nothing", "0" * 32, "0" * 24):
        with pytest.raises(ObjectMissing):
            place.provider.list_parts(key, upload_id)
        with pytest.raises(ObjectMissing):
            place.provider.put_part(key, upload_id, 1, body_of(b"x"), size_bytes=1)
        with pytest.raises(ObjectMissing):
            place.provider.complete_multipart(key, upload_id, [Part(1, "0" * 64, 1)])
        place.provider.abort_multipart(key, upload_id)
    assert place.is_empty()


def test_the_id_of_one_key_opens_no_other(upload: Upload) -> None:
    with pytest.raises(ObjectMissing):
        upload.place.provider.list_parts(upload.place.key(), upload.id)


def test_a_completed_upload_is_over(upload: Upload) -> None:
    part = upload.send(1, upload.second)
    upload.complete([part])
    with pytest.raises(ObjectMissing):
        upload.parts()
    upload.place.provider.abort_multipart(upload.key, upload.id)
    assert upload.place.read(upload.key) == upload.second


def test_unfinished_uploads_are_listed(upload: Upload) -> None:
    (found,) = upload.place.provider.list_multiparts(upload.place.prefix)
    assert (found.key, found.upload_id.partition(".")[0]) == (upload.key, upload.id.partition(".")[0])
    assert found.begun_at is not None
    assert list(upload.place.provider.list_multiparts(f"{upload.place.company}0/")) == []
    upload.place.provider.abort_multipart(found.key, found.upload_id)
    assert upload.place.is_empty()
