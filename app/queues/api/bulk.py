"""One act on all jobs that match, over JSON."""

from app.core.api import contract
from app.core.auth import principal
from app.core.errors import NotFound
from app.queues.acting import in_company_of_job, in_installation
from app.queues.api.blueprint import api_bp
from app.queues.schemas import ActOnMatching, BulkStarted, UndoStarted
from app.queues.service.bulk import NothingMatches, NoUndo, ask_for_bulk_act, undo_bulk_act


@api_bp.post("/bulk")
@in_installation
@contract(
    scope="jobs:write", body=ActOnMatching, returns={202: BulkStarted}, problems=[NothingMatches], tag="Jobs",
    any_company=True,
)  # fmt: skip
def create_bulk_act(body: ActOnMatching) -> BulkStarted:
    """Send again, discard or cancel all jobs that match; a job does it, and its result says what became of them."""
    job_id, reach = ask_for_bulk_act(
        body.act, body.filter, principal().permissions, reason=body.reason, per_second=body.per_second,
        is_dry_run=body.dry_run,
    )  # fmt: skip
    return BulkStarted(job_id=job_id, count=reach.count, is_bounded=reach.is_bounded)


@api_bp.post("/<string:job_id>/undo")
@in_company_of_job
@contract(scope="jobs:write", returns={202: UndoStarted}, problems=[NotFound, NoUndo], tag="Jobs", any_company=True)
def undo_bulk(job_id: str) -> UndoStarted:
    """Stop a bulk act and take back what it has done: cancel what it sent again, restore what it discarded."""
    return UndoStarted(job_id=undo_bulk_act(job_id, principal().permissions))
