"""Imports and exports as jobs."""

from typing import Any

from app.core.present import plural
from app.core.tasks import current_job_id, job
from app.notifications.service import News, tell_asker
from app.orders import exports
from app.orders.imports import service
from app.orders.reads.filter import OrderFilter


@job(queue="sync", name="orders.import")
def run_import(import_id: str) -> dict[str, Any]:
    """Import an uploaded file; the report is kept with the import."""
    report = service.run_import(import_id)
    skipped = report["skipped"]["lines"]
    left_out = f"{plural(skipped, 'line was', 'lines were')} left out. The page of the import says which, and why."
    return {
        "page": f"/orders/imports/{import_id}", "lines": report["lines"], "skipped": skipped,
        "notes": [left_out] if skipped else [],
    }  # fmt: skip


@job(queue="export", name="orders.export")
def export_orders(query: str, zone: str, name: str) -> dict[str, Any]:
    """Write a file of the orders that match."""
    count = exports.write_export(OrderFilter.of_query(query), zone, name)
    tell_asker(
        News("export-ready", "The orders you asked for are ready.", f"/jobs/{current_job_id()}"), current_job_id()
    )
    return {"file": name, "orders": count}
