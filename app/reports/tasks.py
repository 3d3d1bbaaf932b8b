"""Reports as a job: asked for on the page, or by a schedule."""

from typing import Any

from app.core.tasks import current_job_id, job
from app.reports import service
from app.reports.periods import Preset
from app.reports.states import Format, Kind


@job(queue="report", name="reports.make")
def make_report(
    kind: str = "sales", period: str = "yesterday", formats: list[str] | None = None, mail_to: list[str] | None = None,
    report_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Make a report of sales, stock or money.

    Args:
        kind: `sales`, `inventory` or `financial`.
        period: `last-hour`, `today`, `yesterday`, `last-7-days`, `last-30-days`, `this-month`, `last-month`, `this-year`.
        formats: Of `csv`, `xlsx`, `pdf`; `csv` when left out.
        mail_to: Ids of people who get the files by mail.
        report_id: A report that was asked for; the rest is kept with it.
    """
    if report_id is not None:
        return service.make_asked(report_id)
    chosen = [Format(one) for one in formats or ["csv"]]
    return service.make_scheduled(Kind(kind), Preset(period), chosen, mail_to or [], current_job_id())
