"""Inventory work that a request is too short for."""

from typing import Any

from app.core.tasks import job, progress
from app.inventory import reads, service
from app.inventory.schemas import BulkAct, ItemFilter
from app.inventory.service.bulk import BulkResult


@job(queue="maintenance", name="inventory.change_matching")
def change_matching(
    act: str, skus: list[str] | None, wanted: dict[str, Any], reorder_point: int | None
) -> dict[str, Any]:
    """Do one act on the named items, or on all that match. A repeat is harmless: what is done stays done.

    The matching SKUs are read before the first change: an act may take items out of its own filter.
    """
    if skus is None:
        chunks = reads.stream_rows(ItemFilter.model_validate(wanted))
        skus = [row.sku for rows in chunks for row in rows]
    total = BulkResult()
    for start in range(0, len(skus), 50):
        progress(start, len(skus), f"{start} of {len(skus)} items")
        part = service.change_items(skus[start : start + 50], BulkAct(act), reorder_point)
        total.done += part.done
        total.refused |= part.refused
    progress(len(skus), len(skus), f"{total.done} done, {len(total.refused)} refused")
    return {"done": total.done, "refused": dict(list(total.refused.items())[:200])}
