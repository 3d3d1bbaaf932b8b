"""Work on orders that a worker does."""

from typing import Any

from app.core.context import request_id
from app.core.tasks import job, progress
from app.orders import reads
from app.orders.reads.filter import OrderFilter
from app.orders.schemas import BulkAct
from app.orders.service import bulk

MAX_REFUSALS = 100  # listed in the result; the rest is counted


@job(queue="maintenance", name="orders.bulk")
def act_on_matching(act: dict[str, Any], query: str) -> dict[str, Any]:
    """Do one act on all orders that match. Run again, it finds the work done and changes nothing."""
    wanted = BulkAct.model_validate(act)
    done, refused = 0, 0
    refusals: list[dict[str, Any]] = []
    for numbers in reads.matching_numbers(OrderFilter.of_query(query)):
        for outcome in bulk.act_on_orders(wanted, numbers, dedupe_key=request_id()):
            if outcome.problem is None:
                done += 1
                continue
            refused += 1
            if len(refusals) < MAX_REFUSALS:
                refusals.append(
                    {"number": outcome.number, "code": outcome.problem.code, "detail": outcome.problem.sentence}
                )
        progress(done + refused, None, f"{done:,} {bulk.DONE_WORDS[wanted.act]}, {refused:,} refused")
    progress(done + refused, done + refused, f"{done:,} {bulk.DONE_WORDS[wanted.act]}, {refused:,} refused")
    return {"done": done, "refused": refused, "refusals": refusals}
