def test_the_page_tells_where_an_order_stands(ada, shop, pump):
    number = shop.place("shipped", note="Handle with care")["number"]
    pump()
    page = ada.get(f"/orders/{number}").text
    for words in (
        "On its way.",
        "Handle with care",
        "Parcel 1 left with DPD, TRK-1: 2 units",
        "Mark delivered",
        "FRM-1",
    ):
        assert words in page, words
    assert 'data-live-row="1"' in page


def test_the_history_is_complete_without_the_log(ada, shop, world):
    number = shop.place("paid")["number"]
    world.sql.execute("DELETE FROM outbox WHERE company_id = %s", (ada.company_id,))
    page = ada.get(f"/orders/{number}").text
    assert page.count("<li") >= 2
    assert "Paid" in page


def test_events_come_newest_first_in_pages(ada, shop, pump):
    number = shop.place("packed")["number"]
    shop.place()
    pump()
    first = ada.get(f"/api/orders/{number}/events?limit=2").json
    assert [one["type"] for one in first["items"]] == ["order.status-changed", "order.status-changed"]
    assert first["items"][0]["data"]["to"] == "packed"
    second = ada.get(f"/api/orders/{number}/events?limit=2&after={first['nextCursor']}").json
    assert [one["type"] for one in second["items"]] == ["order.created"]
    assert second["nextCursor"] is None
    assert ada.get(f"/api/orders/{number}/events?after=x").json["code"] == "invalid-cursor"


def test_the_outsider_finds_nothing_and_the_viewer_reads(cleo, vera, shop):
    number = shop.place()["number"]
    for path in (
        f"/api/orders/{number}",
        f"/api/orders/{number}/events",
        f"/orders/{number}",
        f"/orders/{number}/packing-slip",
    ):
        assert cleo.get(path).status_code == 404, path
        assert vera.get(path).status_code == 200, path


def test_a_number_beyond_any_is_not_found(ada):
    for number in ("0", "999999999999", "99999999999999999999999"):
        assert ada.get(f"/api/orders/{number}").status_code == 404, number
        assert ada.get(f"/orders/{number}").status_code == 404, number


def test_a_fragment_is_the_live_part_alone(ada, shop):
    number = shop.place()["number"]
    piece = ada.fragment(f"/orders/{number}").text.strip()
    assert piece.startswith("<div")
    assert 'id="order-detail"' in piece.partition(">")[0]
    assert "<html" not in piece


def test_the_packing_slip_lists_what_leaves(ada, shop):
    number = shop.place("paid", lines=[{"sku": "FRM-1", "quantity": 3}, {"sku": "LNS-2", "quantity": 1}])["number"]
    slip = ada.get(f"/orders/{number}/packing-slip").text
    assert "FRM-1" in slip
    assert "LNS-2" in slip
    assert ">4<" in slip


def test_amounts_carry_the_sign_of_their_currency(ada, shop, pump):
    number = shop.place(lines=[{"sku": "FRM-1", "quantity": 2, "unitPrice": "58.5"}])["number"]
    lines = [{"sku": "FRM-1", "quantity": 1, "unitPrice": "0.3333"}]
    ada.patch(f"/api/orders/{number}", json={"version": 1, "lines": lines})
    pump()
    page = ada.get(f"/orders/{number}").text
    assert "Placed, 2 units for £117.00" in page
    assert "2 × FRM-1 at £58.50" in page
    assert '<td class="n p2">£0.3333</td>' in page
    assert "GBP 0.3" not in page
    yen = shop.place(currency="JPY", lines=[{"sku": "FRM-1", "quantity": 1, "unitPrice": "900"}])["number"]
    assert '<td class="n p2">JPY 900</td>' in ada.get(f"/orders/{yen}").text


def test_a_platform_admin_is_told_to_choose_a_company(pat):
    page = pat.get("/orders/new")
    assert page.status_code == 409
    assert "<h1>Choose a company</h1>" in page.text
    assert "Choose a company in the top bar." in page.text
    assert "companyId" not in page.text
