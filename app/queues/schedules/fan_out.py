"""One firing for every company: a job that queues one job in each."""

from typing import Any

import sqlalchemy as sa

from app.accounts import reads as accounts
from app.core import clock, tasks
from app.core.db import db, transaction
from app.core.jobs import Job
from app.core.tasks import current_job_id, job, progress
from app.core.tenancy import acting_for
from app.queues.schedules.firing import FAN_OUT, options_of


@job(queue="maintenance", name=FAN_OUT)
def fan_out(schedule: str, due_at: str, name: str, values: dict[str, Any], words: str) -> dict[str, Any]:
    """Queue a schedule's job in every active company, once, also when this runs again after a lost worker."""
    companies, queued = accounts.list_active_companies(), 0
    due = clock.parse(due_at)
    for number, company_id in enumerate(companies, start=1):
        with acting_for(company_id), transaction():
            if not _is_queued(schedule):
                tasks.enqueue(name, dict(values), title=words, **options_of(schedule, due))
                queued += 1
        progress(number, len(companies), f"{number} of {len(companies)} companies")
    return {"companies": len(companies), "queued": queued}


def _is_queued(schedule_id: str) -> bool:
    """Say whether this very firing has a job in the current company: it may have ended and given back its key."""
    mine = sa.select(Job.id).where(Job.schedule_id == schedule_id, Job.parent_id == current_job_id()).limit(1)
    return db.session.scalar(mine) is not None
