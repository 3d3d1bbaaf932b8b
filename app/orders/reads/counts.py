"""Figures of the order list. Each count stops at a bound, so a page never counts a million rows."""

from dataclasses import dataclass

import sqlalchemy as sa

from app.core import clock
from app.core.cache import OfCompany, cached
from app.core.db import db
from app.orders.models import Order
from app.orders.reads.conditions import conditions, in_states, start_of_today, view_conditions
from app.orders.reads.filter import OrderFilter, View
from app.orders.states import LATE

BOUND = 1000
COUNTED = (View.OPEN, View.LATE, View.TO_PACK, View.RETURNS)


def bounded(n: int) -> str:
    """Return a count in words that says when it stopped counting: `1,000+`."""
    return f"{BOUND:,}+" if n > BOUND else f"{n:,}"


# What is late goes with the clock, too: these are kept for seconds.
COUNTS: OfCompany[dict[View, str]] = OfCompany(
    "orders.counts", "orders", dict[View, str], meaning="orders of each tab", tables=["orders"], topics=["orders"]
)


@cached(COUNTS)
def count_views() -> dict[View, str]:
    """Return how many orders each tab holds, in one statement."""
    columns = [_count(view_conditions(view)).label(view.name) for view in COUNTED]
    row = db.session.execute(sa.select(*columns)).one()
    return {view: bounded(n) for view, n in zip(COUNTED, row, strict=True)}


def count_matching(wanted: OrderFilter) -> int:
    """Return how many orders a list holds, counted one beyond the bound."""
    return int(db.session.scalar(sa.select(_count(conditions(wanted)))) or 0)


@dataclass(frozen=True)
class DayFigures:
    """What the verdict says.

    Attributes:
        today: Orders placed since midnight in the company's zone; counted up to the bound.
        to_pack: Late ones that are paid and not packed.
        to_ship: Late ones that are packed and have not left.
    """

    today: int
    to_pack: int
    to_ship: int

    @property
    def late(self) -> int:
        """All late ones."""
        return self.to_pack + self.to_ship


DAY: OfCompany[DayFigures] = OfCompany(
    "orders.day",
    "orders",
    DayFigures,
    meaning="orders of today, and what is late",
    tables=["orders"],
    topics=["orders"],
)


@cached(DAY)
def day_figures() -> DayFigures:
    """Return how the day goes, in one statement."""
    late = [in_states(LATE), Order.due_at < clock.now()]
    bounded_late = sa.select(Order.state).where(*late).limit(BOUND + 1).subquery()
    today = _count([Order.placed_at >= start_of_today()])
    query = sa.select(
        today,
        sa.select(sa.func.count()).select_from(bounded_late).where(bounded_late.c.state == "paid").scalar_subquery(),
        sa.select(sa.func.count()).select_from(bounded_late).where(bounded_late.c.state == "packed").scalar_subquery(),
    )
    return DayFigures(*db.session.execute(query).one())


def _count(wanted: list[sa.ColumnElement[bool]]) -> sa.ScalarSelect[int]:
    some = sa.select(sa.literal(1)).select_from(Order).where(*wanted).limit(BOUND + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
