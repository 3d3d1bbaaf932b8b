"""A shop with a year and a half of orders, written straight into its tables: no page makes so many."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.flags.gates.switch import allowed
from tests.world import Person, World

NEWEST = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday: its week is not over


@pytest.fixture
def suggesting(pat: Person, ada: Person) -> Iterator[None]:
    """The flag is on for ada's company."""
    with allowed(pat, "ai-recommendations", ada.company_slug):
        yield


@pytest.fixture
def sell(world: World) -> Callable[..., int]:
    """Write orders of an item, so many units in each week, the last of them in the week before the newest order."""

    def run(person: Person, sku: str, weeks: list[int], *, newest: datetime = NEWEST) -> int:
        item_id = make_item(world, person, sku)
        monday = newest - timedelta(days=newest.weekday() + 7 * len(weeks))
        for number, units in enumerate(weeks):
            if units:
                make_order(world, person, monday + timedelta(days=7 * number + 1), {item_id: units})
        return item_id

    return run


@pytest.fixture
def mark_now(world: World) -> Callable[..., None]:
    """Write one order of something else at the newest instant: the weeks before it are full ones."""

    def run(person: Person, at: datetime = NEWEST) -> None:
        make_order(world, person, at, {make_item(world, person, "MARK"): 1})

    return run


def make_item(world: World, person: Person, sku: str, **values: Any) -> int:
    """Make an item, or find it."""
    row = world.sql.execute(
        "INSERT INTO items (company_id, sku, name, unit_price, reorder_point) VALUES (%s, %s, %s, 10, %s) "
        "ON CONFLICT (company_id, sku) DO UPDATE SET sku = excluded.sku RETURNING id",
        (person.company_id, sku, f"Item {sku}", values.get("reorder_point", 0)),
    ).fetchone()
    assert row is not None
    return int(row["id"])


def make_order(world: World, person: Person, at: datetime, units: dict[int, int], state: str = "delivered") -> int:
    """Write a delivered order."""
    company = person.company_id
    row = world.sql.execute(
        "INSERT INTO order_counters (company_id, last_number) VALUES (%s, 1) ON CONFLICT (company_id) "
        "DO UPDATE SET last_number = order_counters.last_number + 1 RETURNING last_number",
        (company,),
    ).fetchone()
    assert row is not None
    number = int(row["last_number"])
    total = sum(units.values())
    world.sql.execute(
        "INSERT INTO orders (company_id, number, state, customer_name, currency, total_minor, line_count, unit_count, "
        "source, placed_at, due_at, updated_at) VALUES (%s, %s, %s, 'Somebody', 'GBP', %s, %s, %s, 'test', %s, %s, %s)",
        (company, number, state, total * 1000, len(units), total, at, at, at),
    )
    for line_no, (item_id, wanted) in enumerate(units.items(), start=1):
        world.sql.execute(
            "INSERT INTO order_lines (company_id, order_number, line_no, item_id, sku, name, quantity, unit_price, "
            "amount_minor, shipped) SELECT %s, %s, %s, id, sku, name, %s, 10, %s, %s FROM items WHERE id = %s",
            (company, number, line_no, wanted, wanted * 1000, wanted, item_id),
        )
    return number
