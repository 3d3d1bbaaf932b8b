"""Moving files as a job: a slice at a time, so that its queue stays free for others, and a duty that sees to the next one."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from app.core import clock, tasks
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.setting import current_settings
from app.core.tasks import JobCancelled, job, progress, say
from app.storage.migrating import service
from app.storage.migrating.limits import Options, next_opening
from app.storage.migrating.phases import WORKING, Phase
from app.storage.migrating.runner import Ended, run
from app.storage.migrating.service import JOB
from app.storage.migrating.standing import Standing
from app.storage.migrating.tally import Tally
from app.storage.models import Migration

log = structlog.get_logger(__name__)
SLICE_S = 45.0
AGAIN_S = {Ended.AWAY: 15.0, Ended.TAKEN: 15.0, Ended.TIME: 0.0}
EVERY_S, SILENT = 5.0, timedelta(seconds=20)


@job(queue="files", name=JOB)
def move_files(migration_id: str) -> dict[str, Any]:
    """Work on a migration for a slice of time, and queue the next one. A repeat goes on where the rows say."""
    try:
        ended = run(migration_id, slice_s=SLICE_S, told=report)
    except JobCancelled:  # else the duty would queue the next one
        service.pause(migration_id)
        raise
    say(f"Ended: {ended.value}")
    if ended in AGAIN_S:
        with transaction():
            row = db.session.scalar(sa.select(Migration).where(Migration.id == migration_id))
            if row is not None:
                queue_next(row, after_s=AGAIN_S[ended])
    return {"page": f"/storage/migrations/{migration_id}", "ended": ended.value}


def report(standing: Standing, tally: Tally) -> None:
    """Say how far the phase is as the job's progress."""
    row = standing.row
    files = {state: one["files"] for state, one in tally.states.items()}
    total = sum(files.values())
    done = {
        Phase.COPYING: total - files.get("waiting", 0) - files.get("failed", 0),
        Phase.VERIFYING: files.get("verified", 0), Phase.SWITCHING: files.get("switched", 0),
        Phase.REMOVING: files.get("removed", 0), Phase.ROLLING_BACK: files.get("verified", 0),
    }  # fmt: skip
    progress(done.get(Phase(row.phase), total), total, row.phase)


def queue_next(row: Migration, *, after_s: float) -> None:
    """Queue the next slice after the one that runs."""
    tasks.enqueue(
        JOB, {"migration_id": row.id}, title=f"Move files from {row.source} to {row.target}", key=row.id,
        dedupe=tasks.Dedupe.AFTER, not_before=clock.now() + timedelta(seconds=after_s) if after_s else None,
    )  # fmt: skip


def keep_going() -> int:
    """Queue a slice for a migration that should move and that nobody moved for a while; return how many were queued."""
    if not current_settings().enable_job_queues:
        return 0
    with installation(), transaction():
        row = db.session.scalar(
            sa.select(Migration).where(Migration.phase.in_(WORKING), Migration.is_paused.is_(False)).limit(1)
        )  # fmt: skip
        if row is None or not is_silent(row):
            return 0
        tasks.enqueue(
            JOB, {"migration_id": row.id}, title=f"Move files from {row.source} to {row.target}", key=row.id
        )  # the holder of the key is enough
    return 1


def is_silent(row: Migration) -> bool:
    """Say whether a migration may move now, and nobody moves it."""
    now, beaten_at = clock.now(), row.figures.get("beaten_at")
    if next_opening(Options.of(row.options).window, now) is not None:
        return False
    return beaten_at is None or now - clock.parse(beaten_at.replace("Z", "+00:00")) > SILENT
