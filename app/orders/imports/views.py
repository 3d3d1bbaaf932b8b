"""Pages of imports: upload, look, start, follow, read the account."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request, stream_with_context, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form
from app.core.auth import company, principal
from app.core.errors import Forbidden, Problem
from app.core.idempotency import once
from app.core.tenancy import acting_for
from app.core.web import done, page
from app.orders.exports import csv_line, safe_cell
from app.orders.imports import reads, service
from app.orders.imports.models import ImportKind
from app.orders.imports.report import sentences
from app.orders.imports.schemas import UploadQuery
from app.orders.imports.uploads import allow_large_body, sent_file
from app.queues import reads as jobs

bp = Blueprint("imports", __name__)
UPLOADS = {"imports.create_orders_import", "imports.create_inventory_import"}
MAX_APART = 50


@bp.url_value_preprocessor
def prepare(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let uploads be large."""
    if endpoint in UPLOADS:
        allow_large_body()


@bp.get("/orders/import")
@allow("orders:write")
def new_orders_import() -> Response:
    """Ask for a sales file."""
    return ask_file(ImportKind.ORDERS)


@bp.post("/orders/import")
@allow("orders:write")
def create_orders_import() -> Response:
    """Keep the file and show what is in it. Sent twice, it is kept twice; only starting an import does something."""
    return keep_file(ImportKind.ORDERS)


@bp.get("/inventory/import")
@allow("inventory:write")
def new_inventory_import() -> Response:
    """Ask for a file of items."""
    return ask_file(ImportKind.INVENTORY)


@bp.post("/inventory/import")
@allow("inventory:write")
def create_inventory_import() -> Response:
    """Keep the file and show what is in it."""
    return keep_file(ImportKind.INVENTORY)


def ask_file(kind: ImportKind, problem: Problem | None = None) -> Response:
    """Show the form, with what was wrong with the last file."""
    status = problem.status if problem else 200
    sent = {"source": request.form.get("source", service.DEFAULT_SOURCE)}
    return page(
        "imports/new.html", block="form", status=status, kind=kind.value, problem=problem, sent=sent,
        recent=reads.recent_imports(kind),
    )  # fmt: skip


def keep_file(kind: ImportKind) -> Response:
    """Store the file; a file that cannot be used is refused on the form itself."""
    try:
        source = parse_form(UploadQuery).source
        stream, name = sent_file("file.csv")
        row = service.keep_upload(stream, kind=kind, file_name=name, source=source)
    except Problem as problem:
        return ask_file(kind, problem)
    return done(url_for("imports.show_import", import_id=row.id))


@bp.get("/orders/imports/<string:import_id>")
@allow("orders:read")
def show_import(import_id: str) -> Response:
    """One import: what is in the file, how far it is, what came of it."""
    state = live.state("jobs")
    row = reads.find_import(import_id)
    is_sales = row.kind == ImportKind.ORDERS
    said = sentences(row.report, company().currency) if row.report and is_sales else []
    apart = reads.lines_apart(row.source, MAX_APART) if row.report and is_sales else []
    return page(
        "imports/detail.html", block="detail", live=state, row=row, job=jobs.find_job(row.job_id) if row.job_id else None,
        said=said, apart=apart, currency=company().currency,
    )  # fmt: skip


@bp.post("/orders/imports/<string:import_id>/job")
@allow("orders:write")
@once
def start_import(import_id: str) -> Response:
    """Start the import as a job."""
    row = reads.find_import(import_id)
    needed = f"{row.kind}:write"
    if not principal().may(needed):
        raise Forbidden(permission=needed)
    service.queue_import(import_id)
    return done(url_for("imports.show_import", import_id=import_id), toast=f"Import {row.file_name}: started.")


@bp.get("/orders/imports/<string:import_id>/skipped.csv")
@allow("orders:read")
def download_skips(import_id: str) -> Response:
    """The lines that were left out, to be mended and brought again."""
    reads.find_import(import_id)
    here = company()

    def lines() -> Iterator[str]:
        yield csv_line(["line", "reason", "content"])
        after: str | None = None
        while True:
            with acting_for(here.id):
                rows, after = reads.list_skips(import_id, after=after)
            yield "".join(csv_line([str(row.line_no), row.reason, safe_cell(row.line)]) for row in rows)
            if after is None:
                return

    response = Response(stream_with_context(lines()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="skipped-{import_id}.csv"'
    return response
