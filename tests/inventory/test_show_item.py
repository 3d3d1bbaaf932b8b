"""One item: its page, its ledger, its live row."""

import re

from app.core import live
from app.inventory import service
from app.inventory.listeners import render_rows
from app.inventory.models import Item
from tests.world import Person


def test_a_viewer_reads_item_and_ledger(vera: Person, item: Item) -> None:
    page = vera.get("/inventory/FRAME-1").text
    assert 'id="item-detail" data-live-topic="inventory"' in page
    assert f'data-live-row="{item.id}"' in page
    assert "0.00 GBP" in page
    assert vera.get("/api/inventory/FRAME-1").json["onHand"] == 10


def test_the_detail_alone_is_sent_to_a_live_page(vera: Person, item: Item) -> None:
    piece = vera.fragment("/inventory/FRAME-1").text
    assert piece.strip().startswith('<div class="stack stack--page" id="item-detail"')
    assert "<form" not in piece, "what is being typed must not be replaced"


def test_a_long_ledger_has_pages(vera: Person, item: Item) -> None:
    with vera.acting():
        for number in range(1, 8):
            service.reserve(number, {"FRAME-1": 1})
            service.ship(number, {item.id: 1})
    first = vera.get("/api/inventory/FRAME-1/movements?limit=5").json
    rest = vera.get(f"/api/inventory/FRAME-1/movements?limit=5&after={first['nextCursor']}").json
    entries = first["items"] + rest["items"]
    assert [entry["onHandAfter"] for entry in entries] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert [entry["orderNumber"] for entry in entries[:2]] == [7, 6]
    page = vera.get("/inventory/FRAME-1?limit=5").text
    assert page.count("shipped · <a") == 5
    older = re.search(r'href="(/inventory/FRAME-1\?[^"]*after=[^"]+)" rel="next"', page)
    assert older is not None
    assert "opening" in vera.get(older[1].replace("&amp;", "&")).text


def test_orders_that_hold_it_are_listed(sam: Person, vera: Person, item: Item) -> None:
    assert "No open order holds any." in vera.get("/inventory/FRAME-1").text
    lines = [{"sku": "FRAME-1", "quantity": 3, "unitPrice": "1.00"}]
    placed = sam.post("/api/orders", json={"customer": {"name": "Marta Lind"}, "currency": "GBP", "lines": lines})
    number = placed.json["number"]
    row = f'<a href="/orders/{number}">{number}</a></th><td class="n">3</td>'
    assert row in vera.get("/inventory/FRAME-1").text
    sam.post(f"/api/orders/{number}/cancellation", json={"reason": "changed their mind"})
    assert row not in vera.get("/inventory/FRAME-1").text


def test_an_outsider_finds_nothing(cleo: Person, item: Item) -> None:
    for path in ("/inventory/FRAME-1", "/api/inventory/FRAME-1", "/api/inventory/FRAME-1/movements"):
        assert cleo.get(path).status_code == 404


def test_a_pushed_row_is_the_row_of_a_fresh_page(vera: Person, item: Item) -> None:
    with vera.acting():
        service.reserve(17, {"FRAME-1": 4})
    with vera.app.test_request_context("/"), vera.acting():
        [row] = render_rows([str(item.id), "999999999"])
    assert isinstance(row, live.Row)
    assert (row.id, row.version) == (f"item-{item.id}", 2)
    page = vera.get("/inventory").text
    assert " ".join(row.html.split()) in " ".join(page.split())


def test_facts_and_holders_stand_before_the_ledger(ada: Person, item: Item) -> None:
    page = ada.get(f"/inventory/{item.sku}").text
    assert page.index('id="h-facts"') < page.index('id="h-holders"') < page.index('id="h-ledger"')
