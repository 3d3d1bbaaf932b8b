"""Questions about forecasts, companions and proposals."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import db
from app.forecasts.models import ItemCompanion, ItemForecast, ReorderProposal
from app.inventory.models import Item

OPEN_SHOWN = 100


@dataclass(frozen=True)
class Together:
    """An item that is bought together with another; see `ItemCompanion`."""

    sku: str
    name: str
    together: int
    orders: int
    confidence: float
    lift: float


@dataclass(frozen=True)
class OpenProposal:
    """A proposal with the item it is about."""

    sku: str
    name: str
    before: int
    proposed: int
    demand: float
    safety: float
    lead_days: int


def forecast_of(item_id: int) -> ItemForecast | None:
    """Return an item's newest forecast."""
    return db.session.scalars(sa.select(ItemForecast).where(ItemForecast.item_id == item_id)).one_or_none()


def companions_of(item_id: int) -> Sequence[Together]:
    """Return what is bought together with an item, the likeliest first."""
    query = (
        sa.select(
            Item.sku, Item.name, ItemCompanion.together, ItemCompanion.orders, ItemCompanion.confidence,
            ItemCompanion.lift,
        )
        .join(Item, Item.id == ItemCompanion.other_id)
        .where(ItemCompanion.item_id == item_id, Item.archived_at.is_(None))
        .order_by(ItemCompanion.confidence.desc(), Item.sku)
    )  # fmt: skip
    return [Together(*row) for row in db.session.execute(query)]


def proposal_of(item_id: int) -> ReorderProposal | None:
    """Return the reorder point that is proposed for an item; None when nothing is open."""
    query = sa.select(ReorderProposal).where(ReorderProposal.item_id == item_id, ReorderProposal.state == "open")
    return db.session.scalars(query).one_or_none()


def open_proposals(most: int = OPEN_SHOWN) -> Sequence[OpenProposal]:
    """Return proposals nobody has decided, by SKU."""
    query = (
        sa.select(
            Item.sku, Item.name, ReorderProposal.before, ReorderProposal.proposed, ReorderProposal.demand,
            ReorderProposal.safety, ReorderProposal.lead_days,
        )
        .join(Item, Item.id == ReorderProposal.item_id)
        .where(ReorderProposal.state == "open", Item.archived_at.is_(None))
        .order_by(Item.sku)
        .limit(most)
    )  # fmt: skip
    return [OpenProposal(*row) for row in db.session.execute(query)]


def count_open(most: int = OPEN_SHOWN) -> int:
    """Return how many proposals are open, counted to a bound."""
    some = sa.select(sa.literal(1)).where(ReorderProposal.state == "open").limit(most).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
