"""Importing a sales file: every line in one class, sums exact, nothing twice."""

import lzma

import pytest

from app.core.tasks import progress_to
from app.orders.imports import build, stage
from tests.imports.conftest import HEADER, SALES, packed

CLASSES = {
    "sale": (5, 2, "73.5300"),
    "free": (1, None, "0.0000"),
    "return": (2, 2, "-13.5900"),
    "write-off": (1, 1, "0.0000"),
    "adjustment": (1, 1, "-11.0600"),
}


def state_of(person, ask):
    """All that an import leaves behind, without times and ids."""
    orders = "SELECT number, state, customer_name, total_minor, unit_count, external_ref, placed_at FROM orders ORDER BY number"
    lines = "SELECT order_number, line_no, sku, name, quantity, unit_price, amount_minor FROM order_lines ORDER BY 1, 2"
    kept = "SELECT source, invoice_no, ordinal, kind, sku, quantity FROM import_lines ORDER BY 1, 2, 3"
    invoices = "SELECT invoice_no, kind, order_number, linked_number FROM import_invoices ORDER BY 1"
    items = "SELECT sku, name, on_hand, unit_price FROM items ORDER BY 1"
    return [ask(person, text) for text in (orders, lines, kept, invoices, items)]


def test_every_line_is_accounted_for(ada, bring, sales_file):
    report = bring(ada, sales_file)
    assert {one["kind"]: (one["lines"], one["invoices"], one["amount"]) for one in report["classes"]} == CLASSES
    assert (report["lines"], report["invoices"], report["total"]) == (19, 6, "48.8800")
    assert report["skipped"]["lines"] == 9
    assert sum(one["lines"] for one in report["classes"]) + 9 == 19
    assert report["orders"] == {"created": 4, "known": 0, "total": "59.94", "rounding": "0.0000"}


def test_each_skipped_line_has_its_reason(ada, bring, sales_file, ask):
    report = bring(ada, sales_file)
    kept = ask(ada, "SELECT line_no, reason FROM import_skips WHERE import_id = :id ORDER BY 1", id=report["importId"])
    assert kept == [
        (12, "The quantity is zero."),
        (13, "The quantity is not a whole number up to 10,000,000."),
        (14, "It has no stock code."),
        (15, "The unit price is not a number with at most ten digits before the point."),
        (16, "The unit price has more than four decimals."),
        (17, "The invoice date is not like 2010-12-01 08:26:00."),
        (18, "The quantity is negative, and the invoice is no cancellation."),
        (19, "It has no invoice number."),
        (20, "It has 3 columns instead of 8."),
    ]


def test_sales_become_delivered_orders_at_the_earliest_date_of_the_invoice(ada, bring, sales_file, ask):
    bring(ada, sales_file)
    found = ask(ada, "SELECT external_ref, state, placed_at::text, total_minor, line_count FROM orders ORDER BY number")
    assert found == [
        # July is an hour before London's clock, December is not.
        ("536366", "delivered", "2010-07-01 07:59:00+00", 225, 2),
        ("536365", "delivered", "2010-12-01 08:20:00+00", 7128, 4),
        ("C536370", "returned", "2010-12-05 10:00:00+00", -1020, 1),
        ("C536371", "returned", "2010-12-05 10:00:00+00", -339, 1),
    ]


def test_lines_that_are_the_same_are_both_kept(ada, bring, sales_file, ask):
    bring(ada, sales_file)
    found = ask(ada, "SELECT line_no, sku, quantity FROM order_lines JOIN orders ON number = order_number "
                     "WHERE external_ref = '536365' ORDER BY 1")  # fmt: skip
    assert found == [(1, "85123A", 6), (2, "71053", 6), (3, "71053", 6), (4, "22752", 2)]


def test_a_return_is_tied_to_the_one_order_it_can_belong_to(ada, bring, sales_file, ask):
    bring(ada, sales_file)
    number = ask(ada, "SELECT number FROM orders WHERE external_ref = '536365'")[0][0]
    found = ask(ada, "SELECT invoice_no, linked_number FROM import_invoices WHERE kind = 'return' ORDER BY 1")
    assert found == [("C536370", number), ("C536371", None)]
    notes = ask(ada, "SELECT text FROM order_notes")
    assert notes == [(f"Goods of order {number} came back: the only order they can belong to.",)]


def test_unknown_items_are_created_without_stock_and_stock_is_not_moved(ada, bring, sales_file, ask):
    bring(ada, sales_file)
    assert ask(ada, "SELECT sku, name, on_hand FROM items ORDER BY sku") == [
        ("22752", "BABUSHKA BOXES", 0),
        ("71053", "WHITE METAL LANTERN", 0),
        ("85123A", "WHITE HANGING HEART", 0),
        ("FREE", "FREE", 0),
        ("GIFT/1", "GIFT/1", 0),
    ]
    assert ask(ada, "SELECT count(*) FROM stock_movements") == [(0,)]


def test_known_items_keep_their_stock_and_name(ada, bring, sales_file, ask):
    new = {"sku": "85123A", "name": "Our own name", "onHand": 9, "unitPrice": "3.00"}
    assert ada.post("/api/inventory", json=new).status_code == 201
    bring(ada, sales_file)
    assert ask(ada, "SELECT name, on_hand FROM items WHERE sku = '85123A'") == [("Our own name", 9)]


def test_a_second_run_imports_nothing_twice(ada, bring, sales_file, ask):
    bring(ada, sales_file)
    before = state_of(ada, ask)
    report = bring(ada, sales_file)
    assert state_of(ada, ask) == before
    assert report["orders"]["created"] == 0
    assert (report["orders"]["known"], report["newLines"], report["knownLines"]) == (4, 0, 10)
    assert report["total"] == "48.8800"


def test_another_source_has_its_own_invoice_numbers(ada, bring, sales_file):
    bring(ada, sales_file)
    assert bring(ada, sales_file, source="second-shop")["orders"]["created"] == 4


def test_a_longer_file_adds_new_invoices_and_says_what_it_left_out(ada, bring, write, sales_file):
    bring(ada, sales_file)
    changed = SALES.replace("85123A,WHITE HANGING HEART,6", "85123A,WHITE HANGING HEART,60")
    more = changed + "536365,NEW,Late,1,2010-12-01 08:26:00,1.00,17850,United Kingdom\n"
    more += "537000,NEW,Later,1,2011-01-01 08:26:00,1.00,17850,United Kingdom\n"
    report = bring(ada, write(more, "more.csv"))
    assert (report["orders"]["created"], report["lateLines"], report["changedLines"]) == (1, 1, 1)


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 5])
def test_a_run_that_is_broken_off_goes_on_to_the_same_end(ada, cleo, bring, sales_file, ask, monkeypatch, stop_at):
    bring(cleo, sales_file)
    monkeypatch.setattr(stage, "BATCH_LINES", 7)
    monkeypatch.setattr(build, "PICK", build.PICK.replace(f"LIMIT {build.BATCH_INVOICES}", "LIMIT 2"))
    steps = []

    def break_off(done, total, message):
        steps.append(message)
        if len(steps) == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress_to(break_off):
        bring(ada, sales_file)
    bring(ada, sales_file)
    assert state_of(ada, ask) == state_of(cleo, ask)


def test_packed_files_are_read_whatever_their_name(ada, cleo, bring, write):
    assert bring(ada, write(lzma.compress(SALES.encode()), "a.csv"))["lines"] == 19
    assert bring(cleo, write(packed(SALES), "b.txt"))["lines"] == 19


def test_windows_bytes_are_read_and_said_so(ada, bring, write, ask):
    text = f"{HEADER}\n1,A,CAF\u00c9 \u00a35,1,2011-01-01 10:00:00,1.00,1,France\n"
    report = bring(ada, write(text.encode("cp1252")))
    assert report["notes"] == ["The file is not UTF-8; it was read as Windows-1252 (Latin 1)."]
    assert ask(ada, "SELECT name FROM items") == [("CAF\u00c9 \u00a35",)]


def test_semicolons_and_other_names_of_columns_are_understood(ada, bring, write):
    text = "Invoice;SKU;Name;Qty;Date;Price;Customer ID;Country\r\n1;A;Thing;2;2011-01-01T10:00:00;1.50;7;France\r\n"
    report = bring(ada, write(text))
    assert (report["total"], report["orders"]["created"]) == ("3.0000", 1)


def test_readers_are_told_once(ada, bring, sales_file, world):
    bring(ada, sales_file)
    told = world.sql.execute(
        "SELECT type, data FROM (SELECT company_id, type, data FROM outbox UNION ALL "
        "SELECT company_id, type, data FROM event_log) f WHERE company_id = %s ORDER BY type", (ada.company_id,)
    ).fetchall()  # fmt: skip
    assert [row["type"] for row in told] == ["inventory.imported", "orders.imported"]
    assert told[1]["data"]["count"] == 4


def test_orders_placed_meanwhile_get_numbers_of_their_own(ada, bring, sales_file, ask):
    ada.post("/api/inventory", json={"sku": "A", "name": "A", "onHand": 5, "unitPrice": "1.00"})
    order = {
        "customer": {"name": "Lou"},
        "currency": "GBP",
        "lines": [{"sku": "A", "quantity": 1, "unitPrice": "1.00"}],
    }
    first = ada.post("/api/orders", json=order).json["number"]
    bring(ada, sales_file)
    assert ada.post("/api/orders", json=order).json["number"] == first + 5
    assert len(ask(ada, "SELECT DISTINCT number FROM orders")) == 6
