"""One order of a feed: placed once, with the lines that can be ordered; the others are kept with their reasons."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.outbox import savepoint
from app.core.sentences import explain
from app.core.tenancy import current_company_id
from app.feeds.models import FeedOrder, FeedRefusal
from app.feeds.pages import RefusedLine, SentOrder
from app.inventory import reads as inventory
from app.orders import service as orders
from app.orders.schemas import NewOrder

SOURCE = "feed"
UNKNOWN = "There is no such item here, or it is archived."
NOT_SOLD = "This is an asset of the company and not for sale."
NO_LINE = "None of its lines can be ordered."


@dataclass(frozen=True)
class Ground:
    """What every order of a run shares."""

    currency: str


@dataclass(frozen=True)
class Outcome:
    """What became of an order. `refused` counts lines, or 1 for an order that was refused as a whole."""

    is_placed: bool = False
    is_known: bool = False
    refused: int = 0


def ground_of() -> Ground:
    """Return the company's currency."""
    return Ground(str(db.session.scalar(sa.text("SELECT currency FROM companies"))))


def take_order(feed_id: str, run_id: str, sent: SentOrder, ground: Ground) -> Outcome:
    """Place an order, unless an earlier page or run has. One that was refused before is tried again."""
    with transaction():
        if not _take_name(feed_id, run_id, sent.ref):
            return Outcome(is_known=True)
        refused = [*sent.refused, *_refuse_lines(sent)]
        number, reason = None, sent.wrong
        if not reason:
            number, reason = _place(sent, refused, ground)
        _remember(feed_id, run_id, sent.ref, refused, number, reason)
    return Outcome(is_placed=number is not None, refused=len(refused) + (number is None and not refused))


def _take_name(feed_id: str, run_id: str, ref: str) -> bool:
    """Hold the order's name until the transaction ends; False when there is an order of it already.

    Two runs at once meet here: the second waits for the first one's commit, and then finds the order.
    """
    statement = insert(FeedOrder).values(
        company_id=current_company_id(), feed_id=feed_id, external_ref=ref, run_id=run_id, received_at=clock.now()
    )
    again = statement.on_conflict_do_update(
        index_elements=["company_id", "feed_id", "external_ref"],
        set_={"run_id": run_id, "received_at": clock.now()},
        where=FeedOrder.order_number.is_(None),
    )
    return db.session.execute(again.returning(FeedOrder.external_ref)).first() is not None


def _refuse_lines(sent: SentOrder) -> list[RefusedLine]:
    """Take the lines out that name nothing we sell, and return them with the reason."""
    known = inventory.sellable({line["sku"] for line in sent.lines.values()})
    refused = []
    for line_no, line in list(sent.lines.items()):
        if not known.get(line["sku"]):
            reason = NOT_SOLD if line["sku"] in known else UNKNOWN
            refused.append(RefusedLine(line_no, line["sku"], str(line["quantity"]), reason))
            del sent.lines[line_no]
    return refused


def _place(sent: SentOrder, refused: list[RefusedLine], ground: Ground) -> tuple[int | None, str]:
    """Return the number of the new order, or why there is none."""
    if not sent.lines:
        return None, NO_LINE
    try:
        wanted = NewOrder.model_validate(_as_new_order(sent, refused))
        with savepoint():
            return orders.place_order(wanted, currency=ground.currency, source=SOURCE).number, ""
    except ValidationError as error:
        return None, " ".join(f"{'.'.join(map(str, one['loc']))}: {explain(dict(one))}" for one in error.errors())
    except Problem as problem:
        return None, problem.sentence


def _as_new_order(sent: SentOrder, refused: list[RefusedLine]) -> dict[str, Any]:
    order: dict[str, Any] = {
        "customer": sent.customer, "currency": sent.currency, "lines": list(sent.lines.values()),
        "externalRef": sent.ref, "dueAt": sent.due_at,
    }  # fmt: skip
    if refused:
        told = "; ".join(f"line {one.line_no}, {one.quantity} × {one.sku}: {one.reason}" for one in refused)
        order["note"] = f"Lines of the partner's order that were not ordered: {told}"[:5000]
    return {name: value for name, value in order.items() if value is not None}


def _remember(feed_id: str, run_id: str, ref: str, refused: list[RefusedLine], number: int | None, reason: str) -> None:
    mine = (FeedOrder.feed_id == feed_id, FeedOrder.external_ref == ref)
    db.session.execute(sa.update(FeedOrder).where(*mine).values(order_number=number, reason=reason))
    db.session.execute(sa.delete(FeedRefusal).where(FeedRefusal.feed_id == feed_id, FeedRefusal.external_ref == ref))
    fixed = {
        "company_id": current_company_id(), "feed_id": feed_id, "external_ref": ref, "run_id": run_id,
        "received_at": clock.now(),
    }  # fmt: skip
    if refused:
        db.session.execute(sa.insert(FeedRefusal), [{**fixed, **vars(one)} for one in refused])
