"""Which company a short name means."""

import sqlalchemy as sa

from app.core.db import db
from app.core.installation import SLUG
from app.core.tenancy import platform_reads

OURS, NOBODY = 0, -1
_companies = sa.table("companies", sa.column("id", sa.BigInteger), sa.column("slug", sa.Text))


def company_number(slug: str) -> int | None:
    """Return which company's work is meant: None for all, 0 for the installation's own, -1 for one that is not there."""
    if not slug:
        return None
    if slug == SLUG:
        return OURS
    with platform_reads():
        found = db.session.scalar(sa.select(_companies.c.id).where(_companies.c.slug == slug))
    return NOBODY if found is None else int(found)
