"""Deleting, copying and listing."""

import pytest

from app.storage.adapters.protocol import ObjectExists, ObjectMissing, ProviderRefused
from tests.storage.contract.places import PART_BYTES, Place, random_bytes


def test_deleting_is_safe_to_repeat(place: Place) -> None:
    keys = [place.put(b"x", place.key()).key for _ in range(3)]
    place.provider.delete(keys[:2])
    place.provider.delete(keys[:2])
    assert place.keys() == keys[2:]
    place.provider.delete([])
    place.provider.delete([keys[2]])
    place.provider.delete([keys[2]])
    assert place.is_empty()


def test_deleting_many_takes_exactly_those(place: Place) -> None:
    keys = [place.put(b"x", place.key()).key for _ in range(20)]
    place.provider.delete([*keys[:15], place.key(), place.key()])
    assert place.keys() == sorted(keys[15:])


def test_a_deleted_key_can_be_put_again(place: Place) -> None:
    key = place.key()
    place.put(b"first", key)
    place.provider.delete([key])
    place.put(b"second", key)
    assert place.read(key) == b"second"


@pytest.mark.parametrize("size", [0, 1000, PART_BYTES + 1])
def test_a_copy_is_another_object_with_the_same_bytes(place: Place, size: int) -> None:
    data, source, target = random_bytes(size), place.key(), f"quarantine/{place.key()}"
    place.put(data, source, content_type="image/png")
    copied = place.provider.copy(source, target)
    assert (copied.key, copied.size_bytes) == (target, size)
    assert place.provider.stat(target).content_type in {"", "image/png"}
    place.provider.delete([source])
    assert place.read(target) == data
    place.provider.delete([target])


def test_a_copy_never_goes_over_another_object(place: Place) -> None:
    source, target = place.key(), place.key()
    place.put(b"source", source)
    place.put(b"target", target)
    with pytest.raises(ObjectExists):
        place.provider.copy(source, target)
    assert place.read(target) == b"target"


def test_a_copy_of_nothing_is_missing(place: Place) -> None:
    with pytest.raises(ObjectMissing):
        place.provider.copy(place.key(), place.key())


def test_a_copy_leads_nowhere_else(place: Place) -> None:
    key = place.put(b"x", place.key()).key
    with pytest.raises(ProviderRefused):
        place.provider.copy(key, "../out")


@pytest.mark.parametrize("page_objects", [1, 7, 24, 25, 1000])
def test_a_list_has_all_once_in_order(place: Place, page_objects: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place.provider, "page_objects", page_objects)
    keys = [place.put(b"12345", place.key()).key for _ in range(24)]
    pages = list(place.provider.list(place.prefix))
    assert [one.key for page in pages for one in page] == sorted(keys)
    assert all(0 < len(page) <= page_objects for page in pages)
    assert {one.size_bytes for page in pages for one in page} == {5}
    assert all(one.etag and one.modified_at for page in pages for one in page)


def test_a_list_goes_on_after_a_key(place: Place) -> None:
    keys = sorted(place.put(b"x", place.key()).key for _ in range(9))
    assert place.keys(after=keys[3]) == keys[4:]
    assert place.keys(after=keys[-1]) == []
    assert place.keys(after=keys[4] + "a") == keys[5:]  # a key that is not there


def test_a_prefix_may_end_anywhere(place: Place) -> None:
    keys = sorted(place.put(b"x", place.key()).key for _ in range(6))
    assert place.keys(f"{place.company}/te") == keys
    assert place.keys(keys[0][:-1]) == [keys[0]]
    assert place.keys(keys[0]) == [keys[0]]
    assert place.keys(f"{place.company}/nothing") == []


def test_a_list_does_not_show_another_company(place: Place) -> None:
    place.put(b"x", place.key())
    assert place.keys(f"{place.company}0/") == []


def test_the_list_has_the_etag_of_stat(place: Place) -> None:
    key = place.put(b"x", place.key()).key
    (page,) = place.provider.list(place.prefix)
    assert page[0].etag == place.provider.stat(key).etag


def test_what_is_not_finished_is_in_no_list(place: Place) -> None:
    key = place.key()
    upload_id = place.provider.begin_multipart(key, "a/b")
    assert place.keys() == []
    assert not place.has(key)
    place.provider.abort_multipart(key, upload_id)
