"""Who changed the settings of a breaker last, from the event log."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.breakers.events import BreakerConfigured
from app.core.db import db

event_log = sa.table(
    "event_log", *map(sa.column, ("topic", "row_id", "seq", "type", "actor", "occurred_at"))
)  # fmt: skip


@dataclass(frozen=True)
class Configured:
    """Somebody changed settings."""

    by: str
    at: datetime


def last_configured(name: str) -> Configured | None:
    """Return who did it last and when; None in the milliseconds before the log has it."""
    found = db.session.execute(
        sa.select(event_log.c.actor, event_log.c.occurred_at)
        .where(event_log.c.topic == BreakerConfigured.topic, event_log.c.row_id == name)
        .where(event_log.c.type == BreakerConfigured.type)
        .order_by(event_log.c.seq.desc())
        .limit(1)
    ).first()
    return Configured(str(found.actor.get("name", "")), found.occurred_at) if found else None
