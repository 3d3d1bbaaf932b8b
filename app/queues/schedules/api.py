"""Schedules over JSON: what every page shows and does."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import InvalidCursor, InvalidInput, VersionConflict
from app.core.tasks import JobQueuesOff
from app.queues.schedules import reads, runs, service, watch
from app.queues.schedules.answers import preview_of, run_of, schedule_of, scheduler_of
from app.queues.schedules.models import ScheduleScope
from app.queues.schedules.problems import (
    JobUnknown,
    NothingSkipped,
    ScheduleIsPaused,
    ScheduleIsShipped,
    ScheduleNotFound,
)
from app.queues.schedules.schemas import (
    ChangeSchedule,
    DeleteSchedule,
    PauseSchedule,
    PlanSchedule,
    PreviewOut,
    PreviewQuery,
    RunsOut,
    RunsQuery,
    ScheduleOut,
    SchedulesOut,
)

api_bp = Blueprint("schedules_api", __name__, url_prefix="/api/schedules")
READ, WRITE, TAG = "queues:read", "queues:write", "Schedules"


def plan_of(body: PlanSchedule) -> service.Plan:
    """Return what a body says about a schedule."""
    return service.Plan(
        title=body.title, job=body.job, cron=body.cron, timezone=body.timezone, scope=ScheduleScope(body.scope),
        grace_s=body.grace_s, args=body.args,
    )  # fmt: skip


def shown(schedule_id: str) -> ScheduleOut:
    """Return one schedule as it is now."""
    return schedule_of(reads.find_line(schedule_id))


@api_bp.get("")
@contract(scope=READ, returns={200: SchedulesOut}, tag=TAG, installation=True)
def list_schedules() -> SchedulesOut:
    """List all schedules, and say who looks at the clock."""
    items = [schedule_of(line) for line in reads.list_schedules()]
    return SchedulesOut(items=items, scheduler=scheduler_of(watch.read_liveness()))


@api_bp.post("")
@contract(
    scope=WRITE, body=PlanSchedule, returns={201: ScheduleOut}, problems=[InvalidInput], tag=TAG, installation=True
)
def create_schedule(body: PlanSchedule) -> tuple[ScheduleOut, int]:
    """Make a schedule."""
    return shown(service.create_schedule(plan_of(body)).id), 201


@api_bp.get("/preview")
@contract(scope=READ, query=PreviewQuery, returns={200: PreviewOut}, tag=TAG, installation=True)
def preview_cron(query: PreviewQuery) -> PreviewOut:
    """Say a cron line in words, with its next five times."""
    return preview_of(query.cron, query.timezone)


@api_bp.get("/<string:schedule_id>")
@contract(scope=READ, returns={200: ScheduleOut}, problems=[ScheduleNotFound], tag=TAG, installation=True)
def show_schedule(schedule_id: str) -> ScheduleOut:
    """Show one schedule."""
    return shown(schedule_id)


@api_bp.put("/<string:schedule_id>")
@contract(
    scope=WRITE, body=ChangeSchedule, returns={200: ScheduleOut},
    problems=[ScheduleNotFound, InvalidInput, VersionConflict], tag=TAG, installation=True,
)  # fmt: skip
def change_schedule(schedule_id: str, body: ChangeSchedule) -> ScheduleOut:
    """Change a schedule; it is next due by its new cron line."""
    service.change_schedule(schedule_id, plan_of(body), version=body.version)
    return shown(schedule_id)


@api_bp.delete("/<string:schedule_id>")
@contract(
    scope=WRITE, body=DeleteSchedule, returns={204: None}, problems=[ScheduleNotFound, ScheduleIsShipped], tag=TAG,
    installation=True,
)  # fmt: skip
def delete_schedule(schedule_id: str, body: DeleteSchedule) -> tuple[None, int]:
    """Delete a schedule and its history; its jobs stay."""
    service.delete_schedule(schedule_id, reason=body.reason)
    return None, 204


@api_bp.get("/<string:schedule_id>/runs")
@contract(
    scope=READ, query=RunsQuery, returns={200: RunsOut}, problems=[ScheduleNotFound, InvalidCursor], tag=TAG,
    installation=True,
)  # fmt: skip
def list_runs(schedule_id: str, query: RunsQuery) -> RunsOut:
    """List what became of each time it was due, newest first."""
    reads.find_schedule(schedule_id)
    found = runs.list_runs(schedule_id, limit=query.limit, after=query.after)
    items = [run_of(run, found.jobs.get(run.job_id or "")) for run in found.items]
    return RunsOut(items=items, next_cursor=found.next_cursor)


@api_bp.post("/<string:schedule_id>/runs")
@contract(
    scope=WRITE, returns={201: ScheduleOut}, problems=[ScheduleNotFound, JobUnknown, JobQueuesOff], tag=TAG,
    installation=True,
)  # fmt: skip
def run_now(schedule_id: str) -> tuple[ScheduleOut, int]:
    """Run it now; when it is next due does not change. `lastJobId` is the job."""
    service.run_now(schedule_id)
    return shown(schedule_id), 201


@api_bp.post("/<string:schedule_id>/pause")
@contract(
    scope=WRITE, body=PauseSchedule, returns={200: ScheduleOut}, problems=[ScheduleNotFound, InvalidInput], tag=TAG,
    installation=True,
)  # fmt: skip
def pause_schedule(schedule_id: str, body: PauseSchedule) -> ScheduleOut:
    """Hold it for a time, or until somebody resumes it."""
    service.pause_schedule(schedule_id, reason=body.reason, for_s=body.for_s)
    return shown(schedule_id)


@api_bp.delete("/<string:schedule_id>/pause")
@contract(scope=WRITE, returns={200: ScheduleOut}, problems=[ScheduleNotFound], tag=TAG, installation=True)
def resume_schedule(schedule_id: str) -> ScheduleOut:
    """Let it run again from now on."""
    service.resume_schedule(schedule_id)
    return shown(schedule_id)


@api_bp.post("/<string:schedule_id>/skip")
@contract(
    scope=WRITE, returns={200: ScheduleOut}, problems=[ScheduleNotFound, ScheduleIsPaused], tag=TAG, installation=True
)
def skip_next(schedule_id: str) -> ScheduleOut:
    """Pass over the next time it is due."""
    service.skip_next(schedule_id)
    return shown(schedule_id)


@api_bp.delete("/<string:schedule_id>/skip")
@contract(
    scope=WRITE, returns={200: ScheduleOut}, problems=[ScheduleNotFound, NothingSkipped], tag=TAG, installation=True
)
def take_back_skip(schedule_id: str) -> ScheduleOut:
    """Let the time that was skipped be due after all."""
    service.take_back_skip(schedule_id)
    return shown(schedule_id)
