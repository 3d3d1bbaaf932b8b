"""Retrying: a new job with the very same arguments, or a refusal that says why."""

from app.core.jobs import JobState
from tests.queues import chores
from tests.queues.pages.given import done, failed, ids, queued


def test_the_new_job_carries_the_very_same_bytes(ada, run, rows):
    job_id = failed(ada, run, "Ä “quoted” reason", priority=5)
    answer = ada.post(f"/api/jobs/{job_id}/retry")
    assert answer.status_code == 201, answer.text
    new_id = answer.json["id"]
    columns = "args::text, name, queue, priority, title"
    assert rows(f"SELECT {columns} FROM jobs WHERE id = %s", new_id) == rows(
        f"SELECT {columns} FROM jobs WHERE id = %s", job_id
    )
    assert (answer.json["retryOf"], answer.json["state"]) == (job_id, "queued")


def test_the_page_retries_and_offers_to_undo_it(ada, run, look):
    job_id = failed(ada, run)
    answer = ada.post(f"/jobs/{job_id}/retry")
    assert answer.status_code == 303
    page = ada.get(answer.headers["Location"]).text
    new_id = answer.headers["Location"].rpartition("/")[2]
    assert "sent again" in page
    assert f'action="/jobs/{new_id}/cancellation"' in page
    assert job_id in page
    assert look(ada, new_id).retry_of == job_id


def test_the_same_request_twice_makes_one_job(ada, run):
    job_id = failed(ada, run)
    key = {"Idempotency-Key": "retry-once"}
    first = ada.post(f"/api/jobs/{job_id}/retry", headers=key)
    again = ada.post(f"/api/jobs/{job_id}/retry", headers=key)
    assert first.json["id"] == again.json["id"]
    assert len(ids(ada, "name=chore.fail")) == 2


def test_masked_arguments_are_refused(ada, run):
    job_id = queued(ada, chores.deliver_to, {"apiToken": "hush"})
    run(ada, job_id)
    answer = ada.post(f"/api/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json["code"]) == (409, "job-not-exact")
    assert ada.post(f"/jobs/{job_id}/retry").status_code == 409


def test_a_living_job_is_refused(ada):
    answer = ada.post(f"/api/jobs/{queued(ada)}/retry")
    assert (answer.status_code, answer.json["code"]) == (409, "job-still-alive")


def test_a_viewer_may_not(ada, vera, run):
    job_id = failed(ada, run)
    assert vera.post(f"/api/jobs/{job_id}/retry").status_code == 403
    assert vera.post(f"/jobs/{job_id}/retry").status_code == 403


def test_another_company_finds_no_such_job(ada, cleo, run):
    job_id = failed(ada, run)
    assert cleo.post(f"/api/jobs/{job_id}/retry").status_code == 404
    assert cleo.post(f"/jobs/{job_id}/retry").status_code == 404


def test_a_platform_admin_retries_inside_the_jobs_company(pat, ada, run, look):
    job_id = failed(ada, run)
    answer = pat.post(f"/api/jobs/{job_id}/retry")
    assert answer.status_code == 201, answer.text
    new = look(ada, answer.json["id"])
    assert (new.company_id, new.actor["id"], new.state) == (ada.company_id, pat.public_id, JobState.QUEUED)
    page = pat.post(f"/jobs/{job_id}/retry")
    assert page.status_code == 303


def test_edited_arguments_are_for_who_operates_the_queues(pat, ada, sam, run, look):
    job_id = done(ada, run)
    for person in (sam, ada):
        assert person.post(f"/api/jobs/{job_id}/retry", json={"args": {"to": 9}}).status_code == 403
        assert person.get(f"/jobs/{job_id}/edit").status_code == 403
        assert person.post(f"/jobs/{job_id}/edit", data={"args": '{"to": 9}'}).status_code == 403
    answer = pat.post(f"/api/jobs/{job_id}/retry", json={"args": {"to": 9}})
    assert look(ada, answer.json["id"]).args == {"to": 9}


def test_the_form_checks_arguments_against_the_function(pat, ada, run, look):
    job_id = done(ada, run)
    page = pat.get(f"/jobs/{job_id}/edit").text
    assert "to: int" in page
    for text, words in (("{", "JSON object"), ('{"to": "many"}', "to:"), ('{"from": 1}', "argument")):
        refused = pat.post(f"/jobs/{job_id}/edit", data={"args": text})
        assert refused.status_code == 422
        assert words in refused.text
    answer = pat.post(f"/jobs/{job_id}/edit", data={"args": '{"to": 5}'})
    assert answer.status_code == 303
    sent = look(ada, answer.headers["Location"].rpartition("/")[2])
    assert (sent.args, sent.title) == ({"to": 5}, f"{look(ada, job_id).title} (edited)")
