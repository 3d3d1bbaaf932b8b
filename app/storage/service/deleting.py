"""Deleting: the object first, its copies too, and the row last, so that nothing is ever left that no row knows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog

from app.core import clock
from app.core.db import transaction
from app.core.errors import Problem
from app.core.ids import CompanyId
from app.core.outbox import record
from app.core.tenancy import acting_for, system_work
from app.storage import providers
from app.storage.adapters.protocol import Provider, StorageError
from app.storage.events import FileDeleted
from app.storage.models import StoredFile
from app.storage.service.steps import step
from app.storage.states import State

log = structlog.get_logger(__name__)
EVERY_S = 2.0
BATCH = 1000  # what a provider takes in one request
LEASE = timedelta(minutes=5)  # for as long nobody else tries what one process has begun
FIRST_PAUSE_S, MOST_PAUSE_S = 5, 3600


def discard(row: StoredFile) -> None:
    """Forget a file that was never completed; when its provider is away, the relay does so later."""
    found = step(row, State.PENDING, State.UPLOADED, state=State.DELETING.value, not_before=clock.now() + LEASE)
    if found is not None:
        delete_rows([found])


def delete_due() -> int:
    """Delete what is to be deleted by now, a batch at a time; returns how many files are gone."""
    total = 0
    while rows := _take():
        gone = delete_rows(rows)
        total += gone
        if len(rows) < BATCH:
            break
    return total


def delete_rows(rows: Sequence[StoredFile]) -> int:
    """Delete files in the state `deleting`: at their providers, then here. What fails is tried again later."""
    failed = _delete_objects(rows)
    done: dict[CompanyId, list[str]] = defaultdict(list)
    for row in rows:
        if row.id not in failed:
            done[row.company_id].append(row.id)
    gone = sum(_forget(company_id, ids) for company_id, ids in done.items())
    for row in rows:
        if row.id in failed:
            _put_off(row, failed[row.id])
    return gone


def _take() -> Sequence[StoredFile]:
    """Take a batch that nobody else works on for a while."""
    now = clock.now()
    due = (
        sa.select(StoredFile.company_id, StoredFile.id)
        .where(StoredFile.state == State.DELETING.value, StoredFile.not_before <= now)
        .order_by(StoredFile.not_before)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        sa.update(StoredFile)
        .where(StoredFile.company_id == due.c.company_id, StoredFile.id == due.c.id)
        .values(not_before=now + LEASE, tries=StoredFile.tries + 1)
        .returning(StoredFile)
    )
    with system_work(), transaction() as session:
        return session.scalars(statement, execution_options={"synchronize_session": False}).all()


def _delete_objects(rows: Sequence[StoredFile]) -> dict[str, str]:
    """Remove the bytes everywhere; returns what could not be, by file."""
    failed: dict[str, str] = {}
    for name, there in _places(rows).items():
        try:
            place = providers.provider(name)
            for row in there:
                if name == row.provider:
                    _abort_uploads(place, row)
            for start in range(0, len(there), BATCH):
                place.delete([row.key for row in there[start : start + BATCH]])
        except (StorageError, Problem) as error:
            log.warning("files not deleted", provider=name, files=len(there), error=str(error))
            failed |= {row.id: str(error) for row in there}
    return failed


def _abort_uploads(place: Provider, row: StoredFile) -> None:
    """Forget the parts of a file: of the upload its row knows, and of one begun by who died before saying so."""
    if row.upload_id:
        place.abort_multipart(row.key, row.upload_id)
    elif row.ready_at is None:
        for one in place.list_multiparts(row.key):
            if one.key == row.key:
                place.abort_multipart(row.key, one.upload_id)


def _places(rows: Sequence[StoredFile]) -> dict[str, list[StoredFile]]:
    places: dict[str, dict[str, StoredFile]] = defaultdict(dict)
    for row in rows:
        for name in filter(None, (row.provider, row.mirror)):
            places[name][row.id] = row
    return {name: list(found.values()) for name, found in places.items()}


def _forget(company_id: CompanyId, ids: Sequence[str]) -> int:
    """Delete rows whose bytes are gone, and tell of those that were files of people once."""
    statement = (
        sa.delete(StoredFile)
        .where(StoredFile.id.in_(ids), StoredFile.state == State.DELETING.value)
        .returning(StoredFile)
        .execution_options(synchronize_session=False)
    )
    with acting_for(company_id), transaction() as session:
        gone = session.scalars(statement).all()
        for row in gone:
            if row.ready_at is not None and row.parent_id is None:
                fact = FileDeleted(
                    id=row.id, file_name=row.file_name, category=row.category, size_bytes=row.size_bytes
                )  # fmt: skip
                record(fact, version=row.version + 1)
    return len(gone)


def _put_off(row: StoredFile, error: str) -> None:
    pause_s = min(FIRST_PAUSE_S * 2 ** min(row.tries, 12), MOST_PAUSE_S)
    statement = (
        sa.update(StoredFile)
        .where(StoredFile.company_id == row.company_id, StoredFile.id == row.id)
        .values(not_before=clock.now() + timedelta(seconds=pause_s))
        .execution_options(synchronize_session=False)
    )
    with system_work(), transaction() as session:
        session.execute(statement)
