"""One line of an order: what, how many, at which price, and how much of it is reserved, shipped, returned, cancelled."""

from collections.abc import Callable
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model
from app.orders.problems import TooManyToReturn, TooManyToShip


class OrderLine(Model):
    """A line. Its quantity is negative only on an imported return."""

    __tablename__ = "order_lines"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id", "order_number"], ["orders.company_id", "orders.number"]),
        sa.ForeignKeyConstraint(["company_id", "item_id"], ["items.company_id", "items.id"]),
        sa.CheckConstraint("quantity <> 0", name="quantity"),
        sa.CheckConstraint("unit_price >= 0", name="unit_price"),
        sa.CheckConstraint(
            "reserved >= 0 AND shipped >= 0 AND returned >= 0 AND cancelled >= 0 AND returned <= shipped "
            "AND reserved + shipped + cancelled <= greatest(quantity, 0)",
            name="units",
        ),
        sa.Index(None, "company_id", "sku", "order_number"),
        sa.Index(
            "ix_order_lines_reserved", "company_id", "item_id", "order_number", postgresql_where=sa.text("reserved > 0")
        ),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    order_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    line_no: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(sa.BigInteger)
    sku: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    quantity: Mapped[int] = mapped_column(sa.BigInteger)
    unit_price: Mapped[Decimal] = mapped_column(sa.Numeric(14, 4))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    reserved: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    shipped: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    returned: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    cancelled: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")

    @property
    def to_ship(self) -> int:
        """Units that are still to leave."""
        return max(self.quantity - self.shipped - self.cancelled, 0)

    @property
    def wanted(self) -> int:
        """Units that are still ordered, or have been delivered: what is paid for."""
        return self.quantity - self.cancelled

    @property
    def short(self) -> int:
        """Units that have not left and for which no stock is kept."""
        return max(self.to_ship - self.reserved, 0)

    @property
    def with_customer(self) -> int:
        """Units that left and did not come back."""
        return self.shipped - self.returned

    def ship(self, units: int) -> None:
        """Move reserved units out.

        Raises:
            TooManyToShip: Fewer are reserved for this line.
        """
        if units > self.reserved:
            raise TooManyToShip(line=self.line_no, sku=self.sku, wanted=units, ready=self.reserved)
        self.reserved -= units
        self.shipped += units

    def cancel_rest(self, amount: Callable[[Decimal], int]) -> None:
        """Let go of the units that have not left; the line costs what has left.

        Args:
            amount: Rounds an amount to minor units of the order's currency.
        """
        self.cancelled += self.to_ship
        self.reserved = 0
        self.amount_minor = amount(self.unit_price * self.wanted)

    def take_back(self, units: int) -> None:
        """Count returned units.

        Raises:
            TooManyToReturn: Fewer are with the customer.
        """
        if units > self.with_customer:
            raise TooManyToReturn(line=self.line_no, sku=self.sku, wanted=units, out=self.with_customer)
        self.returned += units
