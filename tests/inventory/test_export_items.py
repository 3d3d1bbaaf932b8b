"""The inventory as a file that a job writes: what the filter shows, safe for spreadsheets, for this company alone."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core.tasks import run_job
from app.inventory.reads import streaming
from tests.world import Person


def add(person: Person, sku: str, name: str, on_hand: int = 5) -> None:
    answer = person.post("/api/inventory", json={"sku": sku, "name": name, "onHand": on_hand, "unitPrice": "1.50"})
    assert answer.status_code == 201, answer.text


@pytest.fixture
def made(app: Flask) -> Callable[[Person, str], list[list[str]]]:
    """Run a job and return the lines of its file."""

    def run(person: Person, job_id: str) -> list[list[str]]:
        with app.app_context():
            run_job(person.company_id, job_id)
        answer = person.get(f"/jobs/{job_id}/file")
        assert answer.status_code == 200, answer.text
        return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    return run


def test_the_file_holds_what_the_filter_shows(
    ada: Person, sam: Person, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "CHUNK", 2)
    for n in range(5):
        add(ada, f"F-{n}", "Frame")
    add(ada, "L-1", "=cmd|'/c calc'!A1")
    asked = sam.post("/api/inventory/exports", json={"q": "frame", "sort": "-sku"})
    assert asked.status_code == 202, asked.text
    head, *rows = made(sam, asked.json["jobId"])
    assert head[:2] == ["SKU", "Name"]
    assert [row[0] for row in rows] == ["F-4", "F-3", "F-2", "F-1", "F-0"]
    everything = made(sam, sam.post("/api/inventory/exports", json={}).json["jobId"])
    assert everything[-1][1] == "'=cmd|'/c calc'!A1"


def test_the_page_asks_for_it_and_who_asked_is_told(ada: Person, sam: Person, made: Any) -> None:
    add(ada, "F-1", "Frame")
    answer = sam.post("/inventory/exports?q=frame")
    job_id = answer.headers["Location"].rpartition("/")[2]
    assert len(made(sam, job_id)) == 2
    (told,) = sam.get("/api/notifications").json["items"]
    assert (told["kind"], told["link"]) == ("export-ready", f"/jobs/{job_id}")
    assert ada.get("/api/notifications").json["items"] == []


def test_a_viewer_may_not_and_nobody_else_gets_the_file(ada: Person, vera: Person, cleo: Person, made: Any) -> None:
    assert vera.post("/api/inventory/exports", json={}).status_code == 403
    assert vera.post("/inventory/exports").status_code == 403
    job_id = ada.post("/api/inventory/exports", json={}).json["jobId"]
    made(ada, job_id)
    assert cleo.get(f"/jobs/{job_id}/file").status_code == 404


def test_the_repeat_of_a_request_starts_no_second_job(ada: Person) -> None:
    asked = [ada.post("/api/inventory/exports", json={}, headers={"Idempotency-Key": "once"}).json for _ in range(2)]
    assert asked[0] == asked[1]
