"""What people do to schedules, inside the installation."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import InvalidInput, VersionConflict
from app.core.installation import installation_id
from app.core.outbox import record
from app.queues.schedules import events, firing, offers, reads, times
from app.queues.schedules.models import Outcome, Schedule, ScheduleScope
from app.queues.schedules.problems import (
    JobUnknown,
    NothingSkipped,
    ScheduleIsPaused,
    ScheduleIsShipped,
    ScheduleNotFound,
)

SHORTEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_GRACE_S = 60, 90 * 24 * 3600, 7 * 24 * 3600


@dataclass(frozen=True)
class Plan:
    """What a person says about a schedule."""

    title: str
    job: str
    cron: str
    timezone: str
    scope: ScheduleScope = ScheduleScope.INSTALLATION
    grace_s: int = 3600
    args: dict[str, Any] = field(default_factory=dict)


def create_schedule(plan: Plan) -> Schedule:
    """Make a schedule; it is due the next time its cron line says.

    Raises:
        InvalidInput: Some of it cannot be meant.
    """
    check_plan(plan)
    values = asdict(plan) | {"cron": " ".join(plan.cron.split()), "scope": plan.scope.value}
    with transaction():
        due = times.next_time(plan.cron, plan.timezone, clock.now())
        row = Schedule(company_id=installation_id(), next_at=due, **values)
        db.session.add(row)
        fact = events.ScheduleCreated(
            id=row.id, title=row.title, job=row.job, cron=row.cron, timezone=row.timezone, scope=row.scope
        )
        record(fact, version=row.version)
    return row


def change_schedule(schedule_id: str, plan: Plan, *, version: int) -> Schedule:
    """Change a schedule; it is next due by its new cron line.

    Args:
        schedule_id: Which.
        plan: All of it, as it shall be.
        version: The one the editor saw.

    Raises:
        ScheduleNotFound: There is none.
        InvalidInput: Some of it cannot be meant.
        VersionConflict: Somebody else changed it meanwhile.
    """
    check_plan(plan, unchanged_job=reads.find_schedule(schedule_id).job)
    wanted = asdict(plan) | {"cron": " ".join(plan.cron.split()), "scope": plan.scope.value}
    with transaction():
        row = lock(schedule_id)
        changes = {
            name: {"before": getattr(row, name), "after": value}
            for name, value in wanted.items()
            if getattr(row, name) != value
        }
        if version != row.version and changes:
            raise VersionConflict(yours=version, current=row.version, changed=changes)
        for name, change in changes.items():
            setattr(row, name, change["after"])
        if changes:
            row.version += 1
            if {"cron", "timezone"} & changes.keys():
                row.next_at = times.next_time(row.cron, row.timezone, clock.now())
            record(events.ScheduleChanged(id=row.id, title=row.title, changes=changes), version=row.version)
    return row


def pause_schedule(schedule_id: str, *, reason: str = "", for_s: int | None = None) -> Schedule:
    """Hold a schedule; one that is held already gets the new reason and end.

    Args:
        schedule_id: Which.
        reason: Shown beside it until it runs again.
        for_s: Seconds; None until somebody resumes it.

    Raises:
        ScheduleNotFound: There is none.
        InvalidInput: Nobody means so long, or so short.
    """
    if for_s is not None and not SHORTEST_PAUSE_S <= for_s <= LONGEST_PAUSE_S:
        raise InvalidInput(errors=[{"field": "forS", "message": "Give from a minute to 90 days, or nothing."}])
    with transaction():
        row = lock(schedule_id)
        row.is_paused, row.paused_reason, row.paused_by = True, reason, actor()
        row.paused_until = None if for_s is None else clock.now() + timedelta(seconds=for_s)
        row.version += 1
        fact = events.SchedulePaused(id=row.id, title=row.title, reason=reason, until=row.paused_until)
        record(fact, version=row.version)
    return row


def resume_schedule(schedule_id: str) -> Schedule:
    """Let a schedule run again; one that runs stays as it is.

    Raises:
        ScheduleNotFound: There is none.
    """
    with transaction():
        row = lock(schedule_id)
        if row.is_paused:
            firing.resume(row, clock.now())
    return row


def skip_next(schedule_id: str) -> Schedule:
    """Let a schedule pass over the next time it is due.

    Raises:
        ScheduleNotFound: There is none.
        ScheduleIsPaused: It has no next time.
    """
    with transaction():
        row = lock(schedule_id)
        if row.is_paused:
            raise ScheduleIsPaused(schedule=row.title)
        due = row.next_at
        row.next_at = times.next_time(row.cron, row.timezone, due)
        row.version += 1
        firing.note_run(row, due, Outcome.SKIPPED, note="Skipped by hand.")
        record(events.ScheduleSkipped(id=row.id, title=row.title, due_at=due), version=row.version)
    return row


def take_back_skip(schedule_id: str) -> Schedule:
    """Let the time that was skipped last be due after all.

    Raises:
        ScheduleNotFound: There is none.
        NothingSkipped: Nothing was, or it is over.
    """
    with transaction():
        row = lock(schedule_id)
        run = reads.last_skip(schedule_id)
        if run is None or row.is_paused:
            raise NothingSkipped(schedule=row.title)
        row.next_at = run.due_at
        row.version += 1
        db.session.delete(run)
        fact = events.ScheduleSkipped(id=row.id, title=row.title, due_at=run.due_at, is_undone=True)
        record(fact, version=row.version)
    return row


def run_now(schedule_id: str) -> Schedule:
    """Queue what a schedule runs, now; when it is next due does not change.

    Raises:
        ScheduleNotFound: There is none.
        JobUnknown: There is no code for its job here.
        JobQueuesOff: This installation runs no jobs.
    """
    with transaction():
        row = lock(schedule_id)
        if not offers.is_known(row.job):
            raise JobUnknown(job=row.job)
        now = clock.now()
        # Two who press at once make one run; a minute later it is another.
        job_id = firing.start_job(row, now, key=f"{row.id}:now:{now:%Y-%m-%dT%H:%M}Z")
        row.version += 1
        firing.note_run(row, now, Outcome.FIRED, job_id=job_id, is_by_hand=True)
        record(events.ScheduleRunByHand(id=row.id, title=row.title, job_id=job_id), version=row.version)
    return row


def delete_schedule(schedule_id: str, *, reason: str) -> None:
    """Delete a schedule and its history; its jobs stay.

    Raises:
        ScheduleNotFound: There is none.
        ScheduleIsShipped: It comes with the product.
    """
    with transaction():
        row = lock(schedule_id)
        if row.key is not None:
            raise ScheduleIsShipped(schedule=row.title)
        fact = events.ScheduleDeleted(id=row.id, title=row.title, cron=row.cron, job=row.job, reason=reason)
        record(fact, version=row.version + 1)
        db.session.execute(sa.delete(Schedule).where(Schedule.id == schedule_id))


def lock(schedule_id: str) -> Schedule:
    """Return a schedule that nobody else changes until the transaction ends. Raises ScheduleNotFound."""
    statement = sa.select(Schedule).where(Schedule.id == schedule_id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise ScheduleNotFound
    return row


def check_plan(plan: Plan, *, unchanged_job: str | None = None) -> None:
    """Refuse what cannot be meant, each field with its reason.

    Raises:
        InvalidInput: Some of it cannot be meant.
    """
    errors = {}
    if plan.job != unchanged_job and plan.job not in offers.offered():
        errors["job"] = "This job cannot be scheduled here. Choose one of the list."
    elif plan.scope not in offers.OFFERS.get(plan.job, tuple(ScheduleScope)):
        errors["scope"] = "This job is not made for that."
    fault = offers.fault_of_args(plan.job, plan.args)
    if fault:
        errors["args"] = fault
    if not 0 <= plan.grace_s <= LONGEST_GRACE_S:
        errors["graceS"] = "Give from 0 seconds to 7 days."
    errors |= faults_of_time(plan.cron, plan.timezone)
    if errors:
        raise InvalidInput(errors=[{"field": name, "message": said} for name, said in errors.items()])


def faults_of_time(cron: str, timezone: str, after: datetime | None = None) -> dict[str, str]:
    """Return what is wrong with a cron line and its time zone, by field."""
    try:
        times.next_time(cron, timezone, after or clock.now())
    except times.BadCron as error:
        return {"cron": str(error)}
    except times.BadZone as error:
        return {"timezone": str(error)}
    return {}
