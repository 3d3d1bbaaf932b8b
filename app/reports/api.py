"""Reports as JSON."""

from flask import Blueprint, url_for

from app.core.api import contract
from app.core.auth import company
from app.core.errors import InvalidCursor, NotFound
from app.core.tasks import JobQueuesOff
from app.reports import reads, service
from app.reports.models import Report
from app.reports.periods import PeriodBackwards, PeriodTooLong
from app.reports.problems import NotOfThisCompany
from app.reports.schemas import FileOut, NewReport, ReportOut, ReportQuery, ReportsOut
from app.reports.states import Format, Kind

api_bp = Blueprint("reports_api", __name__, url_prefix="/api/reports")


@api_bp.get("")
@contract(scope="orders:read", query=ReportQuery, returns={200: ReportsOut}, problems=[InvalidCursor], tag="Reports")
def list_reports(query: ReportQuery) -> ReportsOut:
    """List reports, newest first."""
    found = reads.list_reports(limit=query.limit, after=query.after)
    return ReportsOut(items=[answer_of(row) for row in found.items], next_cursor=found.next_cursor)


@api_bp.post("")
@contract(
    scope="jobs:write", body=NewReport, returns={202: ReportOut}, tag="Reports",
    problems=[PeriodBackwards, PeriodTooLong, NotOfThisCompany, JobQueuesOff],
)  # fmt: skip
def create_report(body: NewReport) -> tuple[ReportOut, int]:
    """Have a report made; `files` are there when its job is done."""
    return answer_of(service.ask_for_report(body, company())), 202


@api_bp.get("/<string:report_id>")
@contract(scope="orders:read", returns={200: ReportOut}, problems=[NotFound], tag="Reports")
def show_report(report_id: str) -> ReportOut:
    """Return one report."""
    return answer_of(reads.find_report(report_id))


def answer_of(row: Report) -> ReportOut:
    """Return a report as JSON."""
    files = {
        name: FileOut(
            href=url_for("reports.download_file", report_id=row.id, extension=name),
            size_bytes=about["size_bytes"],
            sha256=about["sha256"],
        )
        for name, about in row.files.items()
    }
    return ReportOut(
        id=row.id, kind=Kind(row.kind), period=row.period, since=row.since, until=row.until, zone=row.zone,
        formats=[Format(one) for one in row.formats], totals=row.totals, job_id=row.job_id, files=files, created_at=row.created_at,
        finished_at=row.finished_at,
    )  # fmt: skip
