"""What an open page of jobs gets pushed."""

from typing import Any

from flask import render_template

from app.core import live
from app.core.auth import Principal
from app.core.jobs import FACT_OF, permission_of
from app.queues import reads

TOPICS = {fact.topic: permission for permission, fact in FACT_OF.items()}


def topics_of(who: Principal) -> list[str]:
    """Return the topics that tell somebody of jobs."""
    return [name for name, permission in TOPICS.items() if who.may(permission)]


def live_state(who: Principal) -> dict[str, Any] | None:  # Any: the live layer's own shape
    """Return where the topics stand; ask before reading rows."""
    return live.state(*topics_of(who))


def rows_for(permission: str) -> live.RenderRows:
    """Return what renders changed jobs, as the list shows them, of those that need just this permission."""

    def render_rows(row_ids: list[str]) -> list[live.Row]:
        found = (job for job in reads.jobs_by_id(row_ids, {permission}) if permission_of(job.name) == permission)
        return [
            live.Row(id=f"job-{job.id}", version=job.version, html=render_template("jobs/_row.html", job=job))
            for job in found
        ]

    return render_rows
