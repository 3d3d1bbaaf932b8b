"""What is bought together: shares and lift as counted by hand, and nothing where too few orders say so."""

from datetime import timedelta

import pytest

from app.forecasts import reads, service
from tests.forecasts.conftest import NEWEST, make_item, make_order


@pytest.fixture
def baskets(world, ada):
    """Twenty orders: tea with a cup in eight of ten, tea alone twice, a lamp ten times alone; a cup never alone."""
    tea, cup, lamp = (make_item(world, ada, sku) for sku in ("TEA", "CUP", "LAMP"))
    for number in range(20):
        units = {tea: 2} | ({cup: 1} if number < 8 else {}) if number < 10 else {lamp: 1}
        make_order(world, ada, NEWEST - timedelta(days=number), units)
    return tea, cup, lamp


def test_shares_and_lift_are_what_counting_gives(ada, baskets, suggesting):
    with ada.acting():
        assert service.make_companions() == 2
    (other,) = ada.get("/api/inventory/TEA/recommendations").json["items"]
    assert (other["sku"], other["together"], other["orders"]) == ("CUP", 8, 10)
    assert (other["confidence"], other["lift"]) == (0.8, 2.0)  # 8 of 20 with the cup by chance, so 4 of 10
    (back,) = ada.get("/api/inventory/CUP/recommendations").json["items"]
    assert (back["sku"], back["confidence"]) == ("TEA", 1.0)
    assert ada.get("/api/inventory/LAMP/recommendations").json["items"] == []


def test_fewer_than_five_orders_are_chance(ada, world, suggesting):
    one, other = make_item(world, ada, "ONE"), make_item(world, ada, "OTHER")
    for number in range(4):
        make_order(world, ada, NEWEST - timedelta(days=number), {one: 1, other: 1})
    with ada.acting():
        assert service.make_companions() == 0


def test_making_them_again_leaves_the_same(ada, baskets):
    with ada.acting():
        service.make_companions()
        first = reads.companions_of(baskets[0])
        service.make_companions()
        assert reads.companions_of(baskets[0]) == first


def test_each_company_sees_its_own(ada, cleo, baskets, pat):
    from tests.flags.gates.switch import allowed

    with ada.acting():
        service.make_companions()
    with cleo.acting():
        assert service.make_companions() == 0
    with allowed(pat, "ai-recommendations", cleo.company_slug):
        assert cleo.get("/api/inventory/TEA/recommendations").status_code == 404
        assert cleo.get("/api/inventory/TEA/forecast").status_code == 404
