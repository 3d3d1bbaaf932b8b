"""The list of schedules, and one of them with its history."""

from flask import Response, current_app, request

from app.core import live
from app.core.access import allow
from app.core.web import is_partial, page
from app.queues.schedules import reads, runs, times, watch
from app.queues.schedules.events import ScheduleCreated
from app.queues.schedules.offers import says_parameters
from app.queues.schedules.views import looks
from app.queues.schedules.views.blueprint import bp

TOPIC = ScheduleCreated.topic
RUN_ROWS, COMING = 30, 5


@bp.get("")
@allow("queues:read", installation=True)
def list_schedules() -> Response:
    """Show all schedules: when each runs, when it ran, and what is wrong."""
    state = live.state(TOPIC)
    lines, clockwork = reads.list_schedules(), watch.read_liveness()
    is_on = current_app.config["SETTINGS"].enable_job_queues
    return page(
        "schedules/list.html" if is_partial() else "schedules/index.html",
        live=state, lines=lines, clockwork=clockwork, verdict=looks.verdict_of(lines, clockwork, is_on=is_on), looks=looks,
    )  # fmt: skip


@bp.get("/<string:schedule_id>")
@allow("queues:read", installation=True)
def show_schedule(schedule_id: str) -> Response:
    """Show one schedule: when it runs next, what became of the times before, what it runs."""
    state = live.state(TOPIC)
    line, clockwork = reads.find_line(schedule_id), watch.read_liveness()
    row = line.row
    found = runs.list_runs(schedule_id, limit=RUN_ROWS, after=request.args.get("after"))
    later = [] if row.is_paused else times.next_times(row.cron, row.timezone, row.next_at, COMING - 1)
    return page(
        "schedules/detail.html" if is_partial() else "schedules/show.html",
        live=state, line=line, clockwork=clockwork, found=found, looks=looks, verdict=looks.verdict_on(line, clockwork),
        coming=[row.next_at, *later] if later else [], takes=says_parameters(row.job),
        skipped=reads.last_skip(schedule_id),
    )  # fmt: skip
