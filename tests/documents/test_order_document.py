"""A document becomes an order when a person confirms it: once, and of what that person confirmed."""

from tests.documents.sheets import CUSTOMER, as_pdf

ORDER = {"customer": {"name": "Somebody"}, "lines": [{"sku": "85123A", "quantity": 2}]}


def test_the_page_offers_what_was_read_and_places_what_is_confirmed(seeing, stocked, send, ada):
    found = send(as_pdf(), "order.pdf")
    assert ada.get("/api/orders").json["items"] == []
    shown = ada.get(f"/documents/{found['id']}")
    assert shown.status_code == 200
    assert CUSTOMER in shown.text
    assert 'value="LAMP-07"' in shown.text
    form = {"customer_name": CUSTOMER, "sku": ["85123A", "LAMP-07", ""], "quantity": ["6", "2", ""],
            "unit_price": ["2.55", "", ""]}  # fmt: skip
    done = ada.post(f"/documents/{found['id']}/order", data=form)
    assert done.status_code == 303
    (order,) = ada.get("/api/orders").json["items"]
    assert (order["customer"]["name"], order["unitCount"], order["total"]) == (CUSTOMER, 8, "35.28")
    after = ada.get(f"/api/documents/{found['id']}").json
    assert (after["state"], after["orderNumber"]) == ("ordered", order["number"])


def test_a_refused_form_comes_back_with_what_was_typed(seeing, stocked, send, ada):
    found = send(as_pdf(), "order.pdf")
    form = {"customer_name": "Them", "sku": ["NOPE"], "quantity": ["6"], "unit_price": [""]}
    refused = ada.post(f"/documents/{found['id']}/order", data=form)
    assert refused.status_code == 422
    assert 'value="NOPE"' in refused.text
    assert ada.get(f"/api/documents/{found['id']}").json["state"] == "read"


def test_it_becomes_one_order_however_often_it_is_confirmed(seeing, stocked, send, ada):
    found = send(as_pdf(), "order.pdf")
    assert ada.post(f"/api/documents/{found['id']}/order", json=ORDER).status_code == 201
    again = ada.post(f"/api/documents/{found['id']}/order", json=ORDER)
    assert (again.status_code, again.json["code"]) == (409, "document-not-read")
    assert ada.delete(f"/api/documents/{found['id']}").status_code == 409
    assert len(ada.get("/api/orders").json["items"]) == 1


def test_it_can_be_put_aside(seeing, stocked, send, ada):
    found = send(as_pdf(), "order.pdf")
    assert ada.post(f"/documents/{found['id']}/discard").status_code == 303
    assert ada.delete(f"/api/documents/{found['id']}").json["state"] == "discarded"
    assert ada.post(f"/api/documents/{found['id']}/order", json=ORDER).status_code == 409


def test_viewers_look_and_outsiders_find_nothing(seeing, stocked, send, vera, cleo, pat):
    from tests.flags.gates.switch import allowed, blocked

    found = send(as_pdf(), "order.pdf")
    assert vera.get(f"/documents/{found['id']}").status_code == 200
    assert vera.post("/api/documents", data=as_pdf(), content_type="application/pdf").status_code == 403
    assert vera.post(f"/api/documents/{found['id']}/order", json=ORDER).status_code == 403
    with blocked(pat, "vision-analysis", cleo.company_slug):  # one company in ten is drawn
        assert cleo.get("/documents").status_code == 403
    with allowed(pat, "vision-analysis", cleo.company_slug):
        for path in (f"/documents/{found['id']}", f"/documents/{found['id']}/file", f"/api/documents/{found['id']}"):
            assert cleo.get(path).status_code == 404
        assert cleo.post(f"/api/documents/{found['id']}/order", json=ORDER).status_code == 404
        assert cleo.get("/api/documents").json["items"] == []
