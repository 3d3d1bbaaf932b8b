"""Making companies and changing their rules."""

from typing import Any

import sqlalchemy as sa
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError

from app.accounts import gate
from app.accounts.events import CompanyChanged
from app.accounts.models import Company as Company  # noqa: PLC0414 (named by those who render it)
from app.accounts.problems import SlugTaken
from app.core.db import db, transaction
from app.core.ids import CompanyId, new_ulid
from app.core.outbox import record
from app.core.tenancy import current_company_id


def create_company(
    *, slug: str, name: str, type: str, currency: str = "GBP", timezone: str = "Europe/London"
) -> CompanyId:
    """Make a company.

    Raises:
        SlugTaken: The short name is in use.
    """
    try:
        made = gate.ask(
            "SELECT auth_create_company(%(public_id)s, %(slug)s, %(name)s, %(type)s, %(currency)s, %(timezone)s)",
            public_id=new_ulid(), slug=slug, name=name, type=type, currency=currency, timezone=timezone,
        )  # fmt: skip
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise SlugTaken(slug=slug) from None
        raise
    return CompanyId(made)


def ensure_company(
    slug: str,
    name: str,
    *,
    type: str = "retailer",
    currency: str = "GBP",
    timezone: str = "Europe/London",
) -> CompanyId:
    """Return the company with this short name, made when there is none."""
    found = gate.find_company(slug)
    if found is not None:
        return found.id
    try:
        return create_company(slug=slug, name=name, type=type, currency=currency, timezone=timezone)
    except SlugTaken:
        made = gate.find_company(slug)
        assert made is not None  # noqa: S101 (its short name was taken a moment ago)
        return made.id


def change_company(*, name: str, timezone: str, allow_backorder: bool) -> Company:
    """Change the name and rules of the company one acts in."""
    with transaction():
        company = db.session.scalars(
            sa.select(Company).where(Company.id == current_company_id()).with_for_update()
        ).one()
        before = described(company)
        company.name, company.timezone = name, timezone
        settings: dict[str, Any] = {**company.settings, "allow_backorder": allow_backorder}
        company.settings = settings
        after = described(company)
        if after != before:
            record(CompanyChanged(slug=company.slug, before=before, after=after))
    return company


def described(company: Company) -> dict[str, str]:
    """Return what a change of a company's rules is about."""
    backorder = "allowed" if company.settings.get("allow_backorder") else "refused"
    return {"name": company.name, "timezone": company.timezone, "backorder": backorder}
