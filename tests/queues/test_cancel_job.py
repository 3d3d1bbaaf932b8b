"""Cancelling: a waiting job at once, a running one at its next step."""

from app.core import jobs
from app.core.db import transaction
from app.core.jobs import JobState
from tests.queues import chores


def enqueue(person, to=5):
    with person.acting(), transaction():
        return chores.count_up.enqueue(to, title="Count")


def test_a_waiting_job_is_cancelled_at_once(ada, look, run):
    job_id = enqueue(ada)
    answer = ada.delete(f"/api/jobs/{job_id}")
    assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
    run(ada, job_id)
    assert look(ada, job_id).attempts == 0


def test_the_page_cancels_too(ada, look):
    job_id = enqueue(ada)
    answer = ada.post(f"/jobs/{job_id}/cancellation")
    assert answer.status_code == 303
    assert look(ada, job_id).state is JobState.CANCELLED


def test_a_running_job_stops_at_its_next_step(ada, look, app):
    job_id = enqueue(ada)
    with ada.acting(), transaction():
        jobs.claim(job_id)
    assert ada.delete(f"/api/jobs/{job_id}").json["state"] == "running"
    with ada.acting(), transaction():
        assert jobs.step(job_id, 1, 5, "").is_cancelled


def test_a_job_that_is_over_cannot_be_cancelled(ada, run):
    job_id = enqueue(ada)
    run(ada, job_id)
    answer = ada.delete(f"/api/jobs/{job_id}")
    assert (answer.status_code, answer.json["code"]) == (409, "job-is-over")


def test_a_viewer_may_not_cancel(ada, vera):
    job_id = enqueue(ada)
    assert vera.delete(f"/api/jobs/{job_id}").status_code == 403
    assert vera.post(f"/jobs/{job_id}/cancellation").status_code == 403


def test_another_company_finds_no_such_job(ada, cleo, look):
    job_id = enqueue(ada)
    assert cleo.delete(f"/api/jobs/{job_id}").status_code == 404
    assert look(ada, job_id).state is JobState.QUEUED
