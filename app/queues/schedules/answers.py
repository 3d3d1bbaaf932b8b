"""Schedules as the JSON says them."""

from app.core import clock
from app.core.jobs import Job
from app.queues.schedules import times
from app.queues.schedules.models import ScheduleRun
from app.queues.schedules.reads import Line
from app.queues.schedules.schemas import PreviewOut, RunOut, ScheduleOut, SchedulerOut
from app.queues.schedules.service import faults_of_time
from app.queues.schedules.watch import Liveness

SHOWN_TIMES = 5


def schedule_of(line: Line) -> ScheduleOut:
    """Return one schedule."""
    row, rests = line.row, line.row.is_paused or not line.is_known
    return ScheduleOut(
        id=row.id, key=row.key, title=row.title, job=row.job, args=row.args, cron=row.cron, timezone=row.timezone,
        words=line.words, scope=row.scope, grace_s=row.grace_s, state=line.state,
        next_at=None if rests else row.next_at, is_paused=row.is_paused, paused_reason=row.paused_reason,
        paused_until=row.paused_until, last_at=row.last_at, last_job_id=row.last_job_id,
        last_job_state=line.job.state.value if line.job else None, last_ran_s=line.ran_s,
        failed_companies=line.failed, missed24h=line.missed, version=row.version,
    )  # fmt: skip


def scheduler_of(found: Liveness) -> SchedulerOut:
    """Return who looks at the clock."""
    return SchedulerOut(silent=found.is_silent, last_tick_at=found.last_tick_at, processes=list(found.processes))


def run_of(run: ScheduleRun, job: Job | None) -> RunOut:
    """Return what became of one time."""
    return RunOut(
        id=run.id, due_at=run.due_at, at=run.at, outcome=run.outcome, times=run.times, job_id=run.job_id,
        job_state=job.state.value if job else None, is_by_hand=run.is_by_hand, note=run.note,
    )  # fmt: skip


def preview_of(cron: str, timezone: str) -> PreviewOut:
    """Return a cron line in words with its next times, or why it cannot be read."""
    faults = faults_of_time(cron, timezone)
    if faults:
        return PreviewOut(words="", times=[], problem=next(iter(faults.values())))
    soon = times.next_times(cron, timezone, clock.now(), SHOWN_TIMES)
    return PreviewOut(words=f"{times.in_words(cron)}, {timezone}", times=soon, problem=None)
