"""Pausing: a queue, a job name, or a company's jobs stay where they are until somebody resumes or the time is over.

A pause is a row. It survives every process and the broker; the release does not let go what it holds, and a worker
that was handed such a job gives it back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, tasks
from app.core.broker import QUEUES
from app.core.context import SYSTEM_ACTOR, acting_as, actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput, NotFound, Problem
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.jobs import Pause, holds
from app.core.outbox import record
from app.core.pushed import bump
from app.core.tenancy import platform_reads
from app.queues.events import QueuePaused, QueueResumed

KINDS = ("queue", "name", "company")
LONGEST = timedelta(days=30)
OVER = "Its time was over"


class PauseTooLong(Problem, code="pause-too-long", status=422):
    """A pause ends within 30 days, or when somebody resumes. Give a time in the coming 30 days, or none."""

    until: datetime


def pause(kind: str, value: str, reason: str = "", until: datetime | None = None) -> Pause:
    """Hold jobs; holding what is held already changes reason and end.

    Args:
        kind: queue, name or company.
        value: The queue, the job's name, or the company's short name.
        reason: Why, for whoever finds it held.
        until: When it ends by itself.

    Raises:
        InvalidInput: There is no such queue, job name or company.
        PauseTooLong: Nobody means that time.
    """
    _check(kind, value, until)
    with transaction():
        while (held := _find(Pause.kind == kind, Pause.value == value)) is None:
            made = insert(Pause).values(
                company_id=installation_id(), id=new_ulid(), kind=kind, value=value, actor=actor()
            )
            db.session.execute(made.on_conflict_do_nothing())  # somebody else may hold it in the same moment
        held.reason, held.until, held.actor = reason, until, actor()
        db.session.flush()
        bump(holds.KEEPER)
        record(QueuePaused(kind=kind, value=value, reason=reason, until=until))
    return held


def resume(pause_id: str, reason: str = "") -> Pause:
    """Let what a pause holds flow again, and return the pause that was.

    Raises:
        NotFound: There is no such pause, or it ended already.
    """
    with transaction():
        held = _find(Pause.id == pause_id)
        if held is None:
            raise NotFound
        _end(held, reason)
    return held


def find_pause(kind: str, value: str) -> Pause | None:
    """Return the pause of a queue, a name or a company; None when it flows."""
    with platform_reads():
        return db.session.scalars(sa.select(Pause).where(Pause.kind == kind, Pause.value == value)).one_or_none()


def list_pauses() -> Sequence[Pause]:
    """Return every pause, the oldest first."""
    with platform_reads():
        return db.session.scalars(sa.select(Pause).order_by(Pause.since, Pause.id)).all()


def end_pauses() -> int:
    """Resume what was paused until now, as the relay's duty; return how many.

    The release looks at the time itself, so jobs flow on the second; this keeps the page and the audit right.
    """
    with installation(), acting_as(SYSTEM_ACTOR):
        over = db.session.scalars(sa.select(Pause.id).where(Pause.until <= clock.now())).all()
        for pause_id in over:
            with transaction():
                held = _find(Pause.id == pause_id)
                if held is not None and held.until is not None and held.until <= clock.now():
                    _end(held, OVER)
    return len(over)


def _end(held: Pause, reason: str) -> None:
    db.session.execute(sa.delete(Pause).where(Pause.id == held.id).execution_options(synchronize_session=False))
    db.session.expunge(held)
    bump(holds.KEEPER)
    paused_s = max(0, round((clock.now() - held.since).total_seconds()))
    record(QueueResumed(kind=held.kind, value=held.value, reason=reason, paused_s=paused_s))


def _find(*which: sa.ColumnElement[bool]) -> Pause | None:
    return db.session.scalars(sa.select(Pause).where(*which).with_for_update()).one_or_none()


def _check(kind: str, value: str, until: datetime | None) -> None:
    known = {
        "queue": lambda: value in QUEUES,
        "name": lambda: value in tasks.JOBS,
        "company": lambda: _is_company(value),
    }
    if kind not in known:
        raise InvalidInput(errors=[{"field": "kind", "message": f"Give one of {', '.join(KINDS)}."}])
    if not known[kind]():
        raise InvalidInput(errors=[{"field": "value", "message": f"There is no {_WORDS[kind]} {value!r}."}])
    if until is not None and not clock.now() < until <= clock.now() + LONGEST:
        raise PauseTooLong(until=until)


_WORDS = {"queue": "queue", "name": "job named", "company": "company with the short name"}


def _is_company(slug: str) -> bool:
    with platform_reads():
        found = db.session.execute(sa.text("SELECT 1 FROM companies WHERE slug = :slug"), {"slug": slug})
        return found.first() is not None
