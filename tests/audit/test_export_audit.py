"""The audit as a file that a job writes: the entries that match, for who may read the audit."""

import csv
import io
from collections.abc import Callable

from flask import Flask

from app.core.tasks import run_job
from tests.world import Person

Pump = Callable[[], int]


def lines_of(app: Flask, person: Person, job_id: str) -> list[list[str]]:
    with app.app_context():
        run_job(person.company_id, job_id)
    answer = person.get(f"/jobs/{job_id}/file")
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def change_things(ada: Person, pump: Pump) -> None:
    ada.post("/api/inventory", json={"sku": "A-1", "name": "Frame", "onHand": 3, "unitPrice": "1.00"})
    ada.post("/api/inventory/A-1/adjustments", json={"delta": -1, "reason": "damaged", "note": "=1+1"})
    pump()


def test_the_file_says_what_the_page_says(app: Flask, ada: Person, pump: Pump) -> None:
    change_things(ada, pump)
    asked = ada.post("/api/audit/exports", json={"topic": "inventory"})
    assert asked.status_code == 202, asked.text
    head, *rows = lines_of(app, ada, asked.json["jobId"])
    shown = ada.get("/api/audit?topic=inventory").json["items"]
    assert head[0] == "When (Europe/London)"
    assert [row[-1] for row in rows] == [entry["id"] for entry in shown]
    assert [f"{row[1]} {row[3]}." for row in rows] == [entry["sentence"] for entry in shown]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_the_button_exports_what_is_filtered(app: Flask, ada: Person, pump: Pump) -> None:
    change_things(ada, pump)
    assert 'action="/audit/exports?topic=inventory"' in ada.get("/audit?topic=inventory").text
    answer = ada.post("/audit/exports?topic=inventory")
    rows = lines_of(app, ada, answer.headers["Location"].rpartition("/")[2])
    assert {row[5] for row in rows[1:]} == {"inventory"}


def test_staff_may_neither_ask_nor_fetch(app: Flask, ada: Person, sam: Person, cleo: Person) -> None:
    assert sam.post("/api/audit/exports", json={}).status_code == 403
    assert sam.post("/audit/exports").status_code == 403
    job_id = ada.post("/api/audit/exports", json={}).json["jobId"]
    lines_of(app, ada, job_id)
    assert sam.get(f"/jobs/{job_id}/file").status_code == 404
    assert cleo.get(f"/jobs/{job_id}/file").status_code == 404
