"""One act on many orders: each succeeds or is refused by itself, and says which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.db import transaction
from app.core.errors import Problem
from app.core.outbox import savepoint
from app.core.tasks import enqueue
from app.orders.models import Order
from app.orders.reads.counts import bounded, count_matching
from app.orders.reads.filter import OrderFilter
from app.orders.schemas import BulkAct
from app.orders.service.notes import add_note
from app.orders.service.progress import cancel_order, pack_order, pay_order

DIRECT_LIMIT = 100  # more than this takes longer than a page should; it becomes a job
ASK_ABOVE = 5  # a handful is seen at a glance; more is asked about first
TITLES = {"pay": "Mark {} paid", "pack": "Mark {} packed", "cancel": "Cancel {}", "note": "Add a note to {}"}
DONE_WORDS = {"pay": "marked paid", "pack": "marked packed", "cancel": "cancelled", "note": "given a note"}


@dataclass(frozen=True)
class Outcome:
    """What became of one order; no problem means it was done."""

    number: int
    problem: Problem | None = None


def act_on_orders(wanted: BulkAct, numbers: Sequence[int], *, dedupe_key: str | None) -> list[Outcome]:
    """Do one act on each order, in order of number, each in a transaction of its own.

    Args:
        wanted: The act, with its note or reason.
        numbers: The orders.
        dedupe_key: Names this act, so that a repeat writes no second note.
    """
    act = _act(wanted, dedupe_key)
    return [_attempt(act, number) for number in sorted(set(numbers))]


def act_on_all(wanted: BulkAct, query: OrderFilter) -> str:
    """Queue one act on all orders that match, and return the job's id."""
    with transaction():
        return enqueue(
            "orders.bulk",
            {"act": wanted.model_dump(mode="json", exclude={"numbers", "query"}), "query": query.query()},
            title=title_of(wanted, count_matching(query)),
        )


def title_of(wanted: BulkAct, count: int) -> str:
    """Return the act in words with how many it reaches: `Mark 12 orders paid`, `Cancel 1,000+ orders`."""
    return TITLES[wanted.act].format(f"{bounded(count)} {'order' if count == 1 else 'orders'}")


def _act(wanted: BulkAct, dedupe_key: str | None) -> Callable[[int], Order]:
    match wanted.act:
        case "pay":
            return pay_order
        case "pack":
            return pack_order
        case "cancel":
            return lambda number: cancel_order(number, reason=wanted.reason)
        case _:
            text = wanted.note or ""
            return lambda number: add_note(number, text, dedupe_key=dedupe_key)


def _attempt(act: Callable[[int], Order], number: int) -> Outcome:
    with transaction():
        try:
            with savepoint():
                act(number)
        except Problem as problem:
            return Outcome(number, problem)
    return Outcome(number)
