"""Replaying real invoices through the API of a running site."""

import pytest

from app.demo.replay import Replay, read_invoices
from tests.imports.conftest import SALES


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    return path


def test_only_goods_sold_are_replayed_in_the_order_they_happened(file):
    found = read_invoices(file, 10)
    assert [(one.number, len(one.lines)) for one in found] == [("536366", 1), ("536365", 4)]
    assert len(read_invoices(file, 1)) == 1


def test_invoices_become_orders_and_missing_items_are_made(ada, site, file):
    said = []
    result = Replay(site.url, token_of(ada), say=said.append).run(read_invoices(file, 10), speed=1e9)
    assert (result.sent, result.refused) == (2, 0), result.sentence
    orders = ada.get("/api/orders").json["items"]
    assert {order["externalRef"] for order in orders} == {"536365", "536366"}
    assert ada.get("/api/inventory/71053").json["reserved"] == 12


def test_a_refused_token_is_counted_not_hidden(site, file):
    result = Replay(site.url, "qd_wrong", say=lambda _: None).run(read_invoices(file, 10), speed=1e9)
    assert (result.sent, result.refused) == (0, 2)
    assert result.codes == {"not-signed-in": 2}


def token_of(person):
    answer = person.post("/api/tokens", json={"name": "replay"})
    assert answer.status_code == 201, answer.text
    return answer.json["token"]
