"""Orders promise stock: all or nothing, never more than there is."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.core.database_errors import PoolTimeout
from app.core.db import transaction
from app.core.pool import DatabaseResting
from app.inventory import service
from app.inventory.models import Item, ItemKind
from app.inventory.problems import NotReserved, OutOfStock, UnknownSku
from tests.inventory.conftest import MakeItem
from tests.inventory.looks import facts_of, fresh, ledger_sum
from tests.world import Person, World


def test_reserving_holds_units_and_tells(ada: Person, item: Item, world: World) -> None:
    with ada.acting():
        held = service.reserve(17, {"FRAME-1": 4})
    assert held["FRAME-1"].reserved == 4
    after = fresh(ada, item)
    assert (after.on_hand, after.reserved, after.available, after.version) == (10, 4, 6, 2)
    [fact] = facts_of(world, ada)
    assert (fact["type"], fact["topic"], fact["row_id"], fact["row_version"]) == (
        "inventory.updated",
        "inventory",
        str(item.id),
        2,
    )
    assert {**fact["data"], "itemId": 0} == {
        "itemId": 0, "sku": "FRAME-1", "name": "Frame, round", "onHand": 10, "reserved": 4, "available": 6,
        "delta": 0, "reason": "reserved", "version": 2, "orderNumber": 17, "changes": None,
    }  # fmt: skip


def test_an_asset_tells_asset_updated(ada: Person, make_item: MakeItem, world: World) -> None:
    make_item(ada, "VAN-1", kind=ItemKind.ASSET)
    with ada.acting():
        service.reserve(17, {"VAN-1": 1})
    assert [fact["type"] for fact in facts_of(world, ada)] == ["asset.updated"]


def test_an_order_that_cannot_be_held_whole_holds_nothing(ada: Person, item: Item, make_item: MakeItem) -> None:
    other = make_item(ada, "CLOTH", on_hand=50)
    with ada.acting(), pytest.raises(OutOfStock) as refused:
        service.reserve(17, {"CLOTH": 5, "FRAME-1": 11})
    assert refused.value.fields == {"sku": "FRAME-1", "wanted": 11, "free": 10}
    assert (fresh(ada, item).reserved, fresh(ada, other).reserved) == (0, 0)


def test_a_company_that_allows_backorders_holds_what_is_free(ada: Person, item: Item, world: World) -> None:
    world.sql.execute("UPDATE companies SET settings = '{\"allow_backorder\": true}' WHERE id = %s", (ada.company_id,))
    with ada.acting():
        assert service.reserve(17, {"FRAME-1": 25})["FRAME-1"].reserved == 10
        assert service.reserve(18, {"FRAME-1": 1})["FRAME-1"].reserved == 0


def test_an_unknown_sku_is_named(ada: Person, item: Item) -> None:
    with ada.acting(), pytest.raises(UnknownSku) as refused:
        service.reserve(17, {"FRAME-1": 1, "frame-1": 1})
    assert refused.value.sku == "frame-1"
    assert fresh(ada, item).reserved == 0


def test_another_companys_item_is_unknown(cleo: Person, item: Item) -> None:
    with cleo.acting(), pytest.raises(UnknownSku):
        service.reserve(17, {"FRAME-1": 1})


def test_releasing_shipping_and_returning_keep_the_ledger_right(ada: Person, item: Item) -> None:
    with ada.acting():
        service.reserve(17, {"FRAME-1": 6})
        service.release(17, {item.id: 2})
        service.ship(17, {item.id: 3})
        service.take_back(17, {item.id: 1})
    after = fresh(ada, item)
    assert (after.on_hand, after.reserved, after.available) == (8, 1, 7)
    assert ledger_sum(ada, item) == 8


@pytest.mark.parametrize("act", [service.release, service.ship])
def test_more_than_reserved_never_leaves(ada: Person, item: Item, act: Any) -> None:
    with ada.acting():
        service.reserve(17, {"FRAME-1": 2})
        with pytest.raises(NotReserved):
            act(17, {item.id: 3})
    assert (fresh(ada, item).on_hand, fresh(ada, item).reserved) == (10, 2)


def test_falling_to_the_reorder_point_raises_one_alert(ada: Person, make_item: MakeItem, world: World) -> None:
    item = make_item(ada, "LENS", on_hand=10, reorder_point=5)
    with ada.acting():
        for _ in range(8):
            service.reserve(17, {"LENS": 1})
    [alert] = [fact["data"] for fact in facts_of(world, ada) if fact["type"] == "alert.triggered"]
    assert (alert["alert"], alert["sku"], alert["itemId"], alert["available"]) == ("stock.low", "LENS", item.id, 5)


def test_running_out_at_once_says_so(ada: Person, make_item: MakeItem, world: World) -> None:
    make_item(ada, "LENS", on_hand=10, reorder_point=5)
    with ada.acting():
        service.reserve(17, {"LENS": 10})
    [alert] = [fact["data"] for fact in facts_of(world, ada) if fact["type"] == "alert.triggered"]
    assert (alert["alert"], alert["severity"], alert["title"]) == ("stock.out", "critical", "LENS is out of stock")


def test_two_hundred_orders_at_once_sell_a_stock_of_one_hundred_exactly(ada: Person, make_item: MakeItem) -> None:
    item = make_item(ada, "LAST", on_hand=100)

    def order(number: int) -> bool:
        while True:
            try:
                with ada.acting():
                    service.reserve(number, {"LAST": 1})
            except OutOfStock:
                return False
            except (PoolTimeout, DatabaseResting):  # every connection is busy, or slow to come: the caller tries again
                continue
            return True

    with ThreadPoolExecutor(200) as threads:
        sold = list(threads.map(order, range(200)))
    after = fresh(ada, item)
    assert (sold.count(True), after.reserved, after.available) == (100, 100, 0)


def test_orders_for_the_same_items_in_any_order_never_deadlock(ada: Person, make_item: MakeItem) -> None:
    first, second = make_item(ada, "A", on_hand=1000), make_item(ada, "B", on_hand=1000)

    def order(number: int) -> None:
        skus = ("A", "B") if number % 2 else ("B", "A")
        with ada.acting(), transaction():
            held = service.reserve(number, dict.fromkeys(skus, 2))
            service.ship(number, {held[sku].item_id: 1 for sku in reversed(skus)})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(order, range(60)))
    for item in (first, second):
        after = fresh(ada, item)
        assert (after.on_hand, after.reserved) == (940, 60)
        assert ledger_sum(ada, item) == 940
