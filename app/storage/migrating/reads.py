"""What people look at of a migration: files that could not be moved, across companies. For platform admins."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.tenancy import platform_reads


@dataclass(frozen=True, slots=True)
class Failure:
    """One file that could not be moved."""

    company: str
    file_id: str
    file_name: str
    key: str
    size_bytes: int
    state: str
    error: str
    tries: int


def list_failures(migration_id: str, *, after: str | None = None, limit: int = 50) -> tuple[list[Failure], str | None]:
    """Return files that could not be moved, and the position after them; None at the end.

    Raises:
        InvalidCursor: The position was not made here.
    """
    state, file_id = decode_cursor(after, str, str) if after else ("", "")
    with platform_reads():
        rows = db.session.execute(
            sa.text(
                """
                SELECT c.slug AS company, m.file_id, coalesce(f.file_name, '') AS file_name, m.key, m.size_bytes,
                       m.state, m.error, m.tries
                FROM storage_moves m JOIN companies c ON c.id = m.company_id
                LEFT JOIN stored_files f ON f.company_id = m.company_id AND f.id = m.file_id
                WHERE m.migration_id = :m AND m.state IN ('failed','lost') AND (m.state, m.file_id) > (:state, :id)
                ORDER BY m.state, m.file_id LIMIT :count
                """
            ),
            {"m": migration_id, "state": state, "id": file_id, "count": limit + 1},
        ).all()
    found = [Failure(*row) for row in rows[:limit]]
    more = len(rows) > limit
    return found, encode_cursor(found[-1].state, found[-1].file_id) if more else None
