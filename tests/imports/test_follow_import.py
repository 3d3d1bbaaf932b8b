"""An import through page and JSON: look, start, follow the job, read the account; outsiders see nothing."""

import io

import pytest

from app.core import tasks
from app.orders.imports import service
from app.orders.imports.upload import subject_of
from app.storage.reads.files import files_of
from app.storage.service.trash import trash
from tests.imports.conftest import SALES


def upload(person, content=SALES, path="/orders/import"):
    answer = person.post(path, data={"file": (io.BytesIO(content.encode()), "sales.csv"), "source": "sales"})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rpartition("/")[2]


@pytest.fixture
def work(app):
    """Run the job of an import, as a worker would."""

    def run(person, import_id):
        with person.acting():
            job_id = service.reads.find_import(import_id).job_id
        with app.app_context():
            tasks.run_job(person.company_id, job_id)

    return run


def test_nothing_is_imported_before_it_was_looked_at(ada, ask):
    import_id = upload(ada)
    page = ada.get(f"/orders/imports/{import_id}").text
    assert "What is in the file" in page
    assert "WHITE METAL LANTERN" in page
    assert "It has no stock code." in page
    assert ask(ada, "SELECT count(*) FROM orders") == [(0,)]


def test_started_it_runs_as_a_job_and_ends_with_its_account(ada, work, ask):
    import_id = upload(ada)
    started = ada.post(f"/orders/imports/{import_id}/job")
    assert started.status_code == 303
    running = ada.get(f"/orders/imports/{import_id}").text
    assert "data-live-row=" in running
    work(ada, import_id)
    page = ada.get(f"/orders/imports/{import_id}").text
    assert "4 orders were created" in page
    assert "48.8800" in page
    assert ask(ada, "SELECT count(*) FROM orders") == [(4,)]


def test_json_starts_at_once_and_answers_with_the_job(ada, work):
    sent = ada.post("/api/orders/imports?name=june.csv", data=SALES, headers={"Content-Type": "text/csv"})
    assert (sent.status_code, sent.json["state"], sent.json["fileName"]) == (202, "running", "june.csv")
    assert ada.get(f"/api/jobs/{sent.json['jobId']}").json["title"] == "Import june.csv"
    work(ada, sent.json["id"])
    found = ada.get(f"/api/orders/imports/{sent.json['id']}").json
    assert (found["state"], found["report"]["lines"]) == ("done", 19)
    skips = ada.get(f"/api/orders/imports/{sent.json['id']}/skips?limit=5").json
    rest = ada.get(f"/api/orders/imports/{sent.json['id']}/skips?after={skips['nextCursor']}").json
    assert [one["lineNo"] for one in skips["items"] + rest["items"]] == list(range(12, 21))


def test_a_multipart_form_is_taken_by_json_too(ada):
    sent = ada.post("/api/orders/imports", data={"file": (io.BytesIO(SALES.encode()), "july.csv")})
    assert (sent.status_code, sent.json["fileName"]) == (202, "july.csv")


def test_an_import_is_started_once(ada):
    import_id = upload(ada)
    ada.post(f"/orders/imports/{import_id}/job")
    assert ada.post(f"/orders/imports/{import_id}/job").status_code == 409


def test_a_job_delivered_again_changes_nothing(ada, work, ask):
    import_id = upload(ada)
    ada.post(f"/orders/imports/{import_id}/job")
    work(ada, import_id)
    with ada.acting():
        again = service.run_import(import_id)
    assert again["orders"]["created"] == 4
    assert ask(ada, "SELECT count(*) FROM orders") == [(4,)]


def test_the_skipped_lines_can_be_taken_away_to_be_mended(ada, work):
    import_id = upload(ada)
    ada.post(f"/orders/imports/{import_id}/job")
    work(ada, import_id)
    text = ada.get(f"/orders/imports/{import_id}/skipped.csv").text
    assert text.splitlines()[0] == "line,reason,content"
    assert "It has no stock code." in text


def test_a_broken_import_says_why_and_can_go_on(ada, work):
    import_id = upload(ada)
    ada.post(f"/orders/imports/{import_id}/job")
    with ada.acting():
        trash([one.id for one in files_of(subject_of(import_id))])
    work(ada, import_id)
    page = ada.get(f"/orders/imports/{import_id}").text
    assert "no longer kept here" in page
    assert "Go on with this file" in page


def test_a_viewer_reads_the_account_but_starts_nothing(ada, vera):
    import_id = upload(ada)
    assert vera.get(f"/orders/imports/{import_id}").status_code == 200
    assert vera.post(f"/orders/imports/{import_id}/job").status_code == 403


def test_another_company_finds_nothing(ada, cleo):
    import_id = upload(ada)
    for path in (
        f"/orders/imports/{import_id}",
        f"/orders/imports/{import_id}/skipped.csv",
        f"/api/orders/imports/{import_id}",
        f"/api/orders/imports/{import_id}/skips",
    ):
        assert cleo.get(path).status_code == 404
    assert cleo.post(f"/orders/imports/{import_id}/job").status_code == 404


def test_left_out_lines_are_shown_as_they_stand_in_the_file_and_counted_by_the_job(ada, work):
    broken = f'{SALES}536401,85123A\n536402,"A, quoted\nname",x,1,2010-12-08 10:00:00,2.55,,"United, Kingdom"\n'
    sent = ada.post("/api/orders/imports", data=broken, headers={"Content-Type": "text/csv"}).json
    work(ada, sent["id"])
    found = ada.get(f"/api/orders/imports/{sent['id']}/skips").json["items"]
    texts = [one["line"] for one in found]
    assert "536400,85123A,too few" in texts
    assert "536401,85123A" in texts
    assert texts[-1] == '536402,"A, quoted\nname",x,1,2010-12-08 10:00:00,2.55,,"United, Kingdom"'
    job = ada.get(f"/api/jobs/{sent['jobId']}").json
    assert job["result"]["skipped"] == len(found)
    assert f"{len(found)} lines were left out." in ada.get(f"/jobs/{sent['jobId']}").text
