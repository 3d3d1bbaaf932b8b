"""What lies in the broker now, decoded, and taking one message out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request, url_for

from app.core import clock
from app.core.access import allow
from app.core.idempotency import once
from app.core.web import done
from app.queues import brokers, pending
from app.queues.brokers import BrokerMessage, Unacked
from app.queues.pending import PendingJob
from app.queues.service import broker as service
from app.queues.views.blueprint import queues_bp
from app.queues.views.steps import must_be_queue

PAGE_ROWS, MOST_DIGITS = 25, 8


@dataclass(frozen=True)
class BrokerView:
    """A page of a queue's messages, and what workers took and have not answered for.

    Attributes:
        taken: Without messages of jobs that have ended, which workers that were lost never answered for.
        ended: How many of those there are, and `forgotten_at`, when the broker lets go of the last.
        jobs: What the ledger knows of the jobs they ring for.
        steps: Messages by priority step, the one taken first first; only steps that hold some.
        older: Where the next page begins; None on the last.
    """

    is_away: bool
    total: int
    steps: str
    messages: Sequence[BrokerMessage]
    taken: Sequence[Unacked]
    jobs: dict[str, PendingJob]
    start: int
    older: int | None
    ended: int = 0
    forgotten_at: datetime | None = None


def in_broker(queue: str) -> BrokerView:
    """Return what the address asks to see of a queue's messages."""
    text = request.args.get("from", "")
    start = int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else 0
    found = brokers.messages(queue, start, PAGE_ROWS)
    taken = [one for one in brokers.unacked() or [] if one.message.queue == queue]
    ids = [one.job_id for one in found.items if one.is_ours] + [one.message.job_id for one in taken]
    steps = ", ".join(f"{count} at step {step}" for step, count in found.depth.by_step.items() if count and step)
    more = start + len(found.items) < found.depth.total
    living = pending.living_by_id(ids)
    held = [one for one in taken if not one.message.is_ours or one.message.job_id in living]
    left_s = max((one.redelivered_in_s for one in taken if one not in held), default=0.0)
    return BrokerView(
        found.is_away, found.depth.total, steps, found.items, held, living, start,
        start + PAGE_ROWS if more else None, len(taken) - len(held), clock.now() + timedelta(seconds=left_s),
    )  # fmt: skip


@queues_bp.post("/<string:queue>/messages/<string:job_id>/removal")
@allow("queues:write", installation=True)
@once
def remove_message(queue: str, job_id: str) -> Response:
    """Take the messages of one job out of the broker; a job that has not ended is rung again."""
    must_be_queue(queue)
    removed = service.remove_message(queue, job_id)
    again = (
        "its job is rung again within a minute or so"
        if job_id in pending.living_by_id([job_id])
        else "no job waits for it"
    )
    toast = f"The message of {removed.name} is out of the broker; {again}."
    return done(url_for("queues.show_queue", queue=queue) + "#broker", toast=toast)
