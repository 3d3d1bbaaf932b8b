"""Questions about feeds, their runs, and what was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.feeds.models import Feed, FeedOrder, FeedRefusal, FeedRun

MOST_FEEDS = 200
MOST_REFUSALS = 100


@dataclass(frozen=True)
class Refusal:
    """What could not be ordered; line 0 is the order as a whole."""

    external_ref: str
    line: int
    sku: str
    quantity: str
    reason: str
    received_at: datetime
    order_number: int | None


def list_feeds() -> Sequence[Feed]:
    """Return the company's feeds, by name."""
    return db.session.scalars(sa.select(Feed).order_by(Feed.name).limit(MOST_FEEDS)).all()


def find_feed(feed_id: str) -> Feed:
    """Return one feed.

    Raises:
        NotFound: None here.
    """
    feed = db.session.scalars(sa.select(Feed).where(Feed.id == feed_id)).one_or_none()
    if feed is None:
        raise NotFound
    return feed


def list_runs(feed_id: str, *, limit: int = 20, after: str | None = None) -> tuple[Sequence[FeedRun], str | None]:
    """Return runs of a feed, newest first, and the cursor of the next page."""
    query = sa.select(FeedRun).where(FeedRun.feed_id == feed_id).order_by(FeedRun.id.desc()).limit(limit + 1)
    if after:
        query = query.where(FeedRun.id < decode_cursor(after, FeedRun.id)[0])
    found = db.session.scalars(query).all()
    return found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None


def list_refusals(feed_id: str) -> list[Refusal]:
    """Return the newest orders and lines that were refused."""
    orders = sa.select(
        FeedOrder.external_ref, sa.literal(0).label("line"), sa.literal("").label("sku"),
        sa.literal("").label("quantity"), FeedOrder.reason, FeedOrder.received_at, FeedOrder.order_number,
    ).where(FeedOrder.feed_id == feed_id, FeedOrder.order_number.is_(None))  # fmt: skip
    lines = (
        sa.select(
            FeedRefusal.external_ref, FeedRefusal.line_no, FeedRefusal.sku, FeedRefusal.quantity, FeedRefusal.reason,
            FeedRefusal.received_at, FeedOrder.order_number,
        )
        .join(
            FeedOrder,
            sa.and_(FeedOrder.feed_id == FeedRefusal.feed_id, FeedOrder.external_ref == FeedRefusal.external_ref),
        )
        .where(FeedRefusal.feed_id == feed_id)
    )  # fmt: skip
    both = orders.union_all(lines).subquery()
    query = sa.select(both).order_by(both.c.received_at.desc(), both.c.external_ref, both.c.line).limit(MOST_REFUSALS)
    return [Refusal(*row) for row in db.session.execute(query)]
