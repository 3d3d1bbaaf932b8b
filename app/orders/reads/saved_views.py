"""The named filters that a person sees: their own and the shared ones."""

import sqlalchemy as sa

from app.core.db import db
from app.orders.models import SavedView

# Built once: every list of orders asks it.
_VIEWS = (
    sa.select(SavedView)
    .where(sa.or_(SavedView.owner == sa.bindparam("owner"), SavedView.is_shared))
    .order_by(SavedView.name, SavedView.public_id)
    .limit(20)
)


def list_views(owner: str) -> list[SavedView]:
    """Return them by name; `owner` is the person's public id."""
    return list(db.session.scalars(_VIEWS, {"owner": owner}))
