"""API tokens: made, shown once, revoked."""

from datetime import datetime

import sqlalchemy as sa

from app.accounts.events import TokenCreated
from app.accounts.models import ApiToken, User
from app.accounts.problems import ReasonNeeded, ScopeTooWide, UnknownScope
from app.accounts.secrets import SHOWN, hash_secret, new_token
from app.accounts.service.home import at_home
from app.accounts.service.sessions import tell
from app.core import clock
from app.core.access import ALL_PERMISSIONS, PERMISSIONS
from app.core.auth import Principal
from app.core.db import db, transaction
from app.core.errors import Forbidden, NotFound
from app.core.ids import UserId
from app.core.outbox import record


def create_own_token(
    who: Principal, *, name: str, scopes: list[str] | None, limit_per_min: int | None, expires_at: datetime | None
) -> tuple[ApiToken, str]:
    """Make a token for the person asking; a token can not make one that holds more than itself.

    Raises:
        UnknownScope: There is no such scope.
        ScopeTooWide: It would hold more than the person asking.
    """
    if scopes is None and who.scopes is not None:
        scopes = sorted(who.permissions)
    for scope in scopes or []:
        if scope in ALL_PERMISSIONS and scope not in who.permissions:
            raise ScopeTooWide(scope=scope)
    with at_home(who.home_company_id):
        return create_token(who.user_id, name=name, scopes=scopes, limit_per_min=limit_per_min, expires_at=expires_at)


def create_token(
    user_id: UserId,
    *,
    name: str,
    scopes: list[str] | None = None,
    limit_per_min: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a person of the current company; return its row and the secret, which nobody can show again.

    Args:
        user_id: Whose it is.
        name: What it is for, in a person's words.
        scopes: What it may; None for all its person's role may.
        limit_per_min: Its own limit of requests a minute.
        expires_at: When it ends by itself.

    Raises:
        NotFound: There is no such person here.
        UnknownScope: There is no such scope.
        ScopeTooWide: The person's role does not hold it.
    """
    with transaction() as session:
        person = session.scalar(sa.select(User).where(User.id == user_id))
        if person is None:
            raise NotFound
        for scope in scopes or []:
            if scope not in ALL_PERMISSIONS:
                raise UnknownScope(scope=scope)
            if scope not in PERMISSIONS[person.role]:
                raise ScopeTooWide(scope=scope)
        secret = new_token()
        row = ApiToken(
            company_id=person.company_id, user_id=person.id, name=name, prefix=secret[:SHOWN],
            hash=hash_secret(secret), scopes=sorted(set(scopes)) if scopes is not None else None,
            limit_per_min=limit_per_min, expires_at=expires_at,
        )  # fmt: skip
        session.add(row)
        session.flush()
        record(TokenCreated(token=row.id, name=name, user=person.public_id))
    return row, secret


def revoke_token(who: Principal, token_id: str, *, reason: str = "") -> None:
    """Revoke one's own token, or with a reason one of the company.

    Raises:
        NotFound: There is no such token in reach.
        ReasonNeeded: It is somebody else's and no reason is given.
        Forbidden: It is somebody else's and the role may not.
    """
    with at_home(who.home_company_id), transaction():
        if end_tokens(ApiToken.id == token_id, ApiToken.user_id == who.user_id, reason=reason or "by its owner"):
            return
    with transaction():
        is_open = sa.select(ApiToken.id).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
        if db.session.scalar(is_open) is None:
            raise NotFound
        if not who.may("tokens:write"):
            raise Forbidden(permission="tokens:write")
        if not reason:
            raise ReasonNeeded
        end_tokens(ApiToken.id == token_id, reason=reason)


def end_tokens(*conditions: sa.ColumnElement[bool], reason: str) -> int:
    """Revoke the tokens that match, inside the current transaction and company; return how many."""
    rows = db.session.execute(
        sa.update(ApiToken)
        .where(
            ApiToken.revoked_at.is_(None),
            User.company_id == ApiToken.company_id,
            User.id == ApiToken.user_id,
            *conditions,
        )
        .values(revoked_at=clock.now(), revoked_reason=reason)
        .returning(ApiToken.id, User.public_id)
        .execution_options(synchronize_session=False)
    ).all()
    tell(((row.id, row.public_id) for row in rows), "token", reason)
    return len(rows)


def revoke_by_command(token_id: str) -> None:
    """Revoke a token of the current company from a shell."""
    with transaction():
        end_tokens(ApiToken.id == token_id, reason="by command")
