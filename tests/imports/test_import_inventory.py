"""Importing items: new ones, changes, recounts; an empty cell changes nothing; the export comes back unchanged."""

from app.orders.imports.models import ImportKind

ITEMS = """sku,name,category,unitPrice,onHand,reorderPoint
A-1,Lamp,Light,12.50,10,3
A/2,Shade,,4.125,0,
,No code,,,,
A-3,Bulb,Light,x,1,1
A-4,Cord,Light,1.00,-5,1
"""


def bring_items(bring, ada, path):
    return bring(ada, path, kind=ImportKind.INVENTORY)


def test_new_items_are_created_and_every_other_line_has_a_reason(ada, bring, write, ask):
    report = bring_items(bring, ada, write(ITEMS))
    assert (report["lines"], report["itemsCreated"], report["skipped"]["lines"]) == (5, 2, 3)
    assert ask(ada, "SELECT sku, name, on_hand, reorder_point, unit_price::text FROM items ORDER BY 1") == [
        ("A-1", "Lamp", 10, 3, "12.5000"), ("A/2", "Shade", 0, 0, "4.1250"),
    ]  # fmt: skip
    assert all(one["reason"].startswith(("sku:", "unitPrice:", "onHand:")) for one in report["skipped"]["first"])


def test_known_items_change_where_the_line_differs(ada, bring, write, ask):
    bring_items(bring, ada, write(ITEMS))
    report = bring_items(bring, ada, write("sku,unitPrice,onHand,name\nA-1,13.00,7,\nA/2,,,\n"))
    assert (report["itemsChanged"], report["itemsSame"]) == (1, 1)
    assert ask(ada, "SELECT name, on_hand, unit_price::text FROM items WHERE sku = 'A-1'") == [("Lamp", 7, "13.0000")]


def test_a_recount_goes_through_the_ledger(ada, bring, write, ask):
    bring_items(bring, ada, write(ITEMS))
    bring_items(bring, ada, write("sku,onHand\nA-1,4\n"))
    moves = ask(
        ada,
        "SELECT m.kind, delta, on_hand_after FROM stock_movements m JOIN items i ON i.id = item_id WHERE sku = 'A-1' ORDER BY m.id",
    )
    assert moves == [("opening", 10, 10), ("recount", -6, 4)]


def test_the_same_file_again_changes_nothing(ada, bring, write, ask):
    bring_items(bring, ada, write(ITEMS))
    before = ask(ada, "SELECT sku, version, on_hand FROM items ORDER BY 1")
    report = bring_items(bring, ada, write(ITEMS))
    assert report["itemsSame"] == 2
    assert ask(ada, "SELECT sku, version, on_hand FROM items ORDER BY 1") == before


def test_stock_below_what_orders_hold_is_refused_by_line(ada, bring, write, ask):
    bring_items(bring, ada, write(ITEMS))
    order = {
        "customer": {"name": "Lou"},
        "currency": "GBP",
        "lines": [{"sku": "A-1", "quantity": 5, "unitPrice": "12.50"}],
    }
    assert ada.post("/api/orders", json=order).status_code == 201
    report = bring_items(bring, ada, write("sku,name,onHand\nA-1,Renamed,2\n"))
    assert report["skipped"]["lines"] == 1
    # Nothing half-done: the new name came with the refused count.
    assert ask(ada, "SELECT name, on_hand FROM items WHERE sku = 'A-1'") == [("Lamp", 10)]


def test_readers_are_told_once(ada, bring, write, world):
    bring_items(bring, ada, write(ITEMS))
    told = world.sql.execute(
        "SELECT type FROM (SELECT company_id, type FROM outbox UNION ALL SELECT company_id, type FROM event_log) f "
        "WHERE company_id = %s ORDER BY type", (ada.company_id,),
    ).fetchall()  # fmt: skip
    assert [row["type"] for row in told] == ["inventory.imported"]


def test_an_export_can_be_brought_back_unchanged(ada, bring, write):
    bring_items(bring, ada, write(ITEMS + "=1+1,Formula,,1.00,2,1\n"))
    exported = ada.get("/inventory/export.csv").data
    report = bring_items(bring, ada, write(exported, "back.csv"))
    assert (report["itemsSame"], report["itemsChanged"], report["itemsCreated"], report["skipped"]["lines"]) == (
        3,
        0,
        0,
        0,
    )


def test_left_out_lines_are_shown_as_they_stand_in_the_file(ada, bring, write):
    report = bring_items(bring, ada, write('name;sku;onHand\n"Lamp; tall";B-1;-5\nShade\nBulb;B-2;3\n'))
    assert [one["line"] for one in report["skipped"]["first"]] == ['"Lamp; tall";B-1;-5', "Shade"]
    assert report["itemsCreated"] == 1
