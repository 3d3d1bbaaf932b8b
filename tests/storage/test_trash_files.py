"""The trash: out of sight at once, back with one act, gone after TRASH_DAYS."""

from datetime import timedelta

import pytest
import time_machine

from app.core import clock
from app.storage.problems import FileNotReady
from app.storage.reads.files import find_file, look_for_file
from app.storage.service import reaping
from app.storage.service.opening import open_file
from app.storage.service.trash import restore, trash
from app.storage.states import Category, State
from tests.storage.shelf import is_counted_exactly, keys_at, put_file, told_of
from tests.world import Person

DAY = timedelta(days=1)


def test_a_trashed_file_is_not_served_and_its_bytes_stay(ada: Person, superuser_url: str) -> None:
    with ada.acting():
        row = put_file()
        (gone,) = trash([row.id])
        assert gone.state == State.TRASHED
        assert gone.purge_at is not None
        assert gone.trashed_at is not None
        assert gone.purge_at - gone.trashed_at == 30 * DAY
        with pytest.raises(FileNotReady), open_file(gone):
            pass
        assert keys_at() == {row.key}
        assert trash([row.id]) == [], "the same again changes nothing"
    assert told_of(ada) == [("file.uploaded", row.id), ("file.trashed", row.id)]
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_what_was_made_of_a_file_goes_with_it_and_comes_back_with_it(ada: Person) -> None:
    with ada.acting():
        row = put_file()
        small = put_file("small.txt", parent_id=row.id, variant="thumb-256")
        assert {one.id for one in trash([row.id])} == {row.id, small.id}
        assert {one.id for one in restore([row.id])} == {row.id, small.id}
        assert find_file(small.id).state == State.READY
    assert told_of(ada) == [("file.uploaded", row.id), ("file.trashed", row.id), ("file.restored", row.id)]


def test_nobody_trashes_files_of_another_company(ada: Person, cleo: Person) -> None:
    with ada.acting():
        row = put_file()
    with cleo.acting():
        assert trash([row.id]) == []
        assert restore([row.id]) == []
    with ada.acting():
        assert find_file(row.id).state == State.READY


def test_the_trash_is_emptied_after_its_days(ada: Person, superuser_url: str) -> None:
    with ada.acting():
        old, young = put_file("old.txt"), put_file("young.txt")
        trash([old.id])
        with time_machine.travel(clock.now() + 2 * DAY):
            trash([young.id])
        with time_machine.travel(clock.now() + 31 * DAY):
            reaping.reap()
        assert look_for_file(old.id) is None
        assert find_file(young.id).state == State.TRASHED
        assert keys_at() == {young.key}
    assert ("file.deleted", old.id) in told_of(ada)
    assert is_counted_exactly(superuser_url, ada.company_id)


def test_files_of_temp_are_trashed_after_their_hours_and_a_restored_one_gets_them_anew(ada: Person) -> None:
    with ada.acting():
        row = put_file("note.txt", category=Category.TEMP)
        kept = put_file("kept.txt")
        with time_machine.travel(clock.now() + timedelta(hours=23)):
            reaping.reap()
            assert find_file(row.id).state == State.READY
        with time_machine.travel(clock.now() + timedelta(hours=25)):
            reaping.reap()
            assert find_file(row.id).state == State.TRASHED
            restore([row.id])
            reaping.reap()
            assert find_file(row.id).state == State.READY
        assert find_file(kept.id).state == State.READY


def test_a_file_that_says_until_when_is_trashed_then(ada: Person) -> None:
    with ada.acting():
        row = put_file("report.txt", expires_at=clock.now() + 3 * DAY)
        assert row.about == {}
        assert row.expires_at is not None
        with time_machine.travel(clock.now() + 4 * DAY):
            reaping.reap()
            assert find_file(row.id).state == State.TRASHED
