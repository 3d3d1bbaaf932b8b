"""One act on all jobs that match: asked about first, tried dry, paced, undone exactly."""

import pytest

from app.core import clock
from app.core.ids import new_ulid
from app.core.jobs import JobState
from tests.queues import chores
from tests.queues.pages.given import done, failed, ids, queued

RETRY = {"act": "retry", "filter": {"name": "chore.fail"}}


def start(person, body):
    answer = person.post("/api/jobs/bulk", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json


def result(person, job_id):
    return person.get(f"/api/jobs/{job_id}").json["result"]


def some_failed(person, run, count=3):
    return [failed(person, run, f"Bottle {number} broke") for number in range(count)]


def test_the_page_says_what_it_reaches_before_anything_is_done(ada, run):
    some_failed(ada, run)
    masked = queued(ada, chores.deliver_to, {"apiToken": "hush"})
    assert ada.delete(f"/api/jobs/{masked}").status_code == 200
    page = ada.get("/jobs/bulk?act=retry&state=failed").text
    assert "Send 3 jobs again?" in page
    assert "Done in about" in page
    assert "1 job with masked arguments" in ada.get("/jobs/bulk?act=retry&state=cancelled").text
    assert "No job matches" in ada.get("/jobs/bulk?act=discard&queue=report").text
    assert ids(ada, "name=queues.bulk") == []
    assert "/jobs/bulk?state=failed&amp;act=retry" in ada.get("/jobs?state=failed").text


def test_a_dry_run_finds_what_the_run_then_does_and_changes_nothing(ada, run, rows):
    some_failed(ada, run)
    masked = queued(ada, chores.deliver_to, {"apiToken": "hush"})
    ada.delete(f"/api/jobs/{masked}")
    body = {"act": "retry", "filter": {"state": "cancelled"}}
    everything = {"act": "retry", "filter": {"queue": "maintenance", "state": "failed"}}
    for asked, outcome in ((body, (0, {"job-not-exact": 1})), (everything, (3, {}))):
        dry = start(ada, {**asked, "dryRun": True})["jobId"]
        run(ada, dry)
        assert rows("SELECT 1 FROM job_bulk_items WHERE bulk_id = %s", dry) == []
        before = ids(ada, "state=queued")
        wet = start(ada, asked)["jobId"]
        run(ada, wet)
        tried, did = result(ada, dry), result(ada, wet)
        assert (tried["done"], tried["byCode"]) == (did["done"], did["byCode"]) == outcome
        assert len(ids(ada, "state=queued")) == len(before) + did["done"]


def test_a_dry_run_knows_a_key_also_from_another_part_of_it(ada, run, monkeypatch):
    monkeypatch.setattr("app.queues.bulk.BATCH", 1)
    for _ in range(3):
        failed(ada, run, key="the very same")
    asked = {**RETRY, "filter": {**RETRY.get("filter", {}), "state": "failed"}}
    dry = start(ada, {**asked, "dryRun": True})["jobId"]
    run(ada, dry)
    wet = start(ada, asked)["jobId"]
    run(ada, wet)
    tried, did = result(ada, dry), result(ada, wet)
    assert (tried["done"], tried["byCode"]) == (did["done"], did["byCode"]) == (1, {"job-key-held": 2})
    assert {one["detail"] for one in tried["refusals"]} == {"Another of these holds the same key."}


def test_a_dry_run_names_no_job_that_it_rolled_back(ada, run):
    for _ in range(2):
        failed(ada, run, key="the same")
    dry = start(ada, {**RETRY, "dryRun": True})["jobId"]
    run(ada, dry)
    (refused,) = result(ada, dry)["refusals"]
    assert (refused["code"], refused["detail"]) == ("job-key-held", "Another of these holds the same key.")
    holder = queued(ada, chores.fail, "The shelf is empty", key="the same")
    dry = start(ada, {**RETRY, "dryRun": True})["jobId"]
    run(ada, dry)
    assert [holder in one["detail"] for one in result(ada, dry)["refusals"]] == [True, True]


def test_retried_jobs_are_held_for_undo_and_then_released_one_by_one(ada, run, rows):
    some_failed(ada, run)
    bulk_id = start(ada, {**RETRY, "perSecond": 2})["jobId"]
    began = clock.now()
    run(ada, bulk_id)
    due = [
        (row["due_at"] - began).total_seconds()
        for row in rows(
            "SELECT o.due_at FROM job_outbox o JOIN job_bulk_items i ON i.made_id = o.job_id "
            "WHERE i.bulk_id = %s ORDER BY o.due_at",
            bulk_id,
        )
    ]
    assert len(due) == 3
    assert due[0] >= 29
    assert [round(one - due[0], 2) for one in due] == [0, 0.5, 1.0]


def test_undo_cancels_what_was_sent_again(ada, run, look, rows):
    some_failed(ada, run)
    bulk_id = start(ada, RETRY)["jobId"]
    run(ada, bulk_id)
    assert "Undo it all" in ada.get(f"/jobs/{bulk_id}").text
    undo_id = ada.post(f"/api/jobs/{bulk_id}/undo").json["jobId"]
    run(ada, undo_id)
    assert result(ada, undo_id)["undone"] == 3
    made = rows("SELECT made_id FROM job_bulk_items WHERE bulk_id = %s", bulk_id)
    assert {look(ada, row["made_id"]).state for row in made} == {JobState.CANCELLED}


def test_discarding_many_wants_a_reason_and_undo_restores_exactly_those(ada, run):
    mine = some_failed(ada, run)
    before = failed(ada, run, "Discarded by hand")
    ada.post(f"/api/jobs/{before}/discard", json={"reason": "By hand"})
    body = {"act": "discard", "filter": {"state": "failed"}}
    assert ada.post("/api/jobs/bulk", json=body).status_code == 422
    bulk_id = start(ada, {**body, "reason": "Old news"})["jobId"]
    run(ada, bulk_id)
    assert set(ids(ada, "state=discarded")) == {*mine, before}
    undo = ada.post(f"/jobs/{bulk_id}/undo")
    assert undo.status_code == 303
    run(ada, undo.headers["Location"].rpartition("/")[2])
    assert ids(ada, "state=discarded") == [before]
    assert set(ids(ada, "state=failed")) == set(mine)


def test_cancelling_many_stops_what_waits(ada, run, look):
    waiting = [queued(ada) for _ in range(3)]
    bulk_id = start(ada, {"act": "cancel", "filter": {"name": "chore.count"}})["jobId"]
    run(ada, bulk_id)
    assert {look(ada, one).state for one in waiting} == {JobState.CANCELLED}
    assert ada.post(f"/api/jobs/{bulk_id}/undo").json["code"] == "no-undo"


def test_an_act_whose_worker_was_lost_goes_on_and_does_nothing_twice(ada, run, rows, superuser_sql):
    some_failed(ada, run)
    bulk_id = start(ada, RETRY)["jobId"]
    run(ada, bulk_id)
    superuser_sql.execute("UPDATE jobs SET state = 'queued', finished_at = NULL WHERE id = %s", (bulk_id,))
    superuser_sql.execute(
        "INSERT INTO job_outbox (company_id, job_id, name, queue) VALUES (%s, %s, 'queues.bulk', 'maintenance')",
        (ada.company_id, bulk_id),
    )
    run(ada, bulk_id)
    assert result(ada, bulk_id)["done"] == 3
    assert len(ids(ada, "name=chore.fail&state=queued")) == 3


def test_thousands_are_done_in_parts_while_the_list_answers(ada, run, superuser_sql):
    with (
        superuser_sql.cursor() as cursor,
        cursor.copy(
            "COPY jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state, error) FROM STDIN"
        ) as copy,
    ):
        for _ in range(1_200):
            one = new_ulid()
            copy.write_row(
                (
                    ada.company_id,
                    one,
                    "chore.count",
                    "maintenance",
                    "T",
                    '{"to": 1}',
                    '{"name": "A"}',
                    "r",
                    one,
                    "failed",
                    "x",
                )
            )
    started = start(ada, {"act": "discard", "filter": {"state": "failed"}, "reason": "Too many"})
    assert (started["count"], started["isBounded"]) == (1_200, False)
    run(ada, started["jobId"])
    assert result(ada, started["jobId"])["done"] == 1_200
    assert ids(ada, "state=failed") == []


def test_the_page_starts_it_and_offers_to_undo_it(ada, run):
    some_failed(ada, run, 2)
    form = {"act": "retry", "query": "state=failed", "perSecond": "50"}
    answer = ada.post("/jobs/bulk", data=form)
    assert answer.status_code == 303
    bulk_id = answer.headers["Location"].rpartition("/")[2]
    page = ada.get(answer.headers["Location"]).text
    assert "Sending again 2 jobs: started" in page
    assert f'action="/jobs/{bulk_id}/undo"' in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"act": "discard", "query": "state=failed"}, "reason"),
        ({"act": "retry", "query": "state=failed", "perSecond": "0"}, "Give 1 or more"),
    ],
)
def test_the_page_comes_back_with_what_is_wrong(ada, run, form, words):
    some_failed(ada, run, 1)
    answer = ada.post("/jobs/bulk", data=form)
    assert answer.status_code == 422
    assert words in answer.text


def test_an_act_for_another_state_is_refused(ada, run):
    done(ada, run)
    for body in (
        {"act": "retry", "filter": {"state": "running"}},
        {"act": "discard", "filter": {"state": "done"}, "reason": "x"},
        {"act": "cancel", "filter": {"state": "done"}},
        {"act": "retry", "filter": {"waits": "later"}},
    ):
        assert ada.post("/api/jobs/bulk", json=body).status_code == 422
    assert ada.post("/api/jobs/bulk", json=RETRY).json["code"] == "no-job-matches"


def test_a_viewer_may_not_and_another_company_is_not_reached(ada, vera, cleo, run):
    theirs = failed(cleo, run)
    some_failed(ada, run, 1)
    assert vera.get("/jobs/bulk?act=retry").status_code == 403
    assert vera.post("/jobs/bulk", data={"act": "retry"}).status_code == 403
    assert vera.post("/api/jobs/bulk", json=RETRY).status_code == 403
    started = start(ada, {"act": "discard", "filter": {"state": "failed"}, "reason": "x"})
    assert started["count"] == 1
    run(ada, started["jobId"])
    assert ids(cleo, "state=failed") == [theirs]
    assert cleo.post(f"/api/jobs/{started['jobId']}/undo").status_code == 404
    assert vera.post(f"/api/jobs/{started['jobId']}/undo").status_code == 403


def test_a_platform_admin_acts_over_all_companies_each_in_its_own(pat, ada, cleo, run, look):
    mark = new_ulid()
    ours, theirs = failed(ada, run, mark), failed(cleo, run, mark)
    page = pat.get(f"/jobs/bulk?act=discard&state=failed&args.reason={mark}").text
    assert "Discard 2 jobs?" in page
    assert "Harbour 1" in page
    body = {"act": "discard", "filter": {"args": {"reason": mark}}, "reason": "Storm"}
    key = {"Idempotency-Key": f"storm-{mark}"}
    first = pat.post("/api/jobs/bulk", json=body, headers=key).json
    assert pat.post("/api/jobs/bulk", json=body, headers=key).json == first
    run(pat, first["jobId"])
    assert pat.get(f"/api/jobs/{first['jobId']}").json["result"]["done"] == 2
    assert {look(ada, ours).state, look(cleo, theirs).state} == {JobState.DISCARDED}
    undo = pat.post(f"/api/jobs/{first['jobId']}/undo")
    assert undo.status_code == 202, undo.text
    run(pat, undo.json["jobId"])
    assert {look(ada, ours).state, look(cleo, theirs).state} == {JobState.FAILED}


def test_the_audit_says_who_wanted_what(ada, run, pump):
    some_failed(ada, run, 2)
    bulk_id = start(ada, {**RETRY, "reason": "New shelf"})["jobId"]
    pump()
    entries = ada.get(f"/api/audit?row={bulk_id}").json["items"]
    assert any("began to send 2 jobs again" in one["sentence"] and "New shelf" in one["sentence"] for one in entries)
