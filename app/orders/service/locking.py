"""Every act locks the order row first and its items, in id order, after it: so two acts never wait for each other."""

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.orders.models import Order, OrderLine
from app.orders.models.order import MAX_NUMBER
from app.orders.problems import UnknownLine
from app.orders.schemas import LineUnits


def lock_order(number: int) -> Order:
    """Lock an order until the transaction ends and read it as it is now.

    Raises:
        NotFound: There is none in this company.
    """
    if number > MAX_NUMBER:
        raise NotFound
    query = sa.select(Order).where(Order.number == number).with_for_update()
    order = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if order is None:
        raise NotFound
    return order


def units_by_line(order: Order, lines: list[LineUnits]) -> dict[int, int]:
    """Sum units by line number.

    Raises:
        UnknownLine: The order has no such line.
    """
    known = {line.line_no for line in order.lines}
    wanted: dict[int, int] = {}
    for one in lines:
        if one.line not in known:
            raise UnknownLine(number=order.number, line=one.line, last=max(known))
        wanted[one.line] = wanted.get(one.line, 0) + one.quantity
    return wanted


def units_by_item(lines: list[OrderLine], units: dict[int, int]) -> dict[int, int]:
    """Sum units of lines by item, as stock wants them."""
    wanted: dict[int, int] = {}
    for line in lines:
        if units.get(line.line_no, 0):
            wanted[line.item_id] = wanted.get(line.item_id, 0) + units[line.line_no]
    return wanted
