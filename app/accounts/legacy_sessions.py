"""Rows of a plain Flask-Session SQL table keep their people signed in and move over on first use.

The old row is read as msgpack or JSON (legacy_values.py says what becomes of pickles). The person is named by
`user_id` or `_user_id` (our public id or number) or `email`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.accounts import gate
from app.accounts.gate import Person
from app.accounts.legacy_values import decode, decode_pickled_too, storable
from app.accounts.models import Session, User
from app.accounts.secrets import hash_secret, is_session_id
from app.core.access import Role
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.tenancy import acting_for, platform_reads
from config import Settings

JSON = dict[str, Any]
OLD_PREFIX = "session:"
DAY_S, HOUR_S = 86_400, 3600
BATCH = 500
MAX_DIGITS = 18  # of a number that surely is a bigint
Decoder = Callable[[bytes], JSON | None]


def id_of(cookie: str) -> str | None:
    """Return the session id in an old cookie, signed or not; None for what cannot be one.

    The id alone is the secret, so a signature behind it (`SESSION_USE_SIGNER`) adds nothing.
    """
    found = cookie.partition(".")[0]
    return found if is_session_id(found) else None


def adopt(old_id: str, settings: Settings, decoder: Decoder = decode) -> str | None:
    """Move one old session over and return its id, which stays the cookie's; None when there is none.

    Two requests with the same old cookie may come at once: the row is made once, and both go on.
    """
    known = gate.find_session(old_id)
    if known is not None:
        return old_id
    row = _take(old_id, settings.legacy_session_table, decoder)
    person = find_person(row) if row is not None else None
    if row is None or person is None or not person.is_active:
        return old_id if gate.find_session(old_id) is not None else None
    is_platform = person.role is Role.PLATFORM_ADMIN
    values = {
        "id": new_ulid(),
        "company_id": person.home.id,
        "user_id": person.id,
        "hash": hash_secret(old_id),
        "data": storable({key: value for key, value in row.items() if not key.startswith("_") and key != "expires_at"}),
        "idle_s": settings.admin_idle_hours * HOUR_S if is_platform else settings.session_idle_days * DAY_S,
        "expires_at": row["expires_at"],
    }
    with acting_for(person.home.id), transaction() as session:
        session.execute(insert(Session).values(**values).on_conflict_do_nothing())
        session.execute(_table(settings.legacy_session_table, delete=True), {"key": OLD_PREFIX + old_id})
    return old_id


def adopt_all(settings: Settings) -> Iterator[bool]:
    """Move every old session over, pickled ones too, and say of each whether it has moved."""
    last = ""
    rows = sa.text(
        f"SELECT session_id FROM {settings.legacy_session_table} WHERE session_id > :last "
        "AND expiry > now() AT TIME ZONE 'UTC' ORDER BY session_id LIMIT :batch"
    )
    while True:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            keys = list(connection.scalars(rows, {"last": last, "batch": BATCH}))
        if not keys:
            return
        last = keys[-1]
        for key in keys:
            old_id = id_of(key.removeprefix(OLD_PREFIX))
            yield old_id is not None and adopt(old_id, settings, decode_pickled_too) is not None


def find_person(values: JSON) -> Person | None:
    """Return whom an old session belongs to."""
    if isinstance(values.get("email"), str):
        return gate.find_user(storable(values["email"]))
    named = values.get("user_id", values.get("_user_id"))
    if isinstance(named, bool) or not isinstance(named, str | int):
        return None
    text = str(storable(named))
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    matches = User.id == int(text) if is_number else User.public_id == text
    with platform_reads():
        email = db.session.scalar(sa.select(User.email).where(matches))
    return gate.find_user(email) if email else None


def _take(old_id: str, table: str, decoder: Decoder) -> JSON | None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_table(table), {"key": OLD_PREFIX + old_id}).one_or_none()
    values = decoder(bytes(row.data)) if row is not None and row.data is not None else None
    return None if values is None or row is None else {**values, "expires_at": row.expires_at}


def _table(name: str, *, delete: bool = False) -> sa.TextClause:
    """Return the statement on the old table. Its name comes from settings, which allow letters and one dot only."""
    if delete:
        return sa.text(f"DELETE FROM {name} WHERE session_id = :key")
    return sa.text(
        f"SELECT data, expiry AT TIME ZONE 'UTC' AS expires_at FROM {name} "
        "WHERE session_id = :key AND expiry > now() AT TIME ZONE 'UTC'"
    )
