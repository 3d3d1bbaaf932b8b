"""Lists of files: newest first, by keyset."""

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.storage.models import StoredFile


def list_files(
    *, limit: int, after: str | None = None, category: str = "", state: str = "ready", subject: str = ""
) -> tuple[Sequence[StoredFile], str | None]:
    """Return a page of files, newest first, and where the next begins; what was made of a file is not listed.

    Raises:
        InvalidCursor: `after` was not made here.
    """
    statement = sa.select(StoredFile).where(StoredFile.parent_id.is_(None)).order_by(StoredFile.id.desc())
    if state:
        statement = statement.where(StoredFile.state == state)
    if category:
        statement = statement.where(StoredFile.category == category)
    if subject:
        statement = statement.where(StoredFile.subject == subject)
    if after:
        statement = statement.where(StoredFile.id < decode_cursor(after, StoredFile.id)[0])
    rows = db.session.scalars(statement.limit(limit + 1)).all()
    return rows[:limit], encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
