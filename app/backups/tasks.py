"""Backups and drills as jobs of the installation."""

from typing import Any

from app.backups import service
from app.core.present import format_bytes
from app.core.tasks import current_job_id, job


@job(queue="backup", name="backups.make")
def make_backup() -> dict[str, Any]:
    """Back the database up; keep seven days and four weeks."""
    made, gone = service.back_up(current_job_id())
    return {
        "page": "/backups", "name": made.name, "size": format_bytes(made.size_bytes), "sha256": made.sha256,
        "tables": len(made.tables), "rows": made.rows, "removed": gone,
    }  # fmt: skip


@job(queue="backup", name="backups.drill")
def drill_backup() -> dict[str, Any]:
    """Restore the newest backup into an empty server and compare it with its manifest."""
    row = service.run_drill(current_job_id())
    return {"page": "/backups", "isGood": row.is_good, "verdict": row.verdict, "notes": row.differences}
