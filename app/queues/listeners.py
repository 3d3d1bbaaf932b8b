"""What an open page of jobs gets pushed."""

from collections.abc import Sequence
from typing import Any

from flask import render_template

from app.core import live
from app.queues import reads

TOPIC = "jobs"


def live_state() -> dict[str, Any] | None:  # Any: the live layer's own shape
    """Return where the topic stands; ask before reading rows."""
    return live.state(TOPIC)


def render_rows(row_ids: Sequence[str]) -> list["live.Row"]:
    """Render changed jobs, as the list shows them."""
    return [
        live.Row(id=f"job-{job.id}", version=job.version, html=render_template("jobs/_row.html", job=job))
        for job in reads.jobs_by_id(row_ids)
    ]
