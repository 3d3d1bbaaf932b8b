"""Reports as CSV, XLSX and PDF: they open, and their totals are those of SQL, to the last digit."""

import csv
import io
import itertools
import lzma
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from tests.reports.conftest import Make
from tests.world import Person

Fetch = Callable[[Person, dict[str, Any], str], bytes]
REAL_LINES = 12_000
HOSTILE = '=HYPERLINK("http://evil") <b>&amp;</b> \'\x07 ünïcode €'


@pytest.fixture
def trading(ada: Person) -> Person:
    """Two currencies, a cancelled order, a return, a name nobody should have."""
    for sku, name in (("A-1", "Frame"), ("B-2", HOSTILE)):
        body = {"sku": sku, "name": name, "onHand": 100, "unitPrice": "1.00"}
        assert ada.post("/api/inventory", json=body).status_code == 201
    for currency, sku, units, price in (
        ("GBP", "A-1", 3, "9.99"), ("GBP", "B-2", 1, "0.335"), ("EUR", "A-1", 2, "100.10"), ("JPY", "B-2", 5, "120"),
        ("GBP", "A-1", 7, "5.00"),
    ):  # fmt: skip
        line = {"sku": sku, "quantity": units, "unitPrice": price}
        order = {"customer": {"name": HOSTILE}, "currency": currency, "lines": [line]}
        assert ada.post("/api/orders", json=order).status_code == 201
    for act in ("payment", "packing", "shipment", "return"):
        body = {"carrier": "DHL"} if act == "shipment" else {}
        ada.post(f"/api/orders/1/{act}", json=body)
    assert ada.post("/api/orders/5/cancellation", json={"reason": "changed their mind"}).status_code == 201
    return ada


def sums_in_sql(person: Person, where: str = "state <> 'cancelled'") -> dict[str, tuple[int, Decimal]]:
    rows = person.world.sql.execute(
        f"SELECT currency, count(*) AS n, sum(total_minor) AS minor FROM orders WHERE company_id = %s AND {where} GROUP BY 1",
        (person.company_id,),
    ).fetchall()
    scales = {"JPY": 0}
    return {row["currency"]: (row["n"], Decimal(row["minor"]).scaleb(-scales.get(row["currency"], 2))) for row in rows}


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def sums_of(rows: list[dict[str, str]], column: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        found[row["Currency"]] = found.get(row["Currency"], Decimal(0)) + Decimal(row[column])
    return found


def sheet_totals(data: bytes) -> dict[str, list[Any]]:
    """The rows of the first table of the summary, by their first cell."""
    rows = openpyxl.load_workbook(io.BytesIO(data), read_only=True)["Summary"].iter_rows(min_row=7, values_only=True)
    return {row[0]: list(row[1:]) for row in itertools.takewhile(lambda row: row[0], rows)}


def pdf_text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_sales_in_three_currencies_stay_apart_and_equal_sql(trading: Person, make: Make, fetch: Fetch) -> None:
    report = make(trading, "sales", "2020-01-01", "2027-12-31")
    expected = sums_in_sql(trading)
    rows = csv_rows(fetch(trading, report, "csv"))
    assert sums_of(rows, "Amount") == {currency: minor for currency, (_, minor) in expected.items()}
    totals = sheet_totals(fetch(trading, report, "xlsx"))
    assert {name: (row[0], Decimal(str(row[2]))) for name, row in totals.items()} == expected
    assert totals["GBP"][3:5] == [1, 35]
    text = pdf_text(fetch(trading, report, "pdf"))
    for currency, (_, amount) in expected.items():
        assert f"{amount:,}" in text, currency
    assert "Page 1 of " in text
    assert "days of Europe/London" in text
    assert "How these figures are made" in text
    assert "1 Jan 2020 to 31 Dec 2027" in text


def test_a_hostile_name_is_text_everywhere(trading: Person, make: Make, fetch: Fetch) -> None:
    report = make(trading, "sales", "2020-01-01", "2027-12-31")
    named = {row["Item"] for row in csv_rows(fetch(trading, report, "csv"))}
    assert named == {"Frame", "'" + HOSTILE}
    book = openpyxl.load_workbook(io.BytesIO(fetch(trading, report, "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}
    assert "<b>" in pdf_text(fetch(trading, report, "pdf"))


def test_money_less_what_came_back(trading: Person, make: Make, fetch: Fetch) -> None:
    report = make(trading, "financial", "2020-01-01", "2027-12-31")
    placed = sums_in_sql(trading)
    returned = Decimal("29.97") if trading.get("/api/orders/1").json["state"] == "returned" else Decimal(0)
    row = sheet_totals(fetch(trading, report, "xlsx"))["GBP"]
    assert Decimal(str(row[1])) == placed["GBP"][1]
    assert Decimal(str(row[4])) == placed["GBP"][1] - returned
    lines = csv_rows(fetch(trading, report, "csv"))
    assert sums_of(lines, "Net")["GBP"] == placed["GBP"][1] - returned
    assert f"{placed['GBP'][1] - returned:,}" in pdf_text(fetch(trading, report, "pdf"))
    assert report["totals"][1] == f"Net {placed['GBP'][1] - returned} GBP"


def test_stock_and_its_value_equal_sql(trading: Person, make: Make, fetch: Fetch) -> None:
    report = make(trading, "inventory", "2020-01-01", "2027-12-31")
    expected = trading.world.sql.execute(
        "SELECT count(*) AS n, sum(on_hand) AS units, sum(on_hand * unit_price) AS value FROM items WHERE company_id = %s",
        (trading.company_id,),
    ).fetchone()
    assert expected is not None
    rows = csv_rows(fetch(trading, report, "csv"))
    assert len(rows) == expected["n"]
    assert sum(int(row["On hand"]) for row in rows) == expected["units"]
    assert sum(Decimal(row["Value (GBP)"]) for row in rows) == expected["value"]
    totals = sheet_totals(fetch(trading, report, "xlsx"))
    assert Decimal(str(totals["Value, GBP"][0])) == expected["value"]
    assert "Movements of the period" in pdf_text(fetch(trading, report, "pdf"))


def test_the_real_file_of_a_retailer_adds_up(
    ada: Person, make: Make, fetch: Fetch, bring: Any, real_file: Path, tmp_path: Path
) -> None:
    part = tmp_path / "real.csv"
    with lzma.open(real_file, "rt") as source:
        part.write_text("".join(itertools.islice(source, REAL_LINES)))
    bring(ada, part)
    expected = sums_in_sql(ada)
    assert expected["GBP"][0] > 400
    report = make(ada, "sales", "2010-01-01", "2012-12-31")
    assert sums_of(csv_rows(fetch(ada, report, "csv")), "Amount")["GBP"] == expected["GBP"][1]
    totals = sheet_totals(fetch(ada, report, "xlsx"))["GBP"]
    assert (totals[0], Decimal(str(totals[2]))) == expected["GBP"]
    book = openpyxl.load_workbook(io.BytesIO(fetch(ada, report, "xlsx")), read_only=True)
    detail = itertools.islice(book["Rows"].iter_rows(values_only=True), 1, None)
    assert sum(Decimal(str(row[6])) for row in detail) == expected["GBP"][1]
    assert f"{expected['GBP'][1]:,}" in pdf_text(fetch(ada, report, "pdf"))
    money = make(ada, "financial", "2010-01-01", "2012-12-31", ["csv"])
    assert sums_of(csv_rows(fetch(ada, money, "csv")), "Net")["GBP"] == expected["GBP"][1] - returned_in_sql(ada)


def returned_in_sql(person: Person) -> Decimal:
    row = person.world.sql.execute(
        "SELECT coalesce(sum(round(l.unit_price * l.returned, 2)), 0) AS amount FROM order_lines l JOIN orders o ON "
        "o.company_id = l.company_id AND o.number = l.order_number WHERE l.company_id = %s AND o.state <> 'cancelled'",
        (person.company_id,),
    ).fetchone()
    assert row is not None
    return Decimal(row["amount"])


def test_a_day_is_the_companys(ada: Person, make: Make, fetch: Fetch, bring: Any, write: Any) -> None:
    """23:30 in July in London is still that day, though it is 22:30 UTC; the next day's first minute is not."""
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    lines = "1,A,A,1,2010-07-01 23:30:00,2.00,1,UK\n2,A,A,1,2010-07-02 00:10:00,5.00,1,UK\n"
    bring(ada, write(head + lines))
    for day, amount in (("2010-07-01", "2.00"), ("2010-07-02", "5.00")):
        rows = csv_rows(fetch(ada, make(ada, "sales", day, day, ["csv"]), "csv"))
        assert [(row["Day"], row["Amount"]) for row in rows] == [(day, amount)]
