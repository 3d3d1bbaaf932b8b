"""Questions about connections, and what is in their buckets."""

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.core.sealed import unseal
from app.storage.connections.bucket import Bucket, Page, Where
from app.storage.connections.problems import SecretRemoved
from app.storage.models import Connection

PURPOSE = "connection"
MOST = 200


def list_connections() -> Sequence[Connection]:
    """Return all connections, by name."""
    return db.session.scalars(sa.select(Connection).order_by(Connection.name).limit(MOST)).all()


def find_connection(connection_id: str) -> Connection:
    """Return one connection.

    Raises:
        NotFound: There is none.
    """
    row = db.session.scalars(sa.select(Connection).where(Connection.id == connection_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def bucket_of(row: Connection) -> Bucket:
    """Return the bucket of a connection, with its secret in the clear.

    Raises:
        SecretRemoved: It has none.
        SecretUnreadable: It cannot be read any more.
    """
    if not row.secret:
        raise SecretRemoved(name=row.name)
    return Bucket(Where(**row.settings, secret_key=unseal(row.secret, purpose=PURPOSE, row=row.id)))


def browse(row: Connection, prefix: str, after: str | None, limit: int) -> tuple[Page, str | None]:
    """Return one page of a folder, and the cursor of the next.

    Raises:
        BucketNotReached, AddressRefused, SecretRemoved, InvalidCursor: As they say.
    """
    token = str(decode_cursor(after, str, str)[1]) if after else ""
    page = bucket_of(row).page(prefix, token=token, most=limit)
    return page, encode_cursor(row.id, page.token) if page.token else None
