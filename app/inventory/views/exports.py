"""The inventory as a file, asked for on its page."""

from flask import Response, url_for

from app.core.access import allow
from app.core.api import parse_query
from app.core.auth import company
from app.core.idempotency import once
from app.core.present import reader_zone
from app.core.web import done
from app.inventory.export_job import queue_export
from app.inventory.schemas import ListItems
from app.inventory.views.blueprint import bp


@bp.post("/inventory/exports")
@allow("jobs:write")
@once
def create_export() -> Response:
    """Have a job write the list as it is filtered; its page has the file."""
    query = parse_query(ListItems)
    job_id = queue_export(query, query.sort, company=company(), zone=reader_zone())
    return done(url_for("jobs.show_job", job_id=job_id), toast="Export started. The file will be on this page.")
