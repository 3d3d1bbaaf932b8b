"""Which SKUs can be ordered."""

from collections.abc import Collection

import sqlalchemy as sa

from app.core.db import db
from app.inventory.models import Item, ItemKind


def sellable(skus: Collection[str]) -> dict[str, bool]:
    """Return those SKUs that are items in use here, and whether each is for sale: assets are not."""
    if not skus:
        return {}
    rows = db.session.execute(sa.select(Item.sku, Item.kind).where(Item.sku.in_(skus), Item.archived_at.is_(None)))
    return {sku: kind is not ItemKind.ASSET for sku, kind in rows}
