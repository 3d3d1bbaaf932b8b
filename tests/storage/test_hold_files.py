"""Legal hold: what is held is not deleted, by nobody and in no way."""

from datetime import timedelta

import psycopg
import pytest
import time_machine

from app.core import clock
from app.storage.problems import FileHeld, FileMissing, FileNotReady
from app.storage.reads.files import find_file, look_for_file
from app.storage.service import deleting, own, reaping
from app.storage.service.trash import hold, purge, trash, unhold
from app.storage.states import State
from tests.meanwhile import right_after
from tests.storage.shelf import keys_at, put_file, told_of
from tests.world import Person


def test_a_held_file_is_neither_trashed_nor_purged_until_it_is_let_go(ada: Person) -> None:
    with ada.acting():
        row, other = put_file("evidence.txt"), put_file("other.txt")
        held = hold(row.id, "case 12")
        assert (held.hold_reason, held.held_at is not None) == ("case 12", True)
        assert hold(row.id, "case 12").held_at == held.held_at, "held since the first time"
        for act in (trash, purge):
            with pytest.raises(FileHeld):
                act([other.id, row.id])
        assert find_file(other.id).state == State.READY, "all or none"
        assert unhold(row.id, "case closed").held_at is None
        assert [one.id for one in trash([row.id])] == [row.id]
    types = [type_ for type_, id_ in told_of(ada) if id_ == row.id]
    assert types == ["file.uploaded", "file.held", "file.held", "file.released", "file.trashed"]


def test_what_was_in_the_trash_when_it_was_held_stays_there(ada: Person) -> None:
    with ada.acting():
        row = put_file()
        trash([row.id])
        hold(row.id, "case 12")
        with time_machine.travel(clock.now() + timedelta(days=400)):
            reaping.reap()
            assert find_file(row.id).state == State.TRASHED
        assert keys_at() == {row.key}


def test_a_held_file_that_expires_stays(ada: Person) -> None:
    with ada.acting():
        row = put_file(expires_at=clock.now() + timedelta(hours=1), subject="report:9")
        hold(row.id, "case 12")
        with time_machine.travel(clock.now() + timedelta(days=2)):
            reaping.reap()
            assert find_file(row.id).state == State.READY
        assert own.leave_only("report:9") == 0


def test_one_that_is_held_keeps_back_no_other(ada: Person) -> None:
    soon = clock.now() + timedelta(hours=1)
    with ada.acting():
        parent, other = put_file(expires_at=soon), put_file(expires_at=soon)
        piece = put_file("small.txt", parent_id=parent.id, variant="thumb-256")
        hold(piece.id, "case 12")
        with time_machine.travel(clock.now() + timedelta(days=2)):
            reaping.reap()
            assert find_file(parent.id).state == State.READY
            assert find_file(other.id).state == State.TRASHED


def test_one_that_is_held_at_that_moment_stays_and_keeps_back_no_other(ada: Person) -> None:
    """Of what a job made before: it has written its new file already, and must not fail over the old ones."""
    with ada.acting():
        rows = [put_file(subject="report:8") for _ in range(3)]
        with right_after("FROM stored_files", lambda: hold(rows[0].id, "case 12"), ada):
            assert own.leave_only("report:8", [rows[2].id]) == 1
        assert [find_file(row.id).state for row in rows] == [State.READY, State.DELETING, State.READY]


def test_not_even_sql_deletes_it(ada: Person) -> None:
    with ada.acting():
        row = put_file()
        hold(row.id, "case 12")
    for statement in (
        "DELETE FROM stored_files WHERE id = %s",
        "UPDATE stored_files SET state = 'deleting' WHERE id = %s",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            ada.world.sql.execute(statement, (row.id,))
    with ada.acting():
        assert look_for_file(row.id) is not None


def test_what_is_being_deleted_or_not_ours_cannot_be_held(ada: Person, cleo: Person) -> None:
    with ada.acting():
        row = put_file()
    with cleo.acting(), pytest.raises(FileMissing):
        hold(row.id, "mine")
    with ada.acting():
        purge([row.id])
        with pytest.raises(FileNotReady):
            hold(row.id, "too late")
        deleting.delete_due()
        with pytest.raises(FileMissing):
            hold(row.id, "much too late")
