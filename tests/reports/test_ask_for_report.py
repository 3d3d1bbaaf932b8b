"""Asking for a report: on the page and by JSON, for people of the company alone; by a schedule; by mail."""

from typing import Any

import pytest
from flask import Flask

from app.core import tasks
from app.core.db import transaction
from app.core.tasks import run_job
from app.reports import service
from app.storage.reads.files import files_of
from app.storage.service.trash import trash
from tests.reports.conftest import Make
from tests.world import Person

WANTED = {"kind": "sales", "from": "2026-01-01", "to": "2026-01-31", "formats": ["csv"]}


def sell(person: Person) -> None:
    person.post("/api/inventory", json={"sku": "A", "name": "A", "onHand": 5, "unitPrice": "1.00"})
    order = {"customer": {"name": "Bo"}, "currency": "GBP", "lines": [{"sku": "A", "quantity": 1, "unitPrice": "2.50"}]}
    assert person.post("/api/orders", json=order).status_code == 201


def test_the_page_makes_one_and_shows_it(app: Flask, sam: Person) -> None:
    form = {"kind": "financial", "period": "this-month", "formats": ["pdf", "csv"]}
    answer = sam.post("/reports", data=form)
    assert answer.status_code == 303, answer.text
    assert "Waiting" in sam.get("/reports").text
    (row,) = sam.get("/api/reports").json["items"]
    with app.app_context():
        run_job(sam.company_id, row["jobId"])
    page = sam.get("/reports").text
    assert f"/reports/{row['id']}/file.pdf" in page
    assert "Ready" in sam.get(f"/reports/{row['id']}").text
    (told,) = sam.get("/api/notifications").json["items"]
    assert (told["kind"], told["link"]) == ("report-ready", f"/reports/{row['id']}")


@pytest.mark.parametrize("wrong", [
    {"kind": "sales"}, {"kind": "gossip", "period": "today"}, {"kind": "sales", "from": "2026-02-01", "to": "2026-01-01"},
    {"kind": "sales", "from": "1990-01-01", "to": "2026-01-01"}, {"kind": "sales", "from": "0001-01-01", "to": "9999-12-31"}, {"kind": "sales", "period": "today", "formats": "exe"},
])  # fmt: skip
def test_what_cannot_be_meant_is_said(ada: Person, wrong: dict[str, Any]) -> None:
    answer = ada.post("/reports", data=wrong)
    assert answer.status_code == 422
    assert "No report was asked for" in answer.text
    body = wrong | ({"formats": [wrong["formats"]]} if "formats" in wrong else {})
    assert ada.post("/api/reports", json=body).status_code == 422


def test_a_viewer_reads_and_makes_none(vera: Person, ada: Person, make: Make) -> None:
    assert vera.post("/api/reports", json=WANTED).status_code == 403
    assert vera.post("/reports", data=WANTED).status_code == 403
    report = make(ada, "sales", "2026-01-01", "2026-01-31", ["csv"])
    assert vera.get(report["files"]["csv"]["href"]).status_code == 200


def test_another_company_finds_nothing(cleo: Person, ada: Person, make: Make) -> None:
    report = make(ada, "sales", "2026-01-01", "2026-01-31", ["csv"])
    for path in (f"/reports/{report['id']}", f"/api/reports/{report['id']}", report["files"]["csv"]["href"]):
        assert cleo.get(path).status_code == 404
    assert cleo.get("/api/reports").json["items"] == []


def test_a_file_that_was_not_asked_for_or_is_gone(app: Flask, ada: Person, make: Make) -> None:
    report = make(ada, "sales", "2026-01-01", "2026-01-31", ["csv"])
    assert ada.get(f"/reports/{report['id']}/file.pdf").status_code == 409
    assert ada.get(f"/reports/{report['id']}/file.exe").status_code == 409
    with ada.acting():
        trash([one.id for one in files_of(service.subject_of(report["id"]))])
    gone = ada.get(report["files"]["csv"]["href"])
    assert gone.status_code == 410
    assert "kept for 30 days" in gone.text


def test_a_repeat_asks_once(ada: Person) -> None:
    asked = [ada.post("/api/reports", json=WANTED, headers={"Idempotency-Key": "one"}).json["id"] for _ in range(2)]
    assert asked[0] == asked[1]
    assert len(ada.get("/api/reports").json["items"]) == 1


def test_it_is_mailed_to_people_of_the_company_only(ada: Person, sam: Person, cleo: Person, make: Make) -> None:
    refused = ada.post("/api/reports", json=WANTED | {"mailTo": [sam.public_id, cleo.public_id]})
    assert (refused.status_code, refused.json["code"]) == (422, "mail-to-unknown")
    report = make(ada, "sales", "2026-01-01", "2026-01-31", ["csv", "pdf"], mailTo=[sam.public_id])
    rows = ada.world.sql.execute(
        "SELECT r.address, m.attachments, m.html FROM mailings m JOIN mail_recipients r ON r.mailing_id = m.id "
        "WHERE m.company_id = %s", (ada.company_id,),
    ).fetchall()  # fmt: skip
    assert [row["address"] for row in rows] == [sam.email]
    assert [one["name"] for one in rows[0]["attachments"]] == ["sales-report.csv", "sales-report.pdf"]
    assert f"/reports/{report['id']}" in rows[0]["html"]


def test_the_mail_carries_the_file(app: Flask, ada: Person, sam: Person, make: Make) -> None:
    from email import message_from_string

    report = make(ada, "sales", "2026-01-01", "2026-01-31", ["pdf"], mailTo=[sam.public_id])
    row = ada.world.sql.execute(
        "SELECT id FROM jobs WHERE company_id = %s AND name = 'mail.send_bulk'", (ada.company_id,)
    ).fetchone()
    assert row is not None
    folder = app.config["SETTINGS"].quarterdeck_home / "mail"
    before = set(folder.glob("*.eml"))
    with app.app_context():
        run_job(ada.company_id, row["id"])
    (path,) = set(folder.glob("*.eml")) - before
    parts = {part.get_content_type(): part for part in message_from_string(path.read_text()).walk()}
    assert parts["application/pdf"].get_payload(decode=True)[:5] == b"%PDF-"
    assert parts["application/pdf"].get_filename() == "sales-report.pdf"
    assert report["id"] in parts["text/html"].get_payload(decode=True).decode()


def test_a_schedule_keeps_a_report_only_of_hours_in_which_something_was_sold(app: Flask, ada: Person) -> None:
    def run_scheduled(period: str) -> Any:
        with ada.acting(), transaction():
            job_id = tasks.enqueue("reports.make", {"kind": "sales", "period": period}, title="Hourly")
        with app.app_context():
            run_job(ada.company_id, job_id)
        return ada.get(f"/api/jobs/{job_id}").json["result"]

    sell(ada)
    assert run_scheduled("last-month")["made"] is False
    assert ada.get("/api/reports").json["items"] == []
    assert run_scheduled("today") == {
        "made": True,
        "page": f"/reports/{ada.get('/api/reports').json['items'][0]['id']}",
        "totals": ["1 order, 1 unit, 2.50 GBP"],
    }
    assert ada.get("/api/notifications").json["items"][0]["kind"] == "report-ready"
