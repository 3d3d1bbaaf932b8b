"""Why jobs wait, as conditions for a list."""

import sqlalchemy as sa

from app.core import clock
from app.core.jobs import Job, job_outbox
from app.queues.filter import Waits

Condition = sa.ColumnElement[bool]


def waits_for(reason: Waits) -> Condition:
    """Return the condition under which a waiting job waits for this."""
    match reason:
        case Waits.LATER:
            return _living(job_outbox.c.phase == "waiting", job_outbox.c.due_at > clock.now())
        case Waits.BLOCKED:
            return _living(job_outbox.c.phase == "blocked")
        case Waits.HELD:
            return _living(job_outbox.c.phase == "waiting")


def _living(*conditions: Condition) -> Condition:
    same = (job_outbox.c.company_id == Job.company_id, job_outbox.c.job_id == Job.id)
    return sa.exists(sa.select(sa.literal(1)).select_from(job_outbox).where(*same, *conditions).correlate(Job))
