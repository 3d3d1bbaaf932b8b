"""Which orders hold an item: the answer the inventory's item page asks for."""

import sqlalchemy as sa

from app.core.db import db
from app.inventory.reads import Holder
from app.orders.models import OrderLine


def find_holders(item_id: int, most: int) -> list[Holder]:
    """Return the orders that hold some of an item, oldest first."""
    units = sa.func.sum(OrderLine.reserved)
    rows = db.session.execute(
        sa.select(OrderLine.order_number, units)
        .where(OrderLine.item_id == item_id, OrderLine.reserved > sa.literal_column("0"))
        .group_by(OrderLine.order_number)
        .order_by(OrderLine.order_number)
        .limit(most)
    )
    return [Holder(number, int(held), f"/orders/{number}") for number, held in rows]
