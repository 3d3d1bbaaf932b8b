"""What the leading relay keeps in order beside its work: event partitions and old idempotency keys."""

from datetime import date, timedelta

import sqlalchemy as sa
from flask import current_app

from app.core import clock
from app.core.db import db
from config import Settings

EVERY_S = 60.0
KEYS_KEPT = timedelta(hours=48)
BATCH = 5000
_partitions_kept_on: dict[str, date] = {}


def keep() -> None:
    """Make and drop partitions once a day, and forget idempotency keys after two days."""
    today = clock.now().date()
    engine = db.engines["system"].execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        place = str(engine.url)
        if _partitions_kept_on.get(place) != today:
            settings: Settings = current_app.config["SETTINGS"]
            connection.execute(sa.text("SELECT keep_event_partitions(:days)"), {"days": settings.event_keep_days})
            connection.execute(sa.text("SELECT keep_job_partitions(:days)"), {"days": settings.job_keep_days})
            _partitions_kept_on[place] = today
        while forget_keys(connection) == BATCH:
            pass


def forget_keys(connection: sa.Connection) -> int:
    """Delete one batch of idempotency keys nobody repeats any more; return how many."""
    return connection.execute(
        sa.text(
            "DELETE FROM idempotency_keys WHERE (company_id, principal, route, key) IN (SELECT company_id, principal, "
            "route, key FROM idempotency_keys WHERE created_at < :before ORDER BY created_at LIMIT :batch)"
        ),
        {"before": clock.now() - KEYS_KEPT, "batch": BATCH},
    ).rowcount
