"""Deleting what was measured of statements. PostgreSQL's own counters belong to others too and are never reset."""

import sqlalchemy as sa

from app.core.db import db, transaction
from app.core.outbox import record
from app.queries.events import StatementsForgotten


def forget_history(reason: str) -> None:
    """Delete counts, samples, origins and repeated reads of all statements; texts, plans and marks stay.

    What processes have counted in the last seconds arrives a moment later, as the beginning of the new history.
    """
    with transaction():
        db.session.execute(sa.text("SELECT forget_query_history()"))
        record(StatementsForgotten(reason=reason))
