"""Sales of a day in the company's own calendar, by currency and by item."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model
from app.core.ids import CompanyId


class DailySales(Model):
    """Orders of one day in one currency: those that were not cancelled, by when they were placed."""

    __tablename__ = "daily_sales"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    currency: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    orders: Mapped[int] = mapped_column(sa.Integer)
    units: Mapped[int] = mapped_column(sa.BigInteger)
    revenue_minor: Mapped[int] = mapped_column(sa.BigInteger)


class DailyItem(Model):
    """One of the items that sold most on a day."""

    __tablename__ = "daily_items"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    sku: Mapped[str] = mapped_column(sa.Text)
    orders: Mapped[int] = mapped_column(sa.Integer)
    units: Mapped[int] = mapped_column(sa.BigInteger)
