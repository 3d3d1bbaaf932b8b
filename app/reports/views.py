"""The page of reports: make one, follow it, fetch its files."""

from typing import Any

from flask import Blueprint, Response, current_app, request, send_file, url_for
from pydantic import ValidationError

from app.accounts.audience import list_audience
from app.core import clock, guards, live
from app.core.access import Role, allow
from app.core.api import parse_query, problem_of
from app.core.auth import company, principal
from app.core.downloads import send_kept
from app.core.errors import InvalidInput, Problem
from app.core.idempotency import once
from app.core.jobs import Job
from app.core.web import done, page
from app.queues.reads import jobs_by_id
from app.reports import reads, service
from app.reports.models import Report
from app.reports.periods import Preset, spell
from app.reports.problems import ReportExpired, ReportNotMade
from app.reports.schemas import NewReport, ReportQuery
from app.reports.states import Format, Kind
from app.reports.writers import MIMETYPES
from config import Settings

bp = Blueprint("reports", __name__)
MOST_PEOPLE = 50
COMPANY_ROLES = [Role.COMPANY_ADMIN.value, Role.STAFF.value, Role.VIEWER.value]


@bp.get("/reports")
@allow("orders:read")
def list_reports() -> Response:
    """The form, and what was made so far."""
    return show_page({}, 200)


@bp.post("/reports")
@allow("jobs:write")
@once
def create_report() -> Response:
    """Have a report made."""
    try:
        wanted = NewReport.model_validate(form_values())
        row = service.ask_for_report(wanted, company())
    except ValidationError as error:
        return show_page(errors_of(problem_of(error)), 422)
    except Problem as problem:
        if problem.status != 422:  # noqa: PLR2004
            raise
        return show_page({"period": problem.sentence}, 422)
    return done(url_for("reports.list_reports"), toast=f"{row.title} of {row.period}: started.")


@bp.get("/reports/<string:report_id>")
@allow("orders:read")
def show_report(report_id: str) -> Response:
    """One report: its totals and its files."""
    state = live.state("jobs")
    row = reads.find_report(report_id)
    return page("reports/detail.html", block="detail", live=state, report=row, job=jobs_of([row]).get(row.id))


@bp.get("/reports/<string:report_id>/file.<string:extension>")
@allow("orders:read")
def download_file(report_id: str, extension: str) -> Response:
    """Send a file of a report."""
    row = reads.find_report(report_id)
    if extension not in row.files:
        raise ReportNotMade
    kind = Format(extension)
    name = f"{row.kind}-{company().slug}-{row.id[-6:].lower()}.{extension}"
    found = service.find_file(row, kind)
    if found is not None:
        return send_kept(found, name=name, content_type=MIMETYPES[kind])
    path = service.path_of(row.id, kind)
    if not path.is_file():
        settings: Settings = current_app.config["SETTINGS"]
        raise ReportExpired(days=settings.file_keep_days)
    return guards.call("storage", send_file, path, mimetype=MIMETYPES[kind], as_attachment=True, download_name=name)


def show_page(errors: dict[str, str], status: int) -> Response:
    """Render the page; after a mistake with what was sent."""
    query = parse_query(ReportQuery) if request.method == "GET" else ReportQuery()
    state = live.state("jobs")
    found = reads.list_reports(limit=query.limit, after=query.after)
    today = clock.now()
    return page(
        "reports/index.html", block="rows", status=status, live=state, reports=found.items, jobs=jobs_of(found.items),
        next_cursor=found.next_cursor, after=query.after, errors=errors, form=request.form, people=people(),
        kinds=[(one.value, one.value.capitalize()) for one in Kind], formats=[one.value for one in Format],
        presets=[("", "Days below"), *((one.value, one.label) for one in Preset)], today=spell(today.date()),
    )  # fmt: skip


def people() -> list[tuple[str, str]]:
    """Return who a report may be mailed to: those one may see."""
    who = principal()
    if who.may("users:read"):
        return [(row.id, row.name) for row in list_audience(roles=COMPANY_ROLES)[:MOST_PEOPLE]]
    return [(row.id, "Me") for row in list_audience(public_ids=[who.public_id])]


def jobs_of(rows: Any) -> dict[str, Job]:  # Any: reports
    """Return the jobs of reports that are not there yet, by report."""
    waiting: dict[str, str] = {row.job_id: row.id for row in rows if row.job_id and row.finished_at is None}
    return {waiting[job.id]: job for job in jobs_by_id(list(waiting), principal().permissions)} if waiting else {}


def form_values() -> dict[str, Any]:
    """Return the form as the schema takes it; days win over no preset."""
    sent = request.form
    values: dict[str, Any] = {name: sent[name] for name in ("kind", "period", "from", "to") if sent.get(name)}
    return values | {"formats": sent.getlist("formats") or ["pdf"], "mail_to": sent.getlist("mail_to")}


def errors_of(problem: Problem) -> dict[str, str]:
    """Return field → sentence."""
    if not isinstance(problem, InvalidInput):
        return {"period": problem.sentence}
    return {one["field"].replace("body", "period"): one["message"] for one in problem.errors}


__all__ = ["Report", "bp"]
