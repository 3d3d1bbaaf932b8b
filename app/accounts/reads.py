"""Questions about people, sessions, tokens, invitations and companies; one function per list."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from app.accounts.models import ApiToken, Company, Invitation, Session, User
from app.core import clock
from app.core.batch import batched
from app.core.cache import Everywhere
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.core.ids import CompanyId, UserId
from app.core.tenancy import current_company_id, platform_reads

Rows = tuple[Sequence[Row[*tuple[Any, ...]]], str | None]
CHOICES = 8


def page_of(statement: sa.Select[*tuple[Any, ...]], *, limit: int, position: str) -> Rows:
    """Return one page of rows and the cursor after it; `position` names the column the order goes by."""
    rows = db.session.execute(statement.limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, encode_cursor(getattr(rows[-1], position)) if more else None


def list_people(*, limit: int, after: str = "") -> Rows:
    """Return the people of the current company, oldest account first."""
    statement = sa.select(
        User.id.label("number"), User.public_id.label("id"), User.email, User.name, User.role, User.is_active,
        User.last_seen_at, User.created_at, User.totp_secret.is_not(None).label("has_second_factor"),
    ).order_by(User.id)  # fmt: skip
    if after:
        statement = statement.where(User.id > decode_cursor(after, User.id)[0])
    return page_of(statement, limit=limit, position="number")


def find_person(public_id: str) -> Row[*tuple[Any, ...]]:
    """Return one person of the current company.

    Raises:
        NotFound: They are not of this company.
    """
    statement = sa.select(User.public_id.label("id"), User.email, User.name, User.role, User.is_active)
    row = db.session.execute(statement.where(User.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def count_people() -> int:
    """Return how many people of the current company may come in, up to a thousand."""
    inside = sa.select(User.id).where(User.is_active).limit(1000).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(inside)) or 0


def open_sessions() -> sa.Select[*tuple[Any, ...]]:
    """Return the question for open sessions, newest first."""
    return (
        sa.select(
            Session.id, User.email, User.name, User.role, User.public_id.label("user_id"), Session.user_agent,
            Session.ip, Session.created_at, Session.last_seen_at, Session.expires_at, Session.second_factor,
        )
        .join(User, sa.and_(User.company_id == Session.company_id, User.id == Session.user_id))
        .where(
            Session.revoked_at.is_(None),
            Session.expires_at > clock.now(),
            Session.last_seen_at + sa.func.make_interval(0, 0, 0, 0, 0, 0, Session.idle_s) > clock.now(),
        )
        .order_by(Session.id.desc())
    )  # fmt: skip


def list_sessions(*, limit: int, after: str = "", user_id: UserId | None = None) -> Rows:
    """Return open sessions of the current company, or of one person in it."""
    statement = open_sessions()
    if user_id is not None:
        statement = statement.where(Session.user_id == user_id)
    if after:
        statement = statement.where(Session.id < decode_cursor(after, Session.id)[0])
    return page_of(statement, limit=limit, position="id")


def list_company_sessions(*, limit: int, after: str = "", but_user: UserId | None = None) -> Rows:
    """Return open sessions of the company one acts in.

    Raises:
        CompanyNeeded: A platform admin has chosen none.
    """
    statement = open_sessions().where(Session.company_id == current_company_id())
    if but_user is not None:
        statement = statement.where(Session.user_id != but_user)
    if after:
        statement = statement.where(Session.id < decode_cursor(after, Session.id)[0])
    return page_of(statement, limit=limit, position="id")


def list_tokens(*, limit: int, after: str = "", user_id: UserId | None = None) -> Rows:
    """Return the tokens in force of the current company, or of one person in it, newest first."""
    statement = (
        sa.select(
            ApiToken.id, ApiToken.name, ApiToken.prefix, User.email, ApiToken.scopes, ApiToken.limit_per_min,
            ApiToken.created_at, ApiToken.last_used_at, ApiToken.expires_at,
        )
        .join(User, sa.and_(User.company_id == ApiToken.company_id, User.id == ApiToken.user_id))
        .where(
            ApiToken.revoked_at.is_(None), sa.or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.now())
        )
        .order_by(ApiToken.id.desc())
    )  # fmt: skip
    if user_id is not None:
        statement = statement.where(ApiToken.user_id == user_id)
    if after:
        statement = statement.where(ApiToken.id < decode_cursor(after, ApiToken.id)[0])
    return page_of(statement, limit=limit, position="id")


def list_invitations(*, limit: int, after: str = "") -> Rows:
    """Return the open invitations of the current company, newest first."""
    statement = (
        sa.select(Invitation.id, Invitation.email, Invitation.role, Invitation.created_at, Invitation.expires_at)
        .where(
            Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > clock.now()
        )
        .order_by(Invitation.id.desc())
    )  # fmt: skip
    if after:
        statement = statement.where(Invitation.id < decode_cursor(after, Invitation.id)[0])
    return page_of(statement, limit=limit, position="id")


def own_company() -> Company:
    """Return the company one acts in."""
    return db.session.scalars(sa.select(Company).where(Company.id == current_company_id())).one()


def company_settings(company_id: CompanyId) -> dict[str, Any]:
    """Return the rules of the current company, such as allow_backorder."""
    return db.session.scalar(sa.select(Company.settings).where(Company.id == company_id)) or {}


def list_companies(*, limit: int, after: str = "", q: str = "") -> Rows:
    """Return companies by short name. For platform admins: reads across companies."""
    statement = sa.select(
        Company.id, Company.slug, Company.name, Company.type, Company.currency, Company.timezone, Company.created_at
    ).order_by(Company.slug)
    if q:
        statement = statement.where(Company.slug.startswith(q.lower(), autoescape=True))
    if after:
        statement = statement.where(Company.slug > decode_cursor(after, Company.slug)[0])
    with platform_reads():
        return page_of(statement, limit=limit, position="slug")


CHOICES_KEPT: Everywhere[list[dict[str, str]]] = Everywhere(
    "companies.choices", "companies", list[dict[str, str]], meaning="companies of the top bar", tables=["companies"]
)


def choices_for_admins() -> list[dict[str, str]]:
    """Return the companies offered in the top bar."""
    with platform_reads():
        return CHOICES_KEPT.read([], load_choices)


def load_choices() -> list[dict[str, str]]:
    """Return the first companies by name."""
    rows, _ = list_companies(limit=CHOICES)
    return [{"slug": row.slug, "name": row.name} for row in rows]


def list_everybody(*, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return people of all companies who may come in, oldest first: id, name, role, company. For platform admins."""
    statement = (
        sa.select(User.public_id.label("id"), User.name, User.role, Company.slug.label("company"))
        .join(Company, Company.id == User.company_id)
        .where(User.is_active)
        .order_by(User.id)
    )
    with platform_reads():
        return db.session.execute(statement.limit(limit)).all()


def names_of_companies(slugs: Sequence[str]) -> dict[str, str]:
    """Return short name → name of the companies among these. For platform admins."""
    with platform_reads():
        rows = db.session.execute(sa.select(Company.slug, Company.name).where(Company.slug.in_(slugs)))
        return {row.slug: row.name for row in rows}


def list_active_companies() -> Sequence[CompanyId]:
    """Return the ids of the tenants that somebody may come into, oldest first: whom scheduled jobs run for."""
    somebody = sa.select(User.id).where(User.company_id == Company.id, User.is_active).exists()
    with platform_reads():
        return db.session.scalars(
            sa.select(Company.id).where(Company.type != "platform", somebody).order_by(Company.id)
        ).all()


def companies_by_id(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return id → short name and name of the companies among these, read once a request. For platform admins."""
    found = zip(ids, _companies.load_many(ids), strict=True)
    return {company_id: names for company_id, names in found if names is not None}


@batched
def _companies(ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    with platform_reads():
        rows = db.session.execute(sa.select(Company.id, Company.slug, Company.name).where(Company.id.in_(ids)))
        return {row.id: (row.slug, row.name) for row in rows}


def company_ids(slugs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return short name → id and name of the companies among these. For platform admins."""
    with platform_reads():
        rows = db.session.execute(sa.select(Company.slug, Company.id, Company.name).where(Company.slug.in_(slugs)))
        return {row.slug: (row.id, row.name) for row in rows}


def names_of_people(public_ids: Sequence[str]) -> dict[str, str]:
    """Return id → name of the people among these, whatever their company. For platform admins."""
    with platform_reads():
        rows = db.session.execute(sa.select(User.public_id, User.name).where(User.public_id.in_(public_ids)))
        return {row.public_id: row.name for row in rows}


def find_anybody(text: str) -> Row[*tuple[Any, ...]] | None:
    """Return the person with this id or e-mail address, whatever their company: id, name, role, company. For platform admins."""
    statement = (
        sa.select(User.public_id.label("id"), User.name, User.role, Company.slug.label("company"))
        .join(Company, Company.id == User.company_id)
        .where(sa.or_(User.public_id == text, User.email == text.lower()))
    )
    with platform_reads():
        return db.session.execute(statement.limit(1)).one_or_none()
