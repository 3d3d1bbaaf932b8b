"""What belongs to no tenant but to the whole installation, such as flags and breakers.

Its rows have the platform company's id, so that row-level security holds for them as for everything else:
no tenant's transaction ever sees them. Platform admins' requests come here by `@allow(…, installation=True)`,
processes by `with installation():`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import current_app

from app.core.db import db
from app.core.ids import CompanyId
from app.core.tenancy import acting_for, platform_reads

SLUG = "platform"
EXTENSION = "quarterdeck-installation"


def installation_id() -> CompanyId:
    """Return the id of the platform company, which the migrations make; asked once per app."""
    found: CompanyId | None = current_app.extensions.get(EXTENSION)
    if found is None:
        with platform_reads():
            row = db.session.execute(sa.text("SELECT id FROM companies WHERE slug = :slug"), {"slug": SLUG})
            found = CompanyId(row.scalar_one())
        current_app.extensions[EXTENSION] = found
    return found


@contextmanager
def installation() -> Iterator[None]:
    """Act on what belongs to the installation, in a database session of its own."""
    with acting_for(installation_id()):
        yield
