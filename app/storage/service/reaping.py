"""Reaping: uploads nobody finished, files of temp that are old, the trash that was kept long enough."""

from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa
import structlog

from app.core import clock
from app.core.db import transaction
from app.core.errors import Problem
from app.core.ids import CompanyId
from app.core.tenancy import acting_for, system_work
from app.storage.models import StoredFile
from app.storage.problems import FileHeld, FileMissing
from app.storage.service.complete import LOOK_AGAIN_IN, verify
from app.storage.service.deleting import delete_due, discard
from app.storage.service.steps import step
from app.storage.service.trash import trash
from app.storage.states import State

log = structlog.get_logger(__name__)
EVERY_S = 30.0
BATCH = 1000


def reap() -> dict[str, int]:
    """Do all that is due; returns how many files each thing concerned. Safe to do in many processes at once."""
    return {
        "checked": finish_uploaded(),
        "abandoned": abandon_pending(),
        "expired": trash_expired(),
        "emptied": empty_trash(),
        "deleted": delete_due(),
    }


def abandon_pending() -> int:
    """Have uploads deleted that nobody finished in time: their objects, their parts, and then their rows."""
    return _give_up(StoredFile.state == State.PENDING.value, StoredFile.expires_at <= clock.now())


def empty_trash() -> int:
    """Have deleted what was in the trash, or refused, for long enough; what is held stays."""
    states = [State.TRASHED.value, State.REFUSED.value]
    return _give_up(
        StoredFile.state.in_(states), StoredFile.purge_at <= clock.now(), StoredFile.held_at.is_(None)
    )  # fmt: skip


def trash_expired() -> int:
    """Put files into the trash whose time is over; what is held stays where it is."""
    total = 0
    for company_id, ids in _due(State.READY, StoredFile.held_at.is_(None)):
        with acting_for(company_id):
            total += _trash(ids)
    return total


def finish_uploaded() -> int:
    """Look once more at files that are there and that nobody finished looking at."""
    total = 0
    for company_id, ids in _due(State.UPLOADED):
        with acting_for(company_id):
            total += sum(_finish(file_id) for file_id in ids)
    return total


def _trash(ids: Sequence[str]) -> int:
    """Trash what can be; one piece on hold keeps back its own file, and no other."""
    try:
        return len(trash(ids))
    except FileHeld:
        total = 0
        for file_id in ids:
            with suppress(FileHeld):
                total += len(trash([file_id]))
        return total


def _finish(file_id: str) -> bool:
    with transaction() as session:
        row = session.scalars(sa.select(StoredFile).where(StoredFile.id == file_id)).one_or_none()
        taken = None if row is None else step(row, State.UPLOADED, expires_at=clock.now() + LOOK_AGAIN_IN)
    if taken is None:
        return False
    try:
        verify(taken)
    except FileMissing:
        discard(taken)
    except Problem as problem:
        log.warning("uploaded file not settled", file=file_id, error=problem.code)
    return True


def _due(state: State, *conditions: sa.ColumnElement[bool]) -> list[tuple[CompanyId, Sequence[str]]]:
    """Return files of a state whose time is over, by company; the oldest, when there are many."""
    due = (
        sa.select(StoredFile.company_id, StoredFile.id)
        .where(StoredFile.state == state.value, StoredFile.expires_at <= clock.now(), *conditions)
        .order_by(StoredFile.expires_at)
        .limit(BATCH)
        .subquery()
    )
    statement = sa.select(due.c.company_id, sa.func.array_agg(due.c.id)).group_by(due.c.company_id)
    with system_work(), transaction() as session:
        return [(CompanyId(company_id), ids) for company_id, ids in session.execute(statement)]


def _give_up(*conditions: sa.ColumnElement[bool]) -> int:
    """Have files deleted, a batch at a time, over all companies."""
    total = 0
    while True:
        due = (
            sa.select(StoredFile.company_id, StoredFile.id)
            .where(*conditions)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        statement = (
            sa.update(StoredFile)
            .where(StoredFile.company_id == due.c.company_id, StoredFile.id == due.c.id)
            .values(
                state=State.DELETING.value, not_before=clock.now(), tries=0, version=StoredFile.version + 1
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        with system_work(), transaction() as session:
            count = int(getattr(session.execute(statement), "rowcount", 0))
        total += count
        if count < BATCH:
            return total
