"""Files that cannot be imported: each gets its own sentence, on the page and as JSON, and nothing is kept."""

import io

import pytest

from tests.imports.conftest import HEADER, SALES, packed

BAD = {
    "import-file-empty": b"",
    "import-no-lines": HEADER.encode() + b"\n\n",
    "import-wrong-header": b"a,b,c\n1,2,3\n",
    "import-not-csv": b"PK\x03\x04 a spreadsheet",
}
ALSO_NO_CSV = [
    b"%PDF-1.7",
    b"\xff\xfeI\x00n\x00",
    b"a,b\x00,c\n",
    packed(SALES)[:40],
    b'"never closed' + b"x" * 200_000,
]


@pytest.mark.parametrize("code", BAD)
def test_json_names_what_is_wrong(ada, code):
    answer = ada.post("/api/orders/imports", data=BAD[code], headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json["code"]) == (422, code)


@pytest.mark.parametrize("content", ALSO_NO_CSV)
def test_what_is_no_csv_is_told(ada, content):
    answer = ada.post("/api/orders/imports", data=content, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 422, answer.text
    assert answer.json["code"] in {"import-not-csv", "import-wrong-header"}


@pytest.mark.parametrize("code", BAD)
def test_the_page_shows_the_sentence_beside_the_form(ada, code, app):
    answer = ada.post("/orders/import", data={"file": (io.BytesIO(BAD[code]), "sales.csv"), "source": "sales"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'type="file"' in answer.text


def test_a_form_without_a_file_says_so(ada):
    answer = ada.post("/orders/import", data={"source": "sales"}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "No file was sent" in answer.text


def test_json_is_no_file(ada):
    assert ada.post("/api/orders/imports", json={"a": 1}).status_code == 415


def test_a_wrong_header_names_what_is_missing_and_what_is_there(ada):
    content = HEADER.replace("UnitPrice", "Cost") + "\n"
    answer = ada.post("/api/orders/imports", data=content, headers={"Content-Type": "text/csv"})
    assert "Missing: UnitPrice" in answer.json["title"] + answer.json["detail"]
    assert "Cost" in answer.json["title"] + answer.json["detail"]


def test_a_body_beyond_the_upload_limit_is_refused(ada, app, monkeypatch):
    small = app.config["SETTINGS"].model_copy(update={"max_upload_bytes": 10_000})
    monkeypatch.setitem(app.config, "SETTINGS", small)
    answer = ada.post("/api/orders/imports", data=HEADER + "\n" + "x" * 20_000, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")


def test_columns_alone_are_no_file_of_items(ada):
    answer = ada.post("/inventory/import", data={"file": (io.BytesIO(b"sku,name\n"), "items.csv")})
    assert answer.status_code == 422
    assert "This file has no lines below the one that names the columns." in answer.text


def test_a_viewer_may_not_import(vera):
    answer = vera.post("/api/orders/imports", data=SALES, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 403
    assert vera.get("/orders/import").status_code == 403
    assert vera.post("/inventory/import").status_code == 403


def test_nothing_is_left_of_a_refused_file(ada, world):
    ada.post("/api/orders/imports", data=b"a,b\n", headers={"Content-Type": "text/csv"})
    found = world.sql.execute("SELECT count(*) AS n FROM imports WHERE company_id = %s", (ada.company_id,)).fetchone()
    assert found["n"] == 0
