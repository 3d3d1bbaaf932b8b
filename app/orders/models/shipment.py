"""What left in one parcel, and with whom."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model


class ShipmentLine(Model):
    """Units of one line in one parcel."""

    __tablename__ = "shipment_lines"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["company_id", "order_number", "shipment_no"],
            ["shipments.company_id", "shipments.order_number", "shipments.shipment_no"],
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "order_number", "line_no"],
            ["order_lines.company_id", "order_lines.order_number", "order_lines.line_no"],
        ),
        sa.CheckConstraint("quantity > 0", name="quantity"),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    order_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    shipment_no: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    line_no: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    quantity: Mapped[int] = mapped_column(sa.BigInteger)


class Shipment(Model):
    """One parcel of an order, numbered within it."""

    __tablename__ = "shipments"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id", "order_number"], ["orders.company_id", "orders.number"]),
        sa.Index(
            None,
            "company_id",
            "tracking_number",
            "order_number",
            postgresql_where=sa.text("tracking_number IS NOT NULL"),
        ),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    order_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    shipment_no: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    carrier: Mapped[str] = mapped_column(sa.Text)
    tracking_number: Mapped[str | None] = mapped_column(sa.Text, default=None)
    shipped_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    shipped_by: Mapped[str] = mapped_column(sa.Text)
    lines: Mapped[list[ShipmentLine]] = relationship(
        default_factory=list, lazy="selectin", order_by=ShipmentLine.line_no, cascade="all"
    )
