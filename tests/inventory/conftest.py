"""Items to work with."""

from collections.abc import Callable
from typing import Any

import pytest

from app.core.db import transaction
from app.inventory.models import Item, Movement, MovementKind
from tests.world import Person

MakeItem = Callable[..., Item]


@pytest.fixture
def make_item() -> MakeItem:
    """Put an item with stock into somebody's company, ledger entry included."""

    def make(person: Person, sku: str = "FRAME-1", *, on_hand: int = 10, **fields: Any) -> Item:
        with person.acting(), transaction() as session:
            item = Item(
                company_id=person.company_id,
                sku=sku,
                name=fields.pop("name", "Frame, round"),
                on_hand=on_hand,
                has_moved=True,
                **fields,
            )
            session.add(item)
            session.flush()
            session.add(
                Movement(
                    company_id=person.company_id,
                    item_id=item.id,
                    kind=MovementKind.OPENING,
                    delta=on_hand,
                    on_hand_after=on_hand,
                )
            )
        return item

    return make


@pytest.fixture
def item(ada: Person, make_item: MakeItem) -> Item:
    """Ten round frames of ada's company."""
    return make_item(ada)
