"""Deleting what was measured of statements. PostgreSQL's own counters belong to others too and are never reset."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation_id
from app.core.outbox import record
from app.queries.events import StatementsForgotten
from app.queries.models import Change

KIND = "forgotten"


def forget_history(reason: str) -> None:
    """Delete counts, samples, origins and repeated reads of all statements; texts, plans and marks stay.

    What processes have counted in the last seconds arrives a moment later, as the beginning of the new history.
    """
    by = str(actor().get("name") or "Somebody")
    with transaction():
        db.session.execute(sa.text("SELECT forget_query_history()"))
        row = sa.insert(Change).values(
            company_id=installation_id(), id=new_ulid(), at=clock.now(), fingerprint="", kind=KIND,
            sentence=f"{by} deleted what was measured", detail={"by": by, "reason": reason},
        )  # fmt: skip
        db.session.execute(row)
        record(StatementsForgotten(reason=reason))


@dataclass(frozen=True)
class Emptied:
    """When what was measured was deleted, and by whom."""

    at: datetime
    by: str


def emptied_since(at: datetime) -> Emptied | None:
    """Return the last time everything was deleted, if that was at an instant or later: before it nothing is known."""
    asked = sa.select(Change.at, Change.detail["by"].astext).where(
        Change.company_id == installation_id(), Change.fingerprint == "", Change.kind == KIND, Change.at >= at
    )
    row = db.session.execute(asked.order_by(Change.at.desc()).limit(1)).first()
    return None if row is None else Emptied(*row)
