import pytest


def test_an_order_gets_the_next_number_and_keeps_stock(ada, shop):
    answer = ada.post("/api/orders", json=shop.body())
    assert answer.status_code == 201
    order = answer.json
    assert (order["number"], order["state"], order["total"], order["version"]) == (1, "placed", "25.00", 1)
    assert order["lines"][0] | {} == {
        "line": 1, "sku": "FRM-1", "name": "Item FRM-1", "quantity": 2, "unitPrice": "12.50", "amount": "25.00",
        "reserved": 2, "shipped": 0, "returned": 0, "cancelled": 0,
    }  # fmt: skip
    assert shop.stock() == (100, 2)
    assert shop.place()["number"] == 2


def test_placing_is_one_fact(shop, facts):
    order = shop.place(externalRef="WEB-9")
    kind, data = facts()[-1]
    assert kind == "order.created"
    assert data["number"] == order["number"]
    assert (data["total"], data["currency"], data["externalRef"]) == ("25.00", "GBP", "WEB-9")


def test_without_a_price_the_items_own_is_taken(shop):
    order = shop.place(lines=[{"sku": "LNS-2", "quantity": 1}])
    assert order["total"] == "64.00"


def test_lines_are_rounded_one_by_one(shop):
    lines = [
        {"sku": "FRM-1", "quantity": 1, "unitPrice": "0.005"},
        {"sku": "FRM-1", "quantity": 3, "unitPrice": "0.3333"},
    ]
    order = shop.place(lines=lines)
    assert [line["amount"] for line in order["lines"]] == ["0.01", "1.00"]
    assert order["total"] == "1.01"


def test_another_companys_numbers_are_its_own(shop, cleo):
    shop.place()
    cleo.post("/api/inventory", json={"sku": "FRM-1", "name": "Frame", "category": "", "onHand": 5, "unitPrice": "1"})
    assert cleo.post("/api/orders", json=shop.body()).json["number"] == 1


def test_a_viewer_may_not_place(vera, shop):
    assert vera.post("/api/orders", json=shop.body()).status_code == 403
    assert vera.get("/orders/new").status_code == 403


def test_the_same_key_places_once(ada, shop):
    headers = {"Idempotency-Key": "place-1"}
    first = ada.post("/api/orders", json=shop.body(), headers=headers)
    again = ada.post("/api/orders", json=shop.body(), headers=headers)
    assert first.json == again.json
    assert shop.stock() == (100, 2)
    other = ada.post("/api/orders", json=shop.body(externalRef="x"), headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")


def test_too_little_stock_places_nothing(ada, shop):
    lines = [{"sku": "FRM-1", "quantity": 1}, {"sku": "LNS-2", "quantity": 6}]
    answer = ada.post("/api/orders", json=shop.body(lines=lines))
    assert (answer.status_code, answer.json["code"]) == (409, "out-of-stock")
    assert shop.stock("FRM-1") == (100, 0)
    assert ada.get("/api/orders").json["items"] == []


def test_a_company_that_takes_backorders_keeps_what_there_is(ada, shop, world):
    world.sql.execute("UPDATE companies SET settings = '{\"allow_backorder\": true}' WHERE id = %s", (ada.company_id,))
    order = shop.place(lines=[{"sku": "LNS-2", "quantity": 6}])
    assert order["lines"][0]["reserved"] == 5


BAD = [
    ({"lines": [{"sku": "NOPE", "quantity": 1}]}, 422, "unknown-sku"),
    ({"lines": [{"sku": "FRM-1", "quantity": 0}]}, 422, "quantity-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": -3}]}, 422, "quantity-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 10**12}]}, 422, "quantity-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1.5}]}, 422, "quantity-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": True}]}, 422, "quantity-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1, "unitPrice": "1e400"}]}, 422, "price-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1, "unitPrice": "-1"}]}, 422, "price-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1, "unitPrice": "1.00001"}]}, 422, "price-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1, "unitPrice": "NaN"}]}, 422, "price-out-of-range"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1, "unitPrice": "9" * 100_000}]}, 422, "price-out-of-range"),
    ({"currency": "XXX"}, 422, "unknown-currency"),
    ({"lines": []}, 422, "too-many-lines"),
    ({"lines": [{"sku": "FRM-1", "quantity": 1}] * 501}, 422, "too-many-lines"),
    ({"lines": [{"sku": "FRM-1", "quantity": 10**6, "unitPrice": "9999999999"}]}, 422, "order-too-large"),
    ({"note": "x" * 5001}, 422, "note-too-long"),
    ({"customer": {"name": "a\x00b"}}, 422, "invalid-input"),
    ({"customer": {"name": ""}}, 422, "invalid-input"),
    ({"surprise": 1}, 422, "invalid-input"),
    ({"dueAt": "9999-12-31T23:59:59Z"}, 422, "invalid-input"),
]


@pytest.mark.parametrize(("changes", "status", "code"), BAD, ids=lambda value: str(value)[:40])
def test_bad_input_gets_its_own_code_and_places_nothing(ada, shop, changes, status, code):
    shop.item("BIG", on_hand=10**6)
    lines = [
        {**line, "sku": "BIG"} if line.get("unitPrice") == "9999999999" else line for line in changes.get("lines", [])
    ]
    answer = ada.post("/api/orders", json=shop.body(**changes | ({"lines": lines} if "lines" in changes else {})))
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.json["title"]
    assert shop.stock() == (100, 0)
    assert ada.get("/api/orders").json["items"] == []


def test_an_infinite_price_as_a_json_number_is_refused(ada, shop):
    raw = '{"customer":{"name":"M"},"lines":[{"sku":"FRM-1","quantity":1,"unitPrice":1e400}]}'
    answer = ada.post("/api/orders", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json["code"] in {"price-out-of-range", "malformed-body"}


def test_the_page_places_an_order(ada, shop):
    assert ada.get("/orders/new").status_code == 200
    form = {
        "customer_name": "Helen Moss", "currency": "GBP", "sku": ["FRM-1", "LNS-2", ""], "quantity": ["2", "1", ""],
        "unit_price": ["", "60", ""], "note": "Call first", "idempotency_key": "form-1",
    }  # fmt: skip
    answer = ada.post("/orders", data=form)
    assert (answer.status_code, answer.location) == (303, "/orders/1")
    assert shop.read(1)["total"] == "85.00"
    again = ada.post("/orders", data=form)
    assert again.location == "/orders/1"
    assert len(ada.get("/api/orders").json["items"]) == 1
    assert "Call first" in ada.get("/orders/1").text


def test_the_page_shows_what_is_wrong_beside_the_field_and_keeps_what_was_typed(ada, shop):
    form = {
        "customer_name": "Helen Moss", "currency": "GBP", "sku": ["FRM-1", "NOPE"], "quantity": ["2", "1"],
        "unit_price": ["", ""], "idempotency_key": "form-2",
    }  # fmt: skip
    answer = ada.post("/orders", data=form)
    assert answer.status_code == 422
    assert 'id="f-sku-1-error"' in answer.text
    assert 'value="Helen Moss"' in answer.text
    assert shop.stock() == (100, 0)


def test_more_lines_are_added_without_script(ada, shop):
    answer = ada.post(
        "/orders", data={"customer_name": "H", "sku": ["FRM-1"], "quantity": ["1"], "unit_price": [""], "more": "1"}
    )
    assert answer.text.count('name="sku"') == 11
    assert ada.get("/api/orders").json["items"] == []


def test_a_price_is_never_taken_from_another_currency(ada, shop):
    for currency in ("JPY", "EUR"):
        lines = [{"sku": "FRM-1", "quantity": 1, "unitPrice": "9"}, {"sku": "LNS-2", "quantity": 1}]
        answer = ada.post("/api/orders", json=shop.body(currency=currency, lines=lines))
        assert (answer.status_code, answer.json["code"]) == (422, "price-needed")
        assert (answer.json["line"], answer.json["sku"], answer.json["field"]) == (2, "LNS-2", "lines.1.unitPrice")
        assert "give unitPrice" in answer.json["detail"]
    assert shop.stock("LNS-2") == (5, 0)
    priced = shop.place(currency="JPY", lines=[{"sku": "FRM-1", "quantity": 2, "unitPrice": "900"}])
    assert priced["total"] == "1800"
    edit = ada.patch("/api/orders/1", json={"version": 1, "lines": [{"sku": "LNS-2", "quantity": 1}]})
    assert (edit.status_code, edit.json["code"]) == (422, "price-needed")


def test_the_form_asks_for_the_price_beside_its_line(ada, shop):
    form = {
        "customer_name": "Helen Moss", "currency": "EUR", "sku": ["FRM-1"], "quantity": ["2"], "unit_price": [""],
        "idempotency_key": "form-3",
    }  # fmt: skip
    answer = ada.post("/orders", data=form)
    assert answer.status_code == 422
    assert 'id="f-unit_price-0-error"' in answer.text


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ({"sku": "LNS-2", "quantity": 0}, "quantity-out-of-range", "lines.3.quantity"),
        ({"sku": "LNS-2", "quantity": 1, "unitPrice": "-1"}, "price-out-of-range", "lines.3.unitPrice"),
    ],
)
def test_a_figure_that_cannot_be_names_its_line(ada, shop, line, code, field):
    good = {"sku": "FRM-1", "quantity": 1, "unitPrice": "1"}
    answer = ada.post("/api/orders", json=shop.body(lines=[good, good, good, line]))
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert (answer.json["line"], answer.json["sku"], answer.json["field"]) == (4, "LNS-2", field)
    assert "line 4" in answer.json["title"]


def test_an_asset_is_not_sold(ada, shop):
    made = {"sku": "FORKLIFT", "name": "Forklift", "kind": "asset", "onHand": 1, "unitPrice": "900"}
    assert ada.post("/api/inventory", json=made).status_code == 201
    answer = ada.post("/api/orders", json=shop.body(lines=[{"sku": "FORKLIFT", "quantity": 1}]))
    assert (answer.status_code, answer.json["code"], answer.json["sku"]) == (422, "not-for-sale", "FORKLIFT")
    shop.place()
    edit = ada.patch("/api/orders/1", json={"version": 1, "lines": [{"sku": "FORKLIFT", "quantity": 1}]})
    assert edit.json["code"] == "not-for-sale"
    assert shop.stock("FORKLIFT") == (1, 0)


def test_the_form_offers_what_can_be_ordered(ada, cleo, vera, shop):
    asset = {"sku": "FRM-LIFT", "name": "Forklift", "kind": "asset", "onHand": 1, "unitPrice": "900"}
    ada.post("/api/inventory", json=asset)
    page = ada.get("/orders/new").text
    assert '<option value="FRM-1">Item FRM-1, £12.50, 100 free</option>' in page
    found = ada.fragment("/orders/new/skus?sku=lns").text
    assert 'value="LNS-2"' in found
    assert "FRM-1" not in found
    assert "<html" not in found
    assert "FRM-LIFT" not in ada.fragment("/orders/new/skus?sku=frm").text
    assert "LNS-2" not in cleo.get("/orders/new/skus?sku=lns").text
    assert vera.get("/orders/new/skus?sku=lns").status_code == 403
    assert ada.get("/orders/new/skus?sku=%01%25").status_code == 200
