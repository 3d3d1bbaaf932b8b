"""The newest forecast of each item, its companions, and what is proposed for its reorder point."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId

INSTANT = sa.DateTime(timezone=True)


def _item(column: str = "item_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["company_id", column], ["items.company_id", "items.id"])


class ItemForecast(Model):
    """What is expected of one item. Figures are units a week.

    Attributes:
        method: Which rule the points come from; `methods.NAMES` has the words.
        baseline: The rule that asks no model, which it was held against.
        history: Units of each week, oldest first, beginning with `first_week` (a Monday).
        points: Units expected in each week from `next_week` on.
        spread: Standard deviation of a week's miss in the test; 0 when nothing was tested.
        error: Share of units by which `method` missed in the test (WAPE); None when there was too little to test on.
        baseline_error: The same of the baseline.
        model_error: The same of the best model, also when it lost and the baseline is used.
        mase: The misses in units of the baseline's usual miss before the test; below 1 is better than that.
        text: A few sentences written by a model from these figures; empty when nobody asked.
    """

    __tablename__ = "item_forecasts"
    __table_args__ = (_item(),)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    method: Mapped[str] = mapped_column(sa.Text)
    baseline: Mapped[str] = mapped_column(sa.Text)
    first_week: Mapped[date] = mapped_column(sa.Date)
    history: Mapped[list[float]] = mapped_column(JSONB)
    next_week: Mapped[date] = mapped_column(sa.Date)
    points: Mapped[list[float]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(INSTANT)
    spread: Mapped[float] = mapped_column(sa.Float, default=0.0, server_default="0")
    error: Mapped[float | None] = mapped_column(sa.Float, default=None)
    baseline_error: Mapped[float | None] = mapped_column(sa.Float, default=None)
    mase: Mapped[float | None] = mapped_column(sa.Float, default=None)
    model_error: Mapped[float | None] = mapped_column(sa.Float, default=None)
    tested_weeks: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    text: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    text_model: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    text_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)

    @property
    def per_week(self) -> float:
        """Units expected in a mean week."""
        return sum(self.points) / len(self.points) if self.points else 0.0


class ItemCompanion(Model):
    """An item that is bought together with another.

    Attributes:
        together: Orders that hold both.
        orders: Orders that hold the first.
        confidence: Share of the first's orders that hold the other too.
        lift: How many times likelier that is than chance.
    """

    __tablename__ = "item_companions"
    __table_args__ = (_item(), _item("other_id"))

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    together: Mapped[int] = mapped_column(sa.Integer)
    orders: Mapped[int] = mapped_column(sa.Integer)
    confidence: Mapped[float] = mapped_column(sa.Float)
    lift: Mapped[float] = mapped_column(sa.Float)
    made_at: Mapped[datetime] = mapped_column(INSTANT)


class ReorderProposal(Model):
    """A reorder point that is proposed; nothing changes before a person accepts it.

    Attributes:
        before: The reorder point it was proposed against.
        demand: Units expected while new stock is on its way.
        safety: Units kept for weeks that want more than that.
    """

    __tablename__ = "reorder_proposals"
    __table_args__ = (
        _item(),
        sa.CheckConstraint("state IN ('open','accepted','dismissed')", name="state"),
        sa.Index("ix_reorder_proposals_open", "company_id", "item_id", postgresql_where=sa.text("state = 'open'")),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    before: Mapped[int] = mapped_column(sa.BigInteger)
    proposed: Mapped[int] = mapped_column(sa.BigInteger)
    lead_days: Mapped[int] = mapped_column(sa.Integer)
    demand: Mapped[float] = mapped_column(sa.Float)
    safety: Mapped[float] = mapped_column(sa.Float)
    state: Mapped[str] = mapped_column(sa.Text, default="open", server_default="open")
    made_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now)
    decided_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
