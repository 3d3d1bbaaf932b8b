"""One act on many orders, as JSON."""

from app.core.api import contract
from app.core.idempotency import sent_key
from app.core.tasks import JobQueuesOff
from app.flags.gates import Gate
from app.flags.problems import FeatureOff
from app.flags.use import gate
from app.orders.answers import BulkAnswer, BulkResult
from app.orders.api.blueprint import api_bp
from app.orders.problems import NothingSelected, TooManySelected
from app.orders.schemas import BulkAct
from app.orders.selection import act_on_selection


@api_bp.post("/bulk")
@contract(
    scope="orders:write",
    body=BulkAct,
    returns={200: BulkAnswer, 202: BulkAnswer},
    problems=[FeatureOff, TooManySelected, NothingSelected, JobQueuesOff],
)
@gate(Gate.BULK_OPERATIONS)
def create_bulk_act(body: BulkAct) -> tuple[BulkAnswer, int]:
    """Pay, pack, cancel or note many orders: up to 100 by number, or all that match a query (a job)."""
    found = act_on_selection(body, dedupe_key=sent_key())
    results = [
        BulkResult(
            number=one.number,
            ok=one.problem is None,
            code=one.problem.code if one.problem else None,
            detail=one.problem.sentence if one.problem else None,
        )
        for one in found.outcomes
    ]
    done = sum(result.ok for result in results)
    answer = BulkAnswer(results=results, done=done, refused=len(results) - done, job_id=found.job_id)
    return answer, 202 if found.job_id else 200
