import re
from datetime import timedelta

import pytest

from app.core import clock


def numbers(answer):
    assert answer.status_code == 200, answer.text
    return [row["number"] for row in answer.json["items"]]


def test_the_newest_order_is_first_and_pages_follow_each_other(ada, shop):
    for _ in range(5):
        shop.place(lines=[{"sku": "FRM-1", "quantity": 1}])
    first = ada.get("/api/orders?limit=2")
    assert numbers(first) == [5, 4]
    second = ada.get(f"/api/orders?limit=2&after={first.json['nextCursor']}")
    assert numbers(second) == [3, 2]
    last = ada.get(f"/api/orders?limit=2&after={second.json['nextCursor']}")
    assert (numbers(last), last.json["nextCursor"]) == ([1], None)


@pytest.mark.parametrize("sort", ["number", "-number", "due", "-due", "placed", "-placed", "total", "-total"])
def test_every_order_of_rows_pages_through_all_once(ada, shop, sort):
    for units in (3, 1, 2, 1, 3):
        shop.place(lines=[{"sku": "FRM-1", "quantity": units}])
    seen, after = [], ""
    while after is not None:
        answer = ada.get(f"/api/orders?limit=2&sort={sort}&after={after}")
        seen += answer.json["items"]
        after = answer.json["nextCursor"]
    assert sorted(row["number"] for row in seen) == [1, 2, 3, 4, 5]
    key = {"number": "number", "due": "dueAt", "placed": "placedAt", "total": "total"}[sort.removeprefix("-")]
    values = [(row[key], row["number"]) for row in seen]
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_states_and_views_narrow_the_list(ada, shop, world):
    for state in ("placed", "paid", "packed", "shipped", "delivered"):
        shop.place(state)
    ada.post("/api/orders/1/cancellation")
    assert numbers(ada.get("/api/orders?state=paid,packed")) == [3, 2]
    assert numbers(ada.get("/api/orders?view=open")) == [2, 3]
    assert numbers(ada.get("/api/orders?view=to-pack")) in ([], [2])
    assert numbers(ada.get("/api/orders?view=late")) == []
    world.sql.execute(
        "UPDATE orders SET due_at = now() - interval '1 hour' WHERE company_id = %s AND number IN (1, 3, 4)",
        (ada.company_id,),
    )
    assert numbers(ada.get("/api/orders?view=late")) == [3]
    assert ada.get("/api/orders/3").json["isLate"]
    page = ada.get("/orders")
    assert "1 is late" in page.text
    assert "0 paid but not packed in time, 1 packed but not collected" in page.text


def test_placed_narrows_by_time(ada, shop, world):
    shop.place()
    shop.place()
    world.sql.execute(
        "UPDATE orders SET placed_at = now() - interval '10 days' WHERE company_id = %s AND number = 1",
        (ada.company_id,),
    )
    assert numbers(ada.get("/api/orders?placed=7d")) == [2]
    day = (clock.now() - timedelta(days=10)).date()
    around = f"placedFrom={day - timedelta(days=1)}&placedTo={day + timedelta(days=1)}"
    assert numbers(ada.get(f"/api/orders?{around}")) == [1]


def test_search_finds_what_people_paste(ada, shop):
    shop.place(externalRef="WEB-77")
    shop.place("shipped", customer={"name": "Zoë O'Neill_100%"}, lines=[{"sku": "LNS-2", "quantity": 1}])
    found = {
        "1": [1], "WEB-77": [1], "MARTA@example.com": [1], "LNS-2": [2], "TRK-1": [2], "zoë": [2], "neill": [2],
        "Ma": [1], "_100%": [2], "%%%": [], "nobody": [], "99999999999999999999": [], "x'; --": [],
    }  # fmt: skip
    for term, expected in found.items():
        assert numbers(ada.get("/api/orders", query_string={"q": term})) == expected, term


def test_search_and_filter_hold_together(ada, shop):
    shop.place()
    shop.place("paid")
    assert numbers(ada.get("/api/orders?q=marta&state=paid")) == [2]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("after=abc", 400, "invalid-cursor"),
        ("after=AAAAAAAAAAAAAAAAAAAAAAAA", 400, "invalid-cursor"),
        ("state=lost", 422, "invalid-input"),
        ("view=mine", 422, "invalid-input"),
        ("sort=customer", 422, "invalid-input"),
        ("limit=0", 422, "invalid-input"),
        ("limit=100000", 422, "invalid-input"),
        ("q=a%00b", 422, "invalid-input"),
        ("placedFrom=0001-01-01", 422, "invalid-input"),
        ("ids=1,x", 422, "invalid-input"),
        ("nonsense=1", 422, "invalid-input"),
    ],
)
def test_what_cannot_be_listed_says_so(ada, shop, query, status, code):
    answer = ada.get(f"/api/orders?{query}")
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_position_of_one_order_of_rows_is_refused_in_another(ada, shop):
    shop.place()
    shop.place()
    cursor = ada.get("/api/orders?limit=1").json["nextCursor"]
    assert ada.get(f"/api/orders?limit=1&sort=due&after={cursor}").json["code"] == "invalid-cursor"


def test_the_outsider_sees_none_and_the_viewer_all(cleo, vera, shop):
    shop.place()
    assert numbers(cleo.get("/api/orders")) == []
    assert numbers(cleo.get("/api/orders?q=marta")) == []
    assert numbers(vera.get("/api/orders")) == [1]
    assert 'id="order-1"' in vera.get("/orders").text
    assert 'id="order-1"' not in cleo.get("/orders").text


def test_the_page_shows_rows_tabs_and_conditions(ada, shop):
    assert "No order has been placed here yet." in ada.get("/orders").text
    shop.place()
    page = ada.get("/orders?state=placed&state=paid&q=marta")
    assert "placed, paid" in page.text
    assert 'data-live-mode="query"' in page.text
    assert 'data-live-mode="top"' in ada.get("/orders").text
    assert "No orders match this filter." in ada.get("/orders?state=returned").text
    assert ada.get("/orders?state=lost").status_code == 422
    for sort in ("total", "-due", "placed"):
        assert ada.get(f"/orders?sort={sort}").status_code == 200


def test_asking_for_single_rows_answers_those_that_belong_to_the_filter(ada, shop):
    shop.place()
    shop.place("paid")
    rows = ada.fragment("/orders?state=paid&ids=1,2").text
    assert re.findall(r'<tr id="order-(\d+)"', rows) == ["2"]
    assert rows.strip().startswith("<tr")
    assert "<html" not in rows


def test_a_fragment_holds_the_list_alone(ada, shop):
    shop.place()
    piece = ada.fragment("/orders?view=open").text
    assert piece.strip().startswith('<div id="list">')
    assert "<html" not in piece


def test_a_platform_admin_sees_all_companies_and_acts_in_none(pat, ada, cleo, shop):
    shop.place(customer={"name": "Unmistakable Name"})
    found = pat.get("/api/orders?q=unmistakable").json["items"]
    assert found[0]["company"]["slug"] == ada.company_slug
    assert pat.get("/orders?q=1").status_code == 200
    assert pat.get("/api/orders/1").json["code"] == "company-needed"
    assert pat.post("/api/orders/1/payment").json["code"] == "company-needed"
    assert pat.get(f"/api/orders/1?companyId={ada.company_slug}").json["number"] == 1
    first = pat.get("/api/orders?limit=1")
    if first.json["nextCursor"]:
        assert pat.get(f"/api/orders?limit=1&after={first.json['nextCursor']}").status_code == 200
    for view in ("open", "late", "to-pack", "returns"):
        assert pat.get(f"/orders?view={view}").status_code == 200


def test_days_the_wrong_way_round_are_a_sentence(ada, shop):
    query = "placedFrom=2026-03-02&placedTo=2026-03-01"
    answer = ada.get(f"/api/orders?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, "days-reversed")
    page = ada.get(f"/orders?{query}")
    assert page.status_code == 422
    assert "not before the first" in page.text


def test_a_form_without_script_gets_a_clean_address(ada, shop):
    answer = ada.get("/orders?q=&view=open&state=paid&state=packed&placedFrom=&placed=")
    assert (answer.status_code, answer.location) == (302, "/orders?view=open&state=paid&state=packed")
    assert ada.get("/orders?q=").location == "/orders"
