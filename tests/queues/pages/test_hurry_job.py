"""Letting one waiting job go sooner: out of its back-off, or before its like."""

from datetime import timedelta

from app.core import clock
from app.core.jobs import JobState
from tests.queues import chores
from tests.queues.pages.given import backing_off, done, queued

PHASE = "SELECT phase, due_at, priority FROM job_outbox WHERE job_id = %s"


def test_a_job_in_its_back_off_is_due_at_once(ada, run, look, rows):
    job_id = backing_off(ada, run)
    assert rows(PHASE, job_id)[0]["due_at"] > clock.now()
    answer = ada.post(f"/api/jobs/{job_id}/release")
    assert answer.status_code == 200, answer.text
    assert rows(PHASE, job_id)[0]["due_at"] <= clock.now()
    run(ada, job_id)
    assert look(ada, job_id).attempts == 2


def test_a_job_for_later_is_due_at_once_by_the_page(ada, rows):
    job_id = queued(ada, chores.count_up, 3, not_before=clock.now() + timedelta(days=3))
    assert "Run now" in ada.get(f"/jobs/{job_id}").text
    assert ada.post(f"/jobs/{job_id}/release").status_code == 303
    assert rows(PHASE, job_id)[0]["due_at"] <= clock.now()


def test_a_job_moves_before_its_like(ada, look, rows):
    job_id = queued(ada)
    assert ada.post(f"/api/jobs/{job_id}/priority", json={"priority": 9}).json["priority"] == 9
    assert rows(PHASE, job_id)[0]["priority"] == 9
    assert ada.post(f"/jobs/{job_id}/priority", data={"priority": "-5"}).status_code == 303
    assert look(ada, job_id).priority == -5
    assert ada.post(f"/api/jobs/{job_id}/priority", json={"priority": 10}).status_code == 422


def test_what_is_over_waits_no_more(ada, run):
    job_id = done(ada, run)
    assert ada.post(f"/api/jobs/{job_id}/release").json["code"] == "job-not-waiting"
    assert ada.post(f"/api/jobs/{job_id}/priority", json={"priority": 1}).json["code"] == "job-not-waiting"


def test_a_viewer_may_not_and_others_find_nothing(ada, vera, cleo, look):
    job_id = queued(ada)
    for person, status in ((vera, 403), (cleo, 404)):
        assert person.post(f"/api/jobs/{job_id}/release").status_code == status
        assert person.post(f"/jobs/{job_id}/release").status_code == status
        assert person.post(f"/api/jobs/{job_id}/priority", json={"priority": 1}).status_code == status
        assert person.post(f"/jobs/{job_id}/priority", data={"priority": "1"}).status_code == status
    assert look(ada, job_id).state is JobState.QUEUED
