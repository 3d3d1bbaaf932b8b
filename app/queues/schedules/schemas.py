"""Schedules as JSON."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape, Text, refuse_nul

Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=500)]
GivenReason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)]
Cron = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=100)]
Scope = Literal["installation", "each-company"]


class PlanSchedule(Shape):
    """A schedule to make. `args` are the job's arguments by name; `graceS` is how late it still runs."""

    title: Text
    job: Text
    args: dict[str, Any] = Field(default_factory=dict)
    cron: Cron
    timezone: Text
    scope: Scope = "installation"
    grace_s: int = Field(3600, ge=0)


class ChangeSchedule(PlanSchedule):
    """All of a schedule as it shall be; `version` is the one the editor saw."""

    version: int = Field(ge=1)


class PauseSchedule(Shape):
    """Why it is held, and for how many seconds; without them until somebody resumes it."""

    reason: Reason = ""
    for_s: int | None = None


class DeleteSchedule(Shape):
    """Why it is deleted."""

    reason: GivenReason


class PreviewQuery(Shape):
    """A cron line to be said in words."""

    cron: str = Field("", max_length=200)
    timezone: str = Field("UTC", max_length=100)


class RunsQuery(Shape):
    """Which page of a history."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class PreviewOut(Answer):
    """When a cron line is due. `problem` says why it cannot be read; then there are no times."""

    words: str
    times: list[Instant]
    problem: str | None


class ScheduleOut(Answer):
    """One schedule.

    `state` is on, paused, overdue (it should have run), missed (in the last 24 h), failed (its last job), unseen (its
    time is past, and nobody looks at the clock) or unknown (this release has no code for its job, so it does not
    fire). `nextAt` is null while it is paused or unknown.
    """

    id: str
    key: str | None
    title: str
    job: str
    args: dict[str, Any]
    cron: str
    timezone: str
    words: str
    scope: str
    grace_s: int
    state: str
    next_at: Instant | None
    is_paused: bool
    paused_reason: str
    paused_until: Instant | None
    last_at: Instant | None
    last_job_id: str | None
    last_job_state: str | None
    last_ran_s: float | None
    failed_companies: int
    missed24h: int
    version: int


class SchedulerOut(Answer):
    """Who looks at the clock. `silent` true is the alarm: nothing that is scheduled runs."""

    silent: bool
    last_tick_at: Instant | None
    processes: list[str]


class SchedulesOut(Answer):
    """All schedules, by when they are next due, and who looks at the clock."""

    items: list[ScheduleOut]
    next_cursor: str | None = None
    scheduler: SchedulerOut


class RunOut(Answer):
    """What became of one time; `times` counts several missed in a row."""

    id: str
    due_at: Instant
    at: Instant
    outcome: str
    times: int
    job_id: str | None
    job_state: str | None
    is_by_hand: bool
    note: str


class RunsOut(Answer):
    """A page of a history, newest first."""

    items: list[RunOut]
    next_cursor: str | None
