"""One click takes one change back."""

import pytest

from app.flags import reads, service
from app.flags.problems import CannotRevert, ChangeNotFound
from tests.flags.acts import as_platform, is_on, make_flag
from tests.world import Person


def newest(key: str) -> str:
    return reads.list_versions(key).items[0].id


def test_the_undo_of_a_kill_brings_everything_back(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    with as_platform(pat):
        service.enable(key)
        service.disable(key)
        service.revert(newest(key), reason="it was not the flag")
        undone, killed = reads.list_versions(key, limit=2).items
    assert is_on(pat, key)
    assert undone.reverts == killed.id
    assert killed.reverted_by == undone.id


def test_an_older_change_is_taken_back_past_newer_ones_that_touch_something_else(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 30_000)
        share = newest(key)
        service.enable(key)
        assert service.revert(share).percentage == 0
        assert reads.find_flag(key).is_enabled


def test_what_moved_since_is_named(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 30_000)
        share = newest(key)
        service.set_percentage(key, 40_000)
        with pytest.raises(CannotRevert) as refused:
            service.revert(share)
        assert refused.value.moved == ["percentage"]


def test_a_target_goes_back_to_the_list_it_came_from(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.allow(key, "a")
        service.block(key, "a")
        moved = newest(key)
        detail = service.revert(moved)
        assert (detail.allowed, detail.blocked) == (1, 0)
        service.remove_from_list(key, "allow", "a")
        with pytest.raises(CannotRevert):
            service.revert(moved)
        assert reads.find_flag(key).allowed == 0


def test_an_edit_and_an_archive_are_taken_back(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.edit_flag(key, {"description": "A new word"})
        assert service.revert(newest(key)).description == ""
        service.archive_flag(key)
        archived = newest(key)
        assert service.revert(archived).archived_at is None
        with pytest.raises(CannotRevert):
            service.revert(archived)
        with pytest.raises(CannotRevert):
            service.revert(reads.list_versions(key).items[-1].id)


def test_a_change_of_another_flag_is_not_found(pat: Person) -> None:
    key, other = make_flag(pat), make_flag(pat)
    with as_platform(pat):
        for made_up in (newest(other), "nothing", "0" * 26, "\x00"):
            with pytest.raises(ChangeNotFound):
                service.revert(made_up, key=key)
