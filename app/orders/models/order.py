"""One order: its state, its money, its times."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.orders.models.line import OrderLine
from app.orders.models.shipment import Shipment
from app.orders.problems import NoRestToCancel, NothingToShip, ParcelHasLeft, StateCannotFollow
from app.orders.states import LATE, NEXT, OrderState

TIMESTAMP = sa.DateTime(timezone=True)
OPEN_STATES = "state IN ('placed', 'paid', 'packed')"
MAX_NUMBER = 2**63 - 1  # a bigint; an address can hold more digits
RETURNS = "state = 'returned' OR returned_units > 0"


class OrderCounter(Model):
    """The last order number of a company."""

    __tablename__ = "order_counters"
    __table_args__ = (sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),)

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(sa.BigInteger)


class Order(Model):
    """An order and the rules it keeps.

    `total_minor`, `line_count`, `unit_count` and `returned_units` repeat what the lines say, because lists read
    a million of these rows and none of the lines.
    """

    __tablename__ = "orders"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.CheckConstraint(
            "state IN ('placed','paid','packed','shipped','delivered','cancelled','returned')", name="state"
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.Index("ix_orders_open", "company_id", "due_at", "number", postgresql_where=sa.text(OPEN_STATES)),
        sa.Index("ix_orders_returns", "company_id", "number", postgresql_where=sa.text(RETURNS)),
        sa.Index(None, "company_id", "state", "number"),
        sa.Index(None, "company_id", "due_at", "number"),
        sa.Index(None, "company_id", "placed_at", "number"),
        sa.Index(None, "company_id", "total_minor", "number"),
        sa.Index(None, "placed_at", "company_id", "number"),
        sa.Index(None, "company_id", "external_ref", "number", postgresql_where=sa.text("external_ref IS NOT NULL")),
        sa.Index(
            None, "company_id", "customer_email", "number", postgresql_where=sa.text("customer_email IS NOT NULL")
        ),
        sa.Index(
            "ix_orders_customer_trigram",
            "company_id",
            "customer_name",
            postgresql_using="gin",
            postgresql_ops={"customer_name": "gin_trgm_ops"},
        ),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(sa.Text, default=OrderState.PLACED.value)
    customer_name: Mapped[str] = mapped_column(sa.Text)
    customer_email: Mapped[str | None] = mapped_column(sa.Text, default=None)
    customer_ref: Mapped[str | None] = mapped_column(sa.Text, default=None)
    currency: Mapped[str] = mapped_column(sa.Text)
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    line_count: Mapped[int] = mapped_column(sa.Integer)
    unit_count: Mapped[int] = mapped_column(sa.BigInteger)
    returned_units: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    source: Mapped[str] = mapped_column(sa.Text, default="console")
    external_ref: Mapped[str | None] = mapped_column(sa.Text, default=None)
    placed_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    due_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    paid_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, default=None)
    packed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, default=None)
    shipped_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, default=None)
    delivered_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, default=None)
    returned_at: Mapped[datetime | None] = mapped_column(TIMESTAMP, default=None)
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    lines: Mapped[list[OrderLine]] = relationship(
        default_factory=list, lazy="selectin", order_by=OrderLine.line_no, cascade="all, delete-orphan"
    )
    shipments: Mapped[list[Shipment]] = relationship(
        default_factory=list, lazy="selectin", order_by=Shipment.shipment_no, cascade="all"
    )

    def is_late(self, now: datetime) -> bool:
        """Say whether it should have left by now."""
        return self.state in LATE and self.due_at < now

    @property
    def shipped_units(self) -> int:
        """Units that left, over all lines."""
        return sum(line.shipped for line in self.lines)

    @property
    def remaining_units(self) -> int:
        """Units that are still to leave, over all lines."""
        return sum(line.to_ship for line in self.lines)

    @property
    def cancelled_units(self) -> int:
        """Units that were cancelled after a parcel had left, over all lines."""
        return sum(line.cancelled for line in self.lines)

    @property
    def with_customer(self) -> int:
        """Units that left and did not come back, over all lines."""
        return sum(line.with_customer for line in self.lines)

    @property
    def is_partly_shipped(self) -> bool:
        """True while a parcel has left and more is to follow."""
        return self.state == OrderState.PACKED and self.shipped_units > 0

    def touch(self, at: datetime) -> None:
        """Count a change."""
        self.version += 1
        self.updated_at = at

    def move(self, to: OrderState, *, at: datetime) -> OrderState:
        """Go to the next state and return the one before.

        Raises:
            StateCannotFollow: It cannot be reached from here.
        """
        before = OrderState(self.state)
        self.must_allow(to)
        self.state = to.value
        setattr(self, f"{to.value}_at", at)
        self.touch(at)
        return before

    def must_allow(self, to: OrderState) -> None:
        """Refuse a state that cannot follow.

        Raises:
            StateCannotFollow: It cannot be reached from here.
            ParcelHasLeft: Goods have already left, so it is not cancelled as a whole.
        """
        before = OrderState(self.state)
        if to is OrderState.CANCELLED and self.is_partly_shipped:
            raise ParcelHasLeft(
                number=self.number, shipped_units=self.shipped_units, remaining_units=self.remaining_units
            )
        possible = [one for one in NEXT[before] if not (one is OrderState.CANCELLED and self.shipped_units)]
        if to not in possible:
            raise StateCannotFollow(
                number=self.number,
                state=before.value,
                wanted=to.value,
                possible=" or ".join(one.value for one in possible) or "nothing else",
            )

    def must_allow_return(self) -> None:
        """Refuse a return when nothing is with the customer.

        Raises:
            StateCannotFollow: Nothing has left, or all of it is back.
        """
        if not (self.is_partly_shipped and self.with_customer):
            self.must_allow(OrderState.RETURNED)

    def must_have_rest(self) -> None:
        """Refuse to cancel the rest of an order that has none.

        Raises:
            NoRestToCancel: No parcel has left yet, or everything has.
        """
        if not self.is_partly_shipped:
            raise NoRestToCancel(number=self.number, state=self.state)

    def ship_lines(self, wanted: dict[int, int]) -> bool:
        """Count units out of the lines; return True when nothing is left to ship.

        Raises:
            NothingToShip: No unit was named.
        """
        if not any(wanted.values()):
            raise NothingToShip(number=self.number)
        for line in self.lines:
            line.ship(wanted.get(line.line_no, 0))
        return not self.remaining_units

    def return_lines(self, wanted: dict[int, int]) -> bool:
        """Count units back into the lines; return True when all that left is back and nothing is to follow.

        Raises:
            NothingToShip: No unit was named.
        """
        if not any(wanted.values()):
            raise NothingToShip(number=self.number)
        for line in self.lines:
            line.take_back(wanted.get(line.line_no, 0))
        self.returned_units += sum(wanted.values())
        return not self.with_customer and not self.remaining_units
