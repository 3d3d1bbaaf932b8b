"""Which orders a bulk act means: those named, or all that match."""

from dataclasses import dataclass, field

from pydantic import ValidationError

from app.core.api import problem_of
from app.core.errors import InvalidInput
from app.orders.problems import NothingSelected, TooManySelected
from app.orders.reads.counts import count_matching
from app.orders.reads.filter import OrderFilter
from app.orders.schemas import BulkAct
from app.orders.service.bulk import ASK_ABOVE, DIRECT_LIMIT, Outcome, act_on_all, act_on_orders


@dataclass(frozen=True)
class Acted:
    """What was done: one outcome an order, or the job that does it."""

    outcomes: list[Outcome] = field(default_factory=list)
    job_id: str | None = None


def act_on_selection(wanted: BulkAct, *, dedupe_key: str | None) -> Acted:
    """Do a bulk act at once on few orders, or queue it for all that match.

    Raises:
        NothingSelected: Neither numbers nor a query.
        TooManySelected: More than are done at once.
    """
    if wanted.act == "note" and not wanted.note:
        raise InvalidInput(errors=[{"field": "note", "message": "Write the note."}])
    if wanted.query is not None:
        return Acted(job_id=act_on_all(wanted, read_query(wanted.query)))
    check_numbers(wanted)
    return Acted(act_on_orders(wanted, wanted.numbers, dedupe_key=dedupe_key))


def check_numbers(wanted: BulkAct) -> None:
    """Refuse no orders, and more than are done at once.

    Raises:
        NothingSelected: No order is named.
        TooManySelected: More than are done at once.
    """
    if not wanted.numbers:
        raise NothingSelected
    if len(wanted.numbers) > DIRECT_LIMIT:
        raise TooManySelected(count=len(wanted.numbers))


def count_selection(wanted: BulkAct) -> int:
    """Return how many orders a bulk act would reach; all that match are counted one beyond a bound.

    Raises:
        NothingSelected: Neither numbers nor a query.
        TooManySelected: More than are done at once.
    """
    if wanted.query is not None:
        return count_matching(read_query(wanted.query))
    check_numbers(wanted)
    return len(set(wanted.numbers))


def must_ask(wanted: BulkAct) -> bool:
    """Say whether a person is asked first: what needs words, what cannot be undone, what reaches far."""
    is_wide = wanted.query is not None or len(wanted.numbers) > ASK_ABOVE
    return is_wide or wanted.act == "cancel" or (wanted.act == "note" and not wanted.note)


def read_query(query: str) -> OrderFilter:
    """Return the list a query string means.

    Raises:
        InvalidInput: It is not one of this list's.
    """
    try:
        return OrderFilter.of_query(query)
    except ValidationError as error:
        raise problem_of(error) from None
