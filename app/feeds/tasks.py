"""Partners' feeds as jobs."""

from typing import Any

from app.core.present import plural
from app.core.tasks import job
from app.feeds import service


@job(queue="sync", name="feeds.sync", needs=("external-api",))
def sync_feeds(feed_id: str | None = None, *, is_test: bool = False) -> dict[str, Any]:
    """Fetch the orders of one feed; without one, queue a run of each that is not paused."""
    if feed_id is None:
        return {"queued": len(service.queue_all()), "page": "/feeds"}
    run = service.run_feed(feed_id, is_test=is_test)
    if run is None:
        return {
            "page": f"/feeds/{feed_id}",
            "notes": ["Nothing was fetched: the feed is paused, or the partner asked us to wait."],
        }
    notes = [run.error] if run.error else []
    if run.refused:
        notes.append(
            f"{plural(run.refused, 'line or order', 'lines or orders')} could not be ordered. The page of the feed says which, and why."
        )
    return {
        "page": f"/feeds/{feed_id}", "pages": run.pages, "placed": run.placed, "known": run.known, "refused": run.refused,
        "notes": notes,
    }  # fmt: skip
