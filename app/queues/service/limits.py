"""Changing how many jobs of a queue run at once, and how long they should wait at most."""

from typing import Any

import sqlalchemy as sa
from pydantic.alias_generators import to_camel
from sqlalchemy.dialects.postgresql import insert

from app.core.broker import QUEUES
from app.core.db import db, transaction
from app.core.errors import InvalidInput, NotFound
from app.core.installation import installation_id
from app.core.jobs import QueueSettings
from app.core.jobs.limits import KEEPER
from app.core.outbox import record
from app.core.pushed import bump
from app.queues.events import QueueConfigured

MOST_SLOTS, LONGEST_TARGET_S = 1000, 7 * 24 * 3600
BOUNDS = {"concurrency": MOST_SLOTS, "target_wait_s": LONGEST_TARGET_S}


def find_limits(queue: str) -> QueueSettings | None:
    """Return what a person changed about a queue; None when nobody did."""
    return db.session.scalars(sa.select(QueueSettings).where(QueueSettings.queue == queue)).one_or_none()


def change_limits(queue: str, **wanted: int | None) -> QueueSettings:
    """Change a queue's limits in every process.

    Args:
        queue: The queue.
        **wanted: concurrency and target_wait_s, each a figure or None to follow the environment; what is not named stays.

    Raises:
        NotFound: There is no such queue.
        InvalidInput: Nobody means such a figure.
    """
    if queue not in QUEUES:
        raise NotFound
    check(wanted)
    with transaction():
        new = {"company_id": installation_id(), "queue": queue}
        db.session.execute(insert(QueueSettings).values(new).on_conflict_do_nothing())
        statement = sa.select(QueueSettings).where(QueueSettings.queue == queue).with_for_update()
        row = db.session.execute(statement.execution_options(populate_existing=True)).scalar_one()
        changes: dict[str, Any] = {
            name: {"before": getattr(row, name), "after": value}
            for name, value in wanted.items()
            if getattr(row, name) != value
        }
        if changes:
            for name, value in wanted.items():
                setattr(row, name, value)
            row.version += 1
            bump(KEEPER)
            record(QueueConfigured(queue=queue, changes=changes), version=row.version)
    return row


def check(wanted: dict[str, int | None]) -> None:
    """Refuse figures nobody can mean.

    Raises:
        InvalidInput: One is out of its bounds.
    """
    errors = [
        {"field": to_camel(name), "message": f"Give a whole number from 1 to {BOUNDS[name]:,}, or nothing."}
        for name, value in wanted.items()
        if value is not None and not 1 <= value <= BOUNDS[name]
    ]
    if errors:
        raise InvalidInput(errors=errors)
