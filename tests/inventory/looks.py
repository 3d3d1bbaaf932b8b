"""Short ways to look at what an act left behind."""

from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.inventory.models import Item, Movement
from tests.world import Person, World


def fresh(person: Person, item: Item) -> Item:
    """Return the item as the database has it now."""
    with person.acting():
        return db.session.scalars(sa.select(Item).where(Item.id == item.id)).one()


def ledger(person: Person, item: Item) -> list[Movement]:
    """Return the item's ledger, oldest first."""
    with person.acting():
        return list(db.session.scalars(sa.select(Movement).where(Movement.item_id == item.id).order_by(Movement.id)))


def ledger_sum(person: Person, item: Item) -> int:
    """Return what the ledger says is on hand."""
    return sum(entry.delta for entry in ledger(person, item))


def facts_of(world: World, person: Person, type_: str | None = None) -> list[dict[str, Any]]:
    """Return the facts of somebody's company that wait for the relay, oldest first."""
    rows = world.sql.execute(
        "SELECT type, topic, row_id, row_version, data FROM outbox WHERE company_id = %s ORDER BY id",
        (person.company_id,),
    ).fetchall()
    return [row for row in rows if type_ in {None, row["type"]}]
