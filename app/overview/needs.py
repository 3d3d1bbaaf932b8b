"""What needs somebody, worst first: each with its reach and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, url_for

from app.core import clock
from app.core.jobs import JobState
from app.core.present import format_duration, plural
from app.core.tenancy import current_scope
from app.health.checks import Check, checks_of
from app.inventory import reads as inventory
from app.orders import reads as orders
from app.queues import reads as queues

FAILED_SPAN = timedelta(days=1)
FAILED_SHOWN = 3
SYSTEM_WORDS = {
    "relay": "Live updates and jobs are late",
    "redis": "Live updates are slower than usual",
    "storage": "Uploads cannot be kept",
    "database": "The database does not answer",
}
WORST = ("bad", "warn")


@dataclass(frozen=True)
class Need:
    """One row of the table.

    Attributes:
        short: How the verdict line names it.
    """

    tone: str
    word: str
    title: str
    note: str
    reach: str
    since: datetime | None
    href: str | None
    short: str


def late_orders() -> list[Need]:
    """Return the late orders as one need, the one that waits longest named."""
    late = orders.day_figures().late
    oldest = orders.oldest_late()
    if not late or oldest is None:
        return []
    waits = format_duration((clock.now() - oldest.due_at).total_seconds())
    whose = f" at {oldest.company_name}" if oldest.company_name else ""
    count = "1,000+ orders" if late > 1000 else plural(late, "order")  # noqa: PLR2004 (the bound of the count)
    return [
        Need(
            "warn", "Late", f"{count} should have left", f"#{oldest.number} for {oldest.customer_name}{whose} waits {waits}",
            count, oldest.due_at, url_for("orders.index", view="late"), f"{count} should have left",
        )
    ]  # fmt: skip


def empty_shelves() -> list[Need]:
    """Return what is out of stock as one need, the items that matter most named."""
    summary = inventory.summarize()
    if not summary.out.n:
        return []
    count = f"{summary.out} {'item is' if summary.out.n == 1 else 'items are'}"
    worst = ", ".join(summary.worst)
    return [
        Need(
            "bad", "Out", f"{count} out of stock", f"First to reorder: {worst}" if worst else "",
            f"of {summary.total}", None, "/inventory?view=out", f"{count} out of stock",
        )
    ]  # fmt: skip


def failed_jobs() -> list[Need]:
    """Return the newest jobs that failed within a day."""
    since = clock.now() - FAILED_SPAN
    failed = queues.list_jobs(state=JobState.FAILED, limit=FAILED_SHOWN).items
    is_one_company = current_scope().company_id is not None
    return [
        Need(
            "bad", "Failed", job.title, job.error, f"queue {job.queue}", job.finished_at,
            url_for("jobs.show_job", job_id=job.id) if is_one_company else None, f"{job.title} failed",
        )
        for job in failed
        if job.finished_at is not None and job.finished_at > since
    ]  # fmt: skip


def unwell_systems() -> list[Need]:
    """Return the systems that are not well."""
    found = checks_of(current_app).newest().values()
    return [unwell(one) for one in found if not one.is_healthy]


def unwell(check: Check) -> Need:
    """Return one system as a need."""
    words = SYSTEM_WORDS[check.name]
    return Need("bad", "Away", words, f"{check.name}: {check.detail}", "everyone", None, None, words.lower())


def worst_first(needs: list[Need]) -> list[Need]:
    """Return the needs in the order they are shown."""
    return sorted(needs, key=lambda need: WORST.index(need.tone))
