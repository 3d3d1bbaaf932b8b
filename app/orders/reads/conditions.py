"""From a filter to SQL. Row-level security adds the company; nothing here names one.

State names are rendered into the SQL text (they come from an enum): a partial index serves a query only when the
planner sees its condition as constants.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.core import clock
from app.core.present import zone_info
from app.core.tenancy import current_scope
from app.orders.models import Order
from app.orders.reads.filter import PLACED_SPANS, OrderFilter, View, day_start
from app.orders.states import LATE, OPEN, OrderState

# The table's columns, not the class's attributes: what a list reads becomes tuples, and the ORM makes that a third dearer.
ORDERS = Order.__table__.c
Condition = sa.ColumnElement[bool]
MIN_TRIGRAM = 3
SORT_COLUMNS: dict[str, Any] = {  # Any: columns of three types
    "number": ORDERS.number,
    "due": ORDERS.due_at,
    "placed": ORDERS.placed_at,
    "total": ORDERS.total_minor,
}
_companies = sa.table("companies", sa.column("id", sa.BigInteger), sa.column("timezone", sa.Text))


def conditions(wanted: OrderFilter) -> list[Condition]:
    """Return what a row must satisfy to be in the list."""
    found = [*view_conditions(wanted.view)]
    if wanted.state:
        found.append(in_states(wanted.state))
    if wanted.placed is not None:
        found.append(ORDERS.placed_at >= clock.now() - PLACED_SPANS[wanted.placed][1])
    if wanted.placed_from is not None:
        found.append(ORDERS.placed_at >= day_start(wanted.placed_from, company_zone()))
    if wanted.placed_to is not None:
        found.append(ORDERS.placed_at < day_start(wanted.placed_to + timedelta(days=1), company_zone()))
    if wanted.q:
        found.append(search(wanted.q))
    if wanted.ids is not None:
        found.append(ORDERS.number.in_(wanted.ids))
    return found


def view_conditions(view: View) -> list[Condition]:
    """Return what a tab shows."""
    match view:
        case View.OPEN:
            return [in_states(OPEN)]
        case View.LATE:
            return [in_states(LATE), ORDERS.due_at < clock.now()]
        case View.TO_PACK:
            return [in_states([OrderState.PAID]), ORDERS.due_at < end_of_today()]
        case View.RETURNS:
            return [sa.text("(orders.state = 'returned' OR orders.returned_units > 0)")]  # type: ignore[list-item]
        case _:
            return []


def in_states(states: Iterable[OrderState]) -> Condition:
    """Return `state IN ('placed', …)` with the names in the text."""
    values = [state.value for state in states]
    return ORDERS.state.in_(sa.bindparam(None, values, expanding=True, literal_execute=True, unique=True))


def search(term: str) -> Condition:
    """Return what finds an order by number, reference, e-mail, SKU, tracking number, or part of a name."""
    term = term.strip()
    if current_scope().role == "platform":
        return _search_everywhere(term)
    found = sa.select(sa.func.search_orders(term, pattern(term)).column_valued("found"))
    # = ANY(ARRAY(…)) and not IN (…): the array goes into the index condition, while IN became a merge join that
    # walked all orders down to the one that was looked for.
    return ORDERS.number == sa.any_(sa.func.array(found.scalar_subquery(), type_=sa.ARRAY(sa.BigInteger)))


def pattern(term: str) -> str:
    """Return the ILIKE pattern of a term; of one or two letters only as the beginning, which few names share."""
    escaped = term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if len(term) >= MIN_TRIGRAM else f"{escaped}%"


def _search_everywhere(term: str) -> Condition:
    """Over all companies, on the platform login: its policy is `true`, so ILIKE may use its index."""
    by_name = ORDERS.customer_name.ilike(pattern(term), escape="\\")
    if not (term.isdecimal() and len(term) <= 18):  # noqa: PLR2004 (digits of a bigint)
        return by_name
    # One look-up a company in the primary key instead of a walk over all orders.
    return sa.and_(ORDERS.company_id.in_(sa.select(_companies.c.id)), ORDERS.number == int(term))


def company_zone() -> ZoneInfo:
    """Return the company's time zone: what "today" means to the people who pack."""
    if current_scope().role == "platform":
        return zone_info("UTC")
    return zone_info(str(db_scalar(sa.select(_companies.c.timezone)) or "UTC"))


def start_of_today() -> datetime:
    """Return the last midnight in the company's zone."""
    zone = company_zone()
    return day_start(clock.now().astimezone(zone).date(), zone)


def end_of_today() -> datetime:
    """Return the next midnight in the company's zone."""
    zone = company_zone()
    return day_start(clock.now().astimezone(zone).date() + timedelta(days=1), zone)


def db_scalar(query: sa.Select[Any]) -> Any:  # Any: one value of any type
    """Return one value."""
    from app.core.db import db

    return db.session.scalar(query)
