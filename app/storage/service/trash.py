"""The trash: out of sight at once, back with one act for a while; and what must not be deleted at all."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import transaction
from app.core.outbox import record
from app.core.setting import current_settings
from app.storage.events import FileHeld as Held
from app.storage.events import FileReleased, FileRestored, FileTrashed
from app.storage.models import StoredFile
from app.storage.problems import FileHeld, FileMissing, FileNotReady
from app.storage.states import State


def trash(ids: Sequence[str]) -> list[StoredFile]:
    """Put ready files into the trash, with what was made of them.

    Returns:
        Those that changed; what is in the trash already stays as it is.

    Raises:
        FileHeld: One is on legal hold; none is trashed.
    """
    now = clock.now()
    purge_at = now + timedelta(days=current_settings().trash_days)
    with transaction():
        check_not_held(ids)
        found = change(ids, [State.READY], state=State.TRASHED.value, trashed_at=now, purge_at=purge_at)
        for row in found:
            tell(FileTrashed, row)
    return found


def restore(ids: Sequence[str]) -> list[StoredFile]:
    """Take files back out of the trash, with what was made of them; returns those that changed."""
    again = clock.now() + timedelta(hours=current_settings().temp_hours)
    with transaction():
        found = change(
            ids, [State.TRASHED], state=State.READY.value, trashed_at=None, purge_at=None,
            expires_at=sa.case((StoredFile.expires_at.is_not(None), again), else_=None),
        )  # fmt: skip
        for row in found:
            tell(FileRestored, row)
    return found


def purge(ids: Sequence[str]) -> list[StoredFile]:
    """Have files deleted for good, in whatever state they are; the relay does so within seconds.

    Raises:
        FileHeld: One is on legal hold; none is deleted.
    """
    states = [state for state in State if state is not State.DELETING]
    with transaction():
        check_not_held(ids)
        return change(ids, states, state=State.DELETING.value, not_before=clock.now(), tries=0)


def give_up(ids: Sequence[str]) -> list[StoredFile]:
    """Have uploads that nobody finished deleted, and no file that is there; returns those given up.

    Raises:
        FileHeld: One is on legal hold; none is given up.
    """
    with transaction():
        check_not_held(ids)
        return change(ids, [State.PENDING], state=State.DELETING.value, not_before=clock.now(), tries=0)


def hold(file_id: str, reason: str) -> StoredFile:
    """Let nobody delete a file, nor put it into the trash, until the hold is taken off.

    Raises:
        FileMissing: There is none.
        FileNotReady: It is being deleted.
    """
    with transaction():
        row = _change_hold(file_id, held_at=sa.func.coalesce(StoredFile.held_at, clock.now()), hold_reason=reason)
        record(Held(id=row.id, file_name=row.file_name, reason=reason), version=row.version)
    return row


def unhold(file_id: str, reason: str) -> StoredFile:
    """Take a hold off.

    Raises:
        FileMissing: There is no such file.
    """
    with transaction():
        row = _change_hold(file_id, held_at=None, hold_reason="")
        record(FileReleased(id=row.id, file_name=row.file_name, reason=reason), version=row.version)
    return row


def change(ids: Sequence[str], states: Sequence[State], **values: Any) -> list[StoredFile]:  # Any: of any column
    """Change files that are in one of some states, and what was made of them; locked in the order of their ids."""
    wanted = StoredFile.id.in_(ids) | StoredFile.parent_id.in_(ids)
    with transaction() as session:
        session.execute(sa.select(StoredFile.id).where(wanted).order_by(StoredFile.id).with_for_update())
        statement = (
            sa.update(StoredFile)
            .where(wanted, StoredFile.state.in_([state.value for state in states]))
            .values(version=StoredFile.version + 1, **values)
            .returning(StoredFile)
        )
        options = {"synchronize_session": False, "populate_existing": True}
        return sorted(session.scalars(statement, execution_options=options), key=lambda row: row.id)


def check_not_held(ids: Sequence[str]) -> None:
    """Refuse when one of some files, or a piece of it, is on hold.

    Raises:
        FileHeld: One is.
    """
    wanted = StoredFile.id.in_(ids) | StoredFile.parent_id.in_(ids)
    statement = sa.select(StoredFile.file_name, StoredFile.hold_reason, StoredFile.held_at).where(wanted)
    with transaction() as session:  # locked, so that no hold comes between this look and the change
        rows = session.execute(statement.order_by(StoredFile.id).with_for_update()).all()
    for row in rows:
        if row.held_at is not None:
            raise FileHeld(file_name=row.file_name, reason=row.hold_reason)


def tell(fact: type[FileTrashed] | type[FileRestored], row: StoredFile) -> None:
    """Tell of a file; what was made of one goes without saying."""
    if row.parent_id is None:
        told = fact(id=row.id, file_name=row.file_name, category=row.category, size_bytes=row.size_bytes)
        record(told, version=row.version)


def _change_hold(file_id: str, **values: Any) -> StoredFile:  # Any: values of any column
    states = [state for state in State if state is not State.DELETING]
    found = {row.id: row for row in change([file_id], states, **values)}
    if file_id not in found:
        with transaction() as session:
            is_there = session.scalar(sa.select(StoredFile.id).where(StoredFile.id == file_id))
        raise FileNotReady(state=State.DELETING.value) if is_there else FileMissing
    return found[file_id]
