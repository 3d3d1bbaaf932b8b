"""Backups and drills as acts: made now, kept, told of when they fail. All inside `installation()`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from app.backups import drill as drills
from app.backups import store
from app.backups.dump import make_backup
from app.backups.manifest import Manifest
from app.backups.models import Drill
from app.core import clock, tasks
from app.core.access import Role
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.tenancy import current_company_id
from app.notifications.service import News, send_news

MOST_DRILLS = 20


def ask_for_backup() -> str:
    """Queue a backup; one that waits or runs already is enough. Return the job's id."""
    with transaction():
        return tasks.enqueue("backups.make", {}, title="Back the database up", key="backups.make")


def ask_for_drill() -> str:
    """Queue a drill of the newest backup. Return the job's id."""
    with transaction():
        return tasks.enqueue("backups.drill", {}, title="Restore the newest backup, as a drill", key="backups.drill")


def back_up(job_id: str | None = None) -> tuple[Manifest, list[str]]:
    """Make a backup and remove old ones; platform admins hear when it fails.

    Returns:
        Its manifest, and the names of the removed ones.
    """
    try:
        made = make_backup()
    except Exception as error:
        why = error.sentence if isinstance(error, Problem) else f"{error}"
        tell("backup-failed", f"The backup failed: {why}"[:500], job_id)
        raise
    return made, store.prune()


def run_drill(job_id: str | None = None, *, is_started: bool = True) -> Drill:
    """Restore the newest backup, keep the verdict; platform admins hear of a bad one.

    Args:
        job_id: The job that asked for it.
        is_started: Also start the product on the copy and sign in.

    Raises:
        NoBackup: There is none.
    """
    started = clock.now()
    finding = drills.drill(drills.find_newest(), is_started=is_started)
    row = keep_verdict(finding, started)
    if not row.is_good:
        tell("drill-failed", row.verdict[:500], job_id)
    return row


def keep_verdict(finding: drills.Finding, started: datetime) -> Drill:
    """Write what a drill found."""
    row = Drill(
        company_id=current_company_id(), backup=finding.backup, is_good=finding.is_good, verdict=finding.verdict,
        differences=finding.differences, tables=finding.tables, rows=finding.rows, actor=actor(), started_at=started,
        ended_at=clock.now(), steps=[asdict(one) for one in finding.steps],
    )  # fmt: skip
    with transaction() as session:
        session.add(row)
        session.flush()
    return row


def list_drills() -> Sequence[Drill]:
    """Return the last drills, newest first."""
    return db.session.scalars(sa.select(Drill).order_by(Drill.id.desc()).limit(MOST_DRILLS)).all()


def tell(kind: str, text: str, job_id: str | None) -> None:
    """Tell platform admins."""
    with transaction():
        send_news(News(kind, text, "/backups"), roles=[Role.PLATFORM_ADMIN.value], job_id=job_id)
