"""The import as a job."""

from typing import Any

from app.core.tasks import job
from app.orders.imports import service


@job(queue="sync", name="orders.import")
def run_import(import_id: str) -> dict[str, Any]:
    """Import an uploaded file; the report is kept with the import."""
    report = service.run_import(import_id)
    return {"page": f"/orders/imports/{import_id}", "lines": report["lines"]}
