"""Questions about single files of the company one acts in."""

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db
from app.storage.models import StoredFile
from app.storage.problems import FileMissing


def find_file(file_id: str) -> StoredFile:
    """Return one file, whatever its state.

    Raises:
        FileMissing: There is none in this company.
    """
    row = look_for_file(file_id)
    if row is None:
        raise FileMissing
    return row


def look_for_file(file_id: str) -> StoredFile | None:
    """Return one file as the database has it now; None when there is none."""
    statement = sa.select(StoredFile).where(StoredFile.id == file_id)
    return db.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def find_files(file_ids: Sequence[str]) -> Sequence[StoredFile]:
    """Return those of these files that there are, oldest first."""
    statement = sa.select(StoredFile).where(StoredFile.id.in_(file_ids)).order_by(StoredFile.id)
    return db.session.scalars(statement, execution_options={"populate_existing": True}).all()


def files_of(subject: str) -> Sequence[StoredFile]:
    """Return the files that belong to something (`report:01J…`), oldest first; not what was made of them."""
    statement = (
        sa.select(StoredFile)
        .where(StoredFile.subject == subject, StoredFile.subject != "", StoredFile.parent_id.is_(None))
        .order_by(StoredFile.id)
    )
    return db.session.scalars(statement, execution_options={"populate_existing": True}).all()


def look_for_key(key: str) -> StoredFile | None:
    """Return the file of a key, in this company; None when there is none."""
    statement = sa.select(StoredFile).where(StoredFile.key == key)
    return db.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()
