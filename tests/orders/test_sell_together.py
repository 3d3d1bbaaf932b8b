from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.errors import Problem
from app.orders import service
from app.orders.schemas import NewOrder


@pytest.mark.slow
def test_many_orders_at_once_never_sell_what_is_not_there(ada, shop):
    shop.item("RARE", on_hand=20)
    wanted = {"customer": {"name": "M"}, "lines": [{"sku": "FRM-1", "quantity": 1}, {"sku": "RARE", "quantity": 1}]}
    turned = {**wanted, "lines": wanted["lines"][::-1]}

    def place(index):
        with ada.acting():
            try:
                body = NewOrder.model_validate(turned if index % 2 else wanted)
                return service.place_order(body, currency="GBP", source="api").number
            except Problem as problem:
                return problem.code

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(place, range(40)))
    placed = [one for one in results if isinstance(one, int)]
    assert sorted(placed) == list(range(1, 21)), results
    assert set(results) - set(placed) == {"out-of-stock"}
    assert shop.stock("RARE") == (20, 20)


def test_two_people_pay_one_order_at_once_and_one_of_them_is_told(ada, shop):
    number = shop.place()["number"]

    def pay(_):
        with ada.acting():
            try:
                return service.pay_order(number).version
            except Problem as problem:
                return problem.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(pay, range(2)))) == ["2", "state-cannot-follow"]
