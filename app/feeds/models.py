"""Partners' feeds, their runs, and what each brought."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId

INSTANT = sa.DateTime(timezone=True)


def _feed() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["company_id", "feed_id"], ["feeds.company_id", "feeds.id"])


class Feed(Model):
    """Where a partner's orders are fetched.

    Attributes:
        token: Sent as a Bearer token; sealed (app/core/sealed.py), for it has to be known in the clear later.
        cursor: The partner's own mark of how far we have read; "" is the beginning.
        not_before: The partner asked us to stay away until then.
        error: What was wrong with the last run; "" when nothing was.
    """

    __tablename__ = "feeds"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "name"),
        sa.CheckConstraint("state IN ('on','paused')", name="state"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="name"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    url: Mapped[str] = mapped_column(sa.Text)
    token: Mapped[str] = mapped_column(sa.Text, default="", server_default="", repr=False)
    state: Mapped[str] = mapped_column(sa.Text, default="on", server_default="on")
    cursor: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    not_before: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    last_run_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    last_ok_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())


class FeedRun(Model):
    """One run of a feed: what it fetched, and how it ended. A test fetches one page and places nothing."""

    __tablename__ = "feed_runs"
    __table_args__ = (_feed(), sa.Index(None, "company_id", "feed_id", "id"))

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    feed_id: Mapped[str] = mapped_column(sa.Text)
    job_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    is_test: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    started_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    pages: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    placed: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    known: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    refused: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")


class FeedOrder(Model):
    """An order a feed has brought: written in the transaction that places it, so it is placed once.

    Attributes:
        external_ref: The partner's own name of it.
        order_number: None when it was refused as a whole.
    """

    __tablename__ = "feed_orders"
    __table_args__ = (_feed(),)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    feed_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    external_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.Text)
    order_number: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    received_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())


class FeedRefusal(Model):
    """A line of a feed's order that could not be ordered, as it was sent, and why."""

    __tablename__ = "feed_refusals"
    __table_args__ = (_feed(), sa.Index(None, "company_id", "feed_id", "run_id"))

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    feed_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    external_ref: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    line_no: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    run_id: Mapped[str] = mapped_column(sa.Text)
    sku: Mapped[str] = mapped_column(sa.Text)
    quantity: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    received_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
