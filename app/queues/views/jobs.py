"""The list of jobs."""

from flask import Response, url_for

from app.core.access import allow
from app.core.api import parse_query
from app.core.auth import principal
from app.core.jobs import JobState
from app.core.web import page
from app.queues import listeners, reads
from app.queues.schemas import JobQuery
from app.queues.views.blueprint import bp


@bp.get("/jobs")
@allow("jobs:read")
def list_jobs() -> Response:
    """Recent jobs of this company, newest first; `ids=` asks for single rows again."""
    query, who = parse_query(JobRows), principal()
    state = listeners.live_state(who)
    if query.ids:
        found_by_id = reads.jobs_by_id(query.ids.split(",")[:200], who.permissions)
        rows = [job for job in found_by_id if query.state in {None, job.state}]
        return page("jobs/rows.html", jobs=rows)
    found = reads.list_jobs(state=query.state, limit=query.limit, after=query.after, allowed=who.permissions)
    is_first = query.state is None and query.after is None
    return page(
        "jobs/index.html", block="rows", live=state, jobs=found.items, next_cursor=found.next_cursor,
        live_count=reads.count_live(who.permissions), state=query.state, after=query.after, mode="top" if is_first else "query",
        views=[view_of(one, query.state) for one in JobState], topics=listeners.topics_of(who),
    )  # fmt: skip


def view_of(state: JobState, current: JobState | None) -> dict[str, object]:
    """Return the tab that shows jobs in one state."""
    label = "Waiting" if state is JobState.QUEUED else state.value.capitalize()
    return {"label": label, "href": url_for("jobs.list_jobs", state=state.value), "current": state is current}


class JobRows(JobQuery):
    """The list as a page asks for it."""

    ids: str | None = None
