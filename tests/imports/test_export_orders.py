"""Exporting: exactly the list that is shown, safe for spreadsheets, by a job when it is long."""

import csv
import io
import re

from app.core import tasks
from app.orders import exports
from tests.imports.conftest import SALES


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_the_file_holds_the_rows_of_the_list_in_its_order(ada, bring, write):
    bring(ada, write(SALES))
    answer = ada.get("/orders/export.csv?state=returned&sort=number")
    assert answer.mimetype == "text/csv"
    head, *rows = rows_of(answer)
    shown = ada.get("/api/orders?state=returned&sort=number").json["items"]
    assert [row[0] for row in rows] == [str(order["number"]) for order in shown]
    assert [row[7] for row in rows] == [order["total"] for order in shown]
    assert head[-1] == "changed (Europe/London)"
    assert [row[11] for row in rows] == ["2010-12-05 10:00:00+00:00"] * 2


def test_times_carry_their_offset(ada, bring, write):
    bring(ada, write(SALES))
    placed = {row[5]: row[11] for row in rows_of(ada.get("/orders/export.csv"))[1:]}
    assert placed["536366"] == "2010-07-01 08:59:00+01:00"
    ada.post("/api/inventory", json={"sku": "NEW", "name": "New", "onHand": 1, "unitPrice": "1.00"})
    changed = [row[-1] for row in rows_of(ada.get("/inventory/export.csv"))[1:]]
    assert changed
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", one) for one in changed)


def test_a_cell_a_spreadsheet_would_run_is_defused(ada):
    ada.post("/api/inventory", json={"sku": "A", "name": "A", "onHand": 5, "unitPrice": "1.00"})
    lines = [{"sku": "A", "quantity": 1, "unitPrice": "1.00"}]
    ada.post("/api/orders", json={"customer": {"name": "=HYPERLINK(1)"}, "currency": "GBP", "lines": lines})
    assert rows_of(ada.get("/orders/export.csv"))[1][2] == "'=HYPERLINK(1)"


def test_a_long_list_is_written_by_a_job(ada, bring, write, app, monkeypatch):
    bring(ada, write(SALES))
    monkeypatch.setattr(exports, "STREAM_LIMIT", 2)
    answer = ada.get("/orders/export.csv?sort=number")
    assert answer.status_code == 303
    job_id = answer.headers["Location"].rpartition("/")[2]
    with app.app_context():
        tasks.run_job(ada.company_id, job_id)
    assert "Download orders-" in ada.get(f"/jobs/{job_id}").text
    rows = rows_of(ada.get(f"/jobs/{job_id}/file"))
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4"]


def test_nobody_else_gets_the_file(ada, cleo, bring, write, app, monkeypatch):
    bring(ada, write(SALES))
    monkeypatch.setattr(exports, "STREAM_LIMIT", 2)
    job_id = ada.get("/orders/export.csv").headers["Location"].rpartition("/")[2]
    with app.app_context():
        tasks.run_job(ada.company_id, job_id)
    assert cleo.get(f"/jobs/{job_id}/file").status_code == 404


def test_a_viewer_may_export_what_they_may_read(vera, cleo, ada, bring, write):
    bring(ada, write(SALES))
    assert len(rows_of(vera.get("/orders/export.csv"))) == 5
    assert len(rows_of(cleo.get("/orders/export.csv"))) == 1
