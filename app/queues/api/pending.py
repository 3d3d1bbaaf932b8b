"""What waits and what lies in the broker over JSON, and one job of a queue."""

from app.core import clock
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import InvalidCursor, InvalidInput, NotFound
from app.core.tenancy import acting_for
from app.queues import brokers, pending
from app.queues.api.queues import READ, TAG, WRITE, company_named, queues_api_bp
from app.queues.brokers import Unacked
from app.queues.detail import read_detail
from app.queues.pending import PendingJob
from app.queues.queue_schemas import (
    AskMessages,
    AskPending,
    ChangePending,
    DiscardPending,
    MessageOut,
    MessagesOut,
    PendingOut,
    PendingsOut,
    TakenOut,
)
from app.queues.schemas import JobDetailOut, JobOut, detail_of
from app.queues.service import broker
from app.queues.service import pending as service
from app.queues.service.broker import BrokerAway, check_queue
from app.queues.service.pending import JobIsUnderway
from app.queues.verdict import verdict_on

WAITING = [NotFound, JobIsUnderway, InvalidInput]


@queues_api_bp.get("/<string:queue>/pending")
@contract(
    scope=READ, query=AskPending, returns={200: PendingsOut}, problems=[NotFound, InvalidCursor], tag=TAG,
    installation=True,
)  # fmt: skip
def list_pending(queue: str, query: AskPending) -> PendingsOut:
    """List what waits in the ledger, in the order it is released; companies take turns."""
    check_queue(queue)
    company_id = company_named(query.company) if query.company else None
    found = pending.list_pending(
        queue, company_id=company_id, name=query.name, limit=query.limit, after=query.after
    )  # fmt: skip
    return PendingsOut(items=[pending_of(one) for one in found.items], next_cursor=found.next_cursor)


@queues_api_bp.patch("/<string:queue>/pending/<string:job_id>")
@contract(scope=WRITE, body=ChangePending, returns={200: PendingOut}, problems=WAITING, tag=TAG, installation=True)
def change_pending(queue: str, job_id: str, body: ChangePending) -> PendingOut:
    """Let a waiting job go sooner or later, or wait in another queue."""
    found = pending.find_living(queue, job_id)
    if body.priority is not None:
        found = service.set_priority(queue, job_id, body.priority)
    if body.queue is not None:
        found = service.move_waiting(queue, job_id, body.queue)
    return pending_of(found)


@queues_api_bp.delete("/<string:queue>/pending/<string:job_id>")
@contract(scope=WRITE, body=DiscardPending, returns={200: JobOut}, problems=WAITING, tag=TAG, installation=True)
def discard_pending(queue: str, job_id: str, body: DiscardPending) -> JobOut:
    """Cancel a waiting job for a reason, and take its message out of the broker."""
    return JobOut.of(service.discard_waiting(queue, job_id, reason=body.reason))


@queues_api_bp.get("/<string:queue>/messages")
@contract(
    scope=READ, query=AskMessages, returns={200: MessagesOut}, problems=[NotFound, BrokerAway], tag=TAG,
    installation=True,
)  # fmt: skip
def list_messages(queue: str, query: AskMessages) -> MessagesOut:
    """List what lies in the broker, decoded exactly, and what workers took and have not answered for."""
    check_queue(queue)
    found, taken = brokers.messages(queue, query.offset, query.limit), brokers.unacked()
    if found.is_away or taken is None:
        raise BrokerAway
    return MessagesOut(
        total=found.depth.total,
        items=[MessageOut.model_validate(one) for one in found.items],
        taken=[taken_of(one) for one in taken if one.message.queue == queue],
    )


@queues_api_bp.delete("/<string:queue>/messages/<string:job_id>")
@contract(
    scope=WRITE, returns={200: MessageOut}, problems=[NotFound, BrokerAway], tag=TAG, installation=True
)  # fmt: skip
def remove_message(queue: str, job_id: str) -> MessageOut:
    """Take the messages of one job out of the broker; a job that has not ended is rung again within a minute or so."""
    return MessageOut.model_validate(broker.remove_message(queue, job_id))


@queues_api_bp.get("/<string:queue>/jobs/<string:job_id>")
@contract(scope=READ, returns={200: JobDetailOut}, problems=[NotFound], tag=TAG, installation=True)
def show_queue_job(queue: str, job_id: str) -> JobDetailOut:
    """Show one job of a queue, of whatever company: arguments, runs, log lines, result, and its tree."""
    check_queue(queue)
    job = pending.find_job(queue, job_id)
    with acting_for(job.company_id):
        detail = read_detail(job_id, principal().permissions)
        return detail_of(detail, verdict_on(detail, clock.now()).sentence)


def pending_of(one: PendingJob) -> PendingOut:
    """Return a living job as JSON."""
    fields = {name: getattr(one, name) for name in PendingOut.model_fields if name != "company"}
    return PendingOut(**fields, company=one.company[0])


def taken_of(one: Unacked) -> TakenOut:
    """Return a message in a worker's hands as JSON."""
    told = dict(MessageOut.model_validate(one.message))
    return TakenOut(**told, taken_s=one.taken_s, redelivered_in_s=one.redelivered_in_s)
