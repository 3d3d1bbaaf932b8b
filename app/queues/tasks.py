"""Acts on many jobs, done by a worker."""

from typing import Any

from app.core.db import transaction
from app.core.outbox import record
from app.core.tasks import current_job_id, job, progress, say
from app.queues import bulk
from app.queues.bulk import Order
from app.queues.filter import JobFilter
from app.queues.job_events import BulkActUndone
from app.queues.matching import BulkAct


@job(queue="maintenance", name="queues.bulk")
def act_on_matching(
    act: str, matching: dict[str, Any], allowed: list[str], reason: str, per_second: int, *, is_dry_run: bool
) -> dict[str, Any]:
    """Do one act to all jobs that match. Run again, it finds the work done and changes nothing."""
    order = Order(
        BulkAct(act), JobFilter.model_validate(matching), frozenset(allowed), reason, per_second, is_dry_run
    )  # fmt: skip
    outcome = bulk.act_on_all(current_job_id(), order, lambda done, words: progress(done, None, words))
    for code, count in outcome.refused.most_common():
        say(f"{count:,} refused: {code}", "warning")
    words = outcome.sentence(order.act, is_dry_run=is_dry_run)
    progress(outcome.total, outcome.total, words)
    return {
        "act": act, "isDryRun": is_dry_run, "done": outcome.done, "refused": outcome.refused.total(),
        "byCode": dict(outcome.refused), "refusals": outcome.refusals,
    }  # fmt: skip


@job(queue="maintenance", name="queues.undo-bulk")
def undo_bulk(bulk_id: str, act: str) -> dict[str, Any]:
    """Take a bulk act back, as far as it can be."""
    undone = bulk.undo_all(bulk_id, BulkAct(act), lambda done, words: progress(done, None, words))
    with transaction():
        record(BulkActUndone(id=bulk_id, act=act, undone=undone))
    progress(undone, undone, f"{undone:,} taken back")
    return {"act": act, "undone": undone, "page": f"/jobs/{bulk_id}"}
