"""Sessions in SQL, which is the truth, and in Valkey, which is only quick.

Every authenticated request asks SQL once who it is (`gate.find_session`) and learns the session's version
with it. A cached copy is used only when it has that version, so it can never be stale, whatever Valkey
lived through; a revoked session is gone at once, because nothing but SQL says that it is good.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.accounts.gate import Person, SessionFound
from app.accounts.models import Session, User
from app.accounts.secrets import hash_secret, new_session_id
from app.core import clock, gates
from app.core.access import Role
from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.redis import RedisAway, pack, request_redis, send
from app.core.tenancy import acting_for
from app.limits.beside import brought
from config import Settings

JSON = dict[str, Any]
PREFIX = "session:"
CACHE_S = 86_400


@dataclass(frozen=True)
class Browser:
    """What a session remembers of the browser it was opened by."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class Opened:
    """A new or re-keyed session. The id goes into the cookie and is kept nowhere else."""

    id: str
    row_id: str
    data: JSON = field(repr=False)


def cache_key(session_id: str) -> str:
    """Return the Valkey key of a session: it holds the hash, never the id."""
    return PREFIX + hash_secret(session_id).hex()


def load(session_id: str, found: SessionFound) -> JSON:
    """Return a session's data, from Valkey when its copy is current, else from SQL."""
    key = cache_key(session_id)
    came = brought(key)
    cached = came if came is not None else cached_copy(key)
    if cached:
        copy = orjson.loads(cached)
        if copy["version"] == found.version:
            data: JSON = copy["data"]
            return data
    with acting_for(found.person.home.id):
        row = db.session.execute(sa.select(Session.data, Session.version).where(Session.id == found.id)).one_or_none()
    if row is None:
        return {}
    cache(session_id, row.version, row.data)
    return dict(row.data)


def cached_copy(key: str) -> bytes | None:
    """Return what Valkey holds, unless the flag `enable-caching` is off."""
    if not gates.is_on("enable-caching", default=True):
        return None
    try:
        found: bytes | None = request_redis().run(lambda redis: send(redis, pack(b"GET", key.encode())))
    except RedisAway:
        return None
    return found


def save(session_id: str, found: SessionFound, changed: JSON, removed: list[str]) -> bool:
    """Merge changed keys into a session; False when it was revoked meanwhile. Never makes a row.

    The merge happens inside the UPDATE, so writers that run at once keep each other's keys.
    """
    merged = (Session.data.op("-")(sa.cast(removed, ARRAY(sa.Text)))).op("||")(sa.cast(changed, JSONB))
    with acting_for(found.person.home.id), transaction() as session:
        row = session.execute(
            sa.update(Session)
            .where(Session.id == found.id, Session.revoked_at.is_(None), Session.expires_at > sa.func.now())
            .values(data=merged, version=Session.version + 1)
            .returning(Session.data, Session.version)
            .execution_options(synchronize_session=False)
        ).one_or_none()
    if row is None:
        return False
    cache(session_id, row.version, row.data)
    return True


def cache(session_id: str, version: int, data: JSON) -> None:
    """Put a copy into Valkey, if it is there and copies are wanted."""
    if not gates.is_on("enable-caching", default=True):
        return
    key, copy = cache_key(session_id), orjson.dumps({"version": version, "data": data})
    try:
        request_redis().run(lambda redis: redis.set(key, copy, ex=CACHE_S))
    except RedisAway:
        return


def open_session(
    person: Person, browser: Browser, settings: Settings, *, data: JSON, second_factor: bool = False
) -> Opened:
    """Make a session for somebody who has proven who they are."""
    session_id = new_session_id()
    is_platform = person.role is Role.PLATFORM_ADMIN
    idle = timedelta(hours=settings.admin_idle_hours) if is_platform else timedelta(days=settings.session_idle_days)
    now = clock.now()
    row = Session(
        company_id=person.home.id,
        user_id=person.id,
        hash=hash_secret(session_id),
        data=data,
        second_factor=second_factor,
        user_agent=browser.user_agent[:300],
        ip=browser.ip,
        idle_s=int(idle.total_seconds()),
        expires_at=now + timedelta(days=settings.session_days),
    )
    with acting_for(person.home.id), transaction() as session:
        forget_old(session, person)
        session.add(row)
        session.execute(sa.update(User).where(User.id == person.id).values(last_seen_at=now))
    cache(session_id, 1, data)
    return Opened(session_id, row.id, data)


def forget_old(session: Any, person: Person) -> None:  # Any: a scoped session's type
    """Delete the person's sessions that ended a month ago."""
    session.execute(
        sa.delete(Session).where(Session.user_id == person.id, Session.expires_at < clock.now() - timedelta(days=30))
    )


def rekey(
    found: SessionFound, data: JSON, *, acting: CompanyId | None, second_factor: bool | None = None
) -> Opened | None:
    """Give a session a new id, as whenever its rights change; the old id is dead at once. None when it has ended.

    Args:
        found: The session.
        data: What it holds from now on.
        acting: The company a platform admin acts in; None for none.
        second_factor: True once a code was proven; None leaves it.
    """
    session_id = new_session_id()
    values: JSON = {"second_factor": second_factor} if second_factor is not None else {}
    with acting_for(found.person.home.id), transaction() as session:
        version = session.scalar(
            sa.update(Session)
            .where(Session.id == found.id, Session.revoked_at.is_(None))
            .values(
                hash=hash_secret(session_id), data=data, acting_company_id=acting, version=Session.version + 1, **values
            )
            .returning(Session.version)
            .execution_options(synchronize_session=False)
        )
    if version is None:
        return None
    cache(session_id, version, data)
    return Opened(session_id, found.id, data)
