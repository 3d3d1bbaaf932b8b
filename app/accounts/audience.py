"""Who is meant by a role or an id: for what tells people something."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from app.accounts.models import User
from app.core.db import db


def list_audience(*, roles: Sequence[str] = (), public_ids: Sequence[str] = ()) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the people of the current company who may come in and have one of these roles or ids.

    Returns:
        Rows of number, id (the public one), email, name, preferences.
    """
    statement = (
        sa.select(User.id.label("number"), User.public_id.label("id"), User.email, User.name, User.preferences)
        .where(User.is_active, sa.or_(User.role.in_(roles), User.public_id.in_(public_ids)))
        .order_by(User.id)
    )
    return db.session.execute(statement).all()
