"""People of a company: made, given roles, sent away and taken back."""

from typing import Any

import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.accounts import gate
from app.accounts.events import UserChanged
from app.accounts.models import ApiToken, Company
from app.accounts.models import User as User  # noqa: PLC0414 (named by those who render it)
from app.accounts.passwords import hash_password
from app.accounts.problems import EmailTaken, LastAdmin, NotYourself, ReasonNeeded, RoleNotHere
from app.accounts.service.home import at_home, named_row, own_row
from app.accounts.service.sessions import revoke_all_of
from app.accounts.service.tokens import end_tokens
from app.core.access import Role
from app.core.auth import Principal
from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.outbox import record
from app.core.tenancy import acting_for, current_company_id

LAST_ADMIN = "QD001"  # raised by the trigger keep_last_admin


def create_user(*, email: str, name: str, role: Role, password: str | None) -> User:
    """Make a person of the current company.

    Raises:
        EmailTaken: The address has an account.
        RoleNotHere: The role belongs to another kind of company.
    """
    hashed = hash_password(password) if password is not None else None
    try:
        with transaction() as session:
            check_role_fits(role)
            row = User(company_id=current_company_id(), email=email, name=name, role=role, password_hash=hashed)
            session.add(row)
            session.flush()
            tell(row, "created")
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise EmailTaken from None
        raise
    return row


def ensure_user(company_id: CompanyId, *, email: str, name: str, role: Role, password: str | None) -> str:
    """Return the public id of the person with this address, made when there is none."""
    found = gate.find_user(email)
    if found is not None:
        return found.public_id
    with acting_for(company_id):
        return create_user(email=email, name=name, role=role, password=password).public_id


def check_role_fits(role: Role) -> None:
    """Refuse platform admins outside the platform, and other roles inside it."""
    kind = db.session.scalar(sa.select(Company.type).where(Company.id == current_company_id()))
    if (kind == gate.PLATFORM) != (role is Role.PLATFORM_ADMIN):
        raise RoleNotHere(role=role.value)


def change_role(who: Principal, public_id: str, role: Role) -> User:
    """Give somebody another role; what they hold open is looked at again.

    Raises:
        NotFound: They are not of this company.
        NotYourself: It is one's own account.
        LastAdmin: Nobody else would be admin.
        RoleNotHere: The role belongs to another kind of company.
    """
    return change_user(who, public_id, "role", {"role": role})


def deactivate(who: Principal, public_id: str, *, reason: str) -> User:
    """Send somebody away: no sign-in, and their sessions and tokens end with this transaction.

    Raises:
        NotFound: They are not of this company.
        NotYourself: It is one's own account.
        LastAdmin: Nobody else would be admin.
        ReasonNeeded: No reason is given.
    """
    if not reason:
        raise ReasonNeeded
    with transaction():
        row = change_user(who, public_id, "deactivated", {"is_active": False})
        revoke_all_of(row.id, reason=reason)
        end_tokens(ApiToken.user_id == row.id, reason=reason)
    return row


def reactivate(who: Principal, public_id: str) -> User:
    """Take somebody back. They sign in anew; old sessions and tokens stay revoked."""
    return change_user(who, public_id, "reactivated", {"is_active": True})


def change_user(who: Principal, public_id: str, change: str, values: dict[str, Any]) -> User:
    """Change somebody's standing, unless they are the last admin."""
    if public_id == who.public_id:
        raise NotYourself
    try:
        with transaction() as session:
            row = named_row(public_id)
            if "role" in values:
                check_role_fits(values["role"])
            if all(getattr(row, name) == value for name, value in values.items()):
                return row
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
            session.flush()
            tell(row, change)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LAST_ADMIN:
            raise LastAdmin from None
        raise
    return row


def change_profile(who: Principal, *, name: str, preferences: dict[str, Any]) -> User:
    """Change one's own name and ways of seeing."""
    with at_home(who.home_company_id), transaction():
        row = own_row(who.user_id, lock=True)
        row.name = name
        row.preferences = {**row.preferences, **preferences}
        row.version += 1
    return row


def change_preferences(who: Principal, preferences: dict[str, Any]) -> None:
    """Change only what is named: theme, density, timezone, keys."""
    merged = User.preferences.op("||")(sa.cast(preferences, sa.dialects.postgresql.JSONB))
    with at_home(who.home_company_id), transaction() as session:
        session.execute(
            sa.update(User)
            .where(User.id == who.user_id)
            .values(preferences=merged)
            .execution_options(synchronize_session=False)
        )


def tell(row: User, change: str) -> None:
    """Record that a person's standing changed."""
    record(UserChanged(user=row.public_id, role=row.role, is_active=row.is_active, change=change), version=row.version)
