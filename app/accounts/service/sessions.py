"""Ending sessions: one, all others, all of a person."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from app.accounts import session_store
from app.accounts.events import SessionRevoked
from app.accounts.gate import SessionFound
from app.accounts.models import Session, User
from app.accounts.problems import ReasonNeeded
from app.accounts.service.home import at_home
from app.accounts.session_store import Opened
from app.core import clock
from app.core.auth import Principal
from app.core.db import db, transaction
from app.core.errors import Forbidden, NotFound
from app.core.ids import CompanyId, UserId
from app.core.outbox import record


def sign_out(found: SessionFound) -> None:
    """End the session one is in."""
    with at_home(found.person.home.id), transaction():
        end_where(Session.id == found.id, reason="signed out")


def revoke_session(who: Principal, session_id: str, *, reason: str = "") -> None:
    """End one session: one's own, or with a reason that of somebody in the company.

    Raises:
        NotFound: There is no such open session in reach.
        ReasonNeeded: It is somebody else's and no reason is given.
        Forbidden: It is somebody else's and the role may not.
    """
    with at_home(who.home_company_id), transaction():
        own = Session.user_id == who.user_id
        if end_where(Session.id == session_id, own, reason=reason or "by its owner"):
            return
    with transaction():
        is_open = sa.select(Session.id).where(Session.id == session_id, Session.revoked_at.is_(None))
        if db.session.scalar(is_open) is None:
            raise NotFound
        if not who.may("sessions:write"):
            raise Forbidden(permission="sessions:write")
        if not reason:
            raise ReasonNeeded
        end_where(Session.id == session_id, reason=reason)


def revoke_others(who: Principal) -> int:
    """End all one's sessions but the one asking; return how many."""
    with at_home(who.home_company_id), transaction():
        return end_where(Session.user_id == who.user_id, Session.id != who.credential, reason="by its owner")


def revoke_all_of(user_id: UserId, *, reason: str, but: str | None = None) -> int:
    """End a person's sessions inside the current transaction and company; return how many."""
    others = [Session.id != but] if but else []
    return end_where(Session.user_id == user_id, *others, reason=reason)


def end_where(*conditions: sa.ColumnElement[bool], reason: str) -> int:
    """Revoke the open sessions that match, and tell; return how many."""
    rows = db.session.execute(
        sa.update(Session)
        .where(
            Session.revoked_at.is_(None), User.company_id == Session.company_id, User.id == Session.user_id, *conditions
        )
        .values(revoked_at=clock.now(), revoked_reason=reason)
        .returning(Session.id, User.public_id)
        .execution_options(synchronize_session=False)
    ).all()
    tell(((row.id, row.public_id) for row in rows), "session", reason)
    return len(rows)


def tell(ended: Iterable[tuple[str, str]], kind: str, reason: str) -> None:
    """Record that credentials are no longer good."""
    for credential, user in ended:
        record(SessionRevoked(credential=credential, user=user, kind=kind, reason=reason))


def switch_company(found: SessionFound, data: dict[str, Any], company_id: CompanyId | None) -> Opened | None:
    """Let a platform admin act in another company, or in none; the session gets a new id, its sockets go."""
    with at_home(found.person.home.id), transaction():
        opened = session_store.rekey(found, data, acting=company_id)
        if opened is not None:
            tell([(found.id, found.person.public_id)], "session", "switched")
    return opened
