"""Facts about schedules and who looks at the clock. They belong to the installation; the row is the schedule's id."""

from datetime import datetime
from typing import Any

from app.core.outbox import Fact


class ScheduleCreated(Fact, type="schedule.created", topic="schedules", row="id"):
    """Somebody made a schedule."""

    id: str
    title: str
    job: str
    cron: str
    timezone: str
    scope: str


class ScheduleChanged(Fact, type="schedule.changed", topic="schedules", row="id"):
    """Somebody changed a schedule. `changes` is field → {before, after}."""

    id: str
    title: str
    changes: dict[str, Any]


class SchedulePaused(Fact, type="schedule.paused", topic="schedules", row="id"):
    """Somebody holds a schedule, until `until` or until somebody resumes it."""

    id: str
    title: str
    reason: str
    until: datetime | None


class ScheduleResumed(Fact, type="schedule.resumed", topic="schedules", row="id"):
    """A held schedule runs again: by a person, or because its time was over."""

    id: str
    title: str
    next_at: datetime


class ScheduleSkipped(Fact, type="schedule.skipped", topic="schedules", row="id"):
    """Somebody lets a schedule pass over the next time it is due; `is_undone` when they changed their mind."""

    id: str
    title: str
    due_at: datetime
    is_undone: bool = False


class ScheduleRunByHand(Fact, type="schedule.run-by-hand", topic="schedules", row="id"):
    """Somebody ran a schedule now."""

    id: str
    title: str
    job_id: str


class ScheduleDeleted(Fact, type="schedule.deleted", topic="schedules", row="id"):
    """Somebody deleted a schedule."""

    id: str
    title: str
    cron: str
    job: str
    reason: str


class ScheduleMissed(Fact, type="schedule.missed", topic="schedules", row="id"):
    """A schedule was due and did not run: `times` times, first at `due_at`."""

    id: str
    title: str
    due_at: datetime
    times: int
    reason: str


class SchedulerSilent(Fact, type="scheduler.silent", topic="schedules"):
    """Nobody looks at the clock any more: nothing that is scheduled runs."""

    process: str
    last_tick_at: datetime


class SchedulerBack(Fact, type="scheduler.back", topic="schedules"):
    """Somebody looks at the clock again."""

    process: str
    silent_s: int
