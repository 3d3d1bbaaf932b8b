"""The inventory as a file that a job writes: for many items, and for who would rather be told when it is there."""

from typing import Any

from app.core import tasks
from app.core.auth import Company
from app.core.db import transaction
from app.core.replicas.reading import snapshot_may_lag
from app.core.tasks import current_job_id, job, progress
from app.inventory import exports
from app.inventory.reads.streaming import stream_items
from app.inventory.schemas import ItemFilter
from app.notifications.service import News, tell_asker
from app.storage.service.own import exporting


def queue_export(wanted: ItemFilter, sort: str | None, *, company: Company, zone: str) -> str:
    """Let a job write the items of a filter, and return the job's id.

    Args:
        wanted: The filter.
        sort: Its order.
        company: Whose; its currency stands in the head.
        zone: The reader's time zone.
    """
    chosen = wanted.model_dump(mode="json", include={"view", "category", "q"}, exclude_none=True)
    args = {
        "wanted": chosen, "sort": sort, "currency": company.currency, "zone": zone,
        "name": exports.file_name(company.slug),
    }  # fmt: skip
    with transaction():
        return tasks.enqueue("inventory.export", args, title="Export the inventory")


@job(queue="export", name="inventory.export")
def export_items(wanted: dict[str, Any], sort: str | None, currency: str, zone: str, name: str) -> dict[str, Any]:
    """Write a file of the items that match. Run again, it replaces its own file."""
    done = 0
    with exporting(name) as target, snapshot_may_lag():
        target.write(exports.head_line(currency, zone))
        for rows in stream_items(ItemFilter.model_validate(wanted), sort):
            target.write(exports.lines_of(rows, zone))
            done += len(rows)
            progress(done, None, f"{done:,} items written")
    tell_asker(
        News("export-ready", "The inventory you asked for is ready.", f"/jobs/{current_job_id()}"), current_job_id()
    )
    return {"file": name, "items": done}
