"""The order that waits longest past its time."""

import sqlalchemy as sa

from app.core.db import db
from app.core.tenancy import current_scope
from app.orders.models import Order
from app.orders.reads.conditions import view_conditions
from app.orders.reads.filter import OrderFilter, View
from app.orders.reads.listing import COLUMNS, ListedOrder, list_orders

_companies = sa.table("companies", sa.column("id"), sa.column("slug"), sa.column("name"))


def oldest_late() -> ListedOrder | None:
    """Return the late order that was due first: of this company, or of all of them, its company named."""
    if current_scope().role != "platform":
        return next(iter(list_orders(OrderFilter(view=View.LATE, limit=1)).rows), None)
    # One look into each company's index instead of a sort of everything that is late.
    first = (
        sa.select(*COLUMNS, Order.company_id)
        .where(Order.company_id == _companies.c.id, *view_conditions(View.LATE))
        .order_by(Order.due_at, Order.number)
        .limit(1)
        .lateral("first")
    )
    query = (
        sa.select(first, _companies.c.slug, _companies.c.name)
        .select_from(_companies.join(first, sa.true()))
        .order_by(first.c.due_at, first.c.company_id)
        .limit(1)
    )
    found = db.session.execute(query).first()
    return ListedOrder(*found) if found is not None else None
