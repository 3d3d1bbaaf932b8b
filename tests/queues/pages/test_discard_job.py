"""Discarding: what failed leaves the failed jobs with a reason, and comes back by Undo."""

from app.core.jobs import JobState
from tests.queues.pages.given import done, failed, ids


def test_a_discarded_job_leaves_the_failed_ones_and_the_audit_keeps_why(ada, run, look, pump):
    job_id = failed(ada, run)
    answer = ada.post(f"/api/jobs/{job_id}/discard", json={"reason": "Nobody needs it"})
    assert (answer.status_code, answer.json["state"]) == (200, "discarded")
    assert ids(ada, "state=failed") == []
    assert ids(ada, "state=discarded") == [job_id]
    pump()
    assert "Nobody needs it" in ada.get(f"/api/audit?row={job_id}").text
    assert look(ada, job_id).state is JobState.DISCARDED


def test_the_page_wants_a_reason_and_offers_to_undo(ada, run, look):
    job_id = failed(ada, run)
    refused = ada.post(f"/jobs/{job_id}/discard", data={"reason": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.text
    assert look(ada, job_id).state is JobState.FAILED
    assert "Discard this job?" in ada.get(f"/jobs/{job_id}/discard").text
    answer = ada.post(f"/jobs/{job_id}/discard", data={"reason": "Old"})
    assert answer.status_code == 303
    page = ada.get(answer.headers["Location"]).text
    assert f'action="/jobs/{job_id}/restoration"' in page
    assert ada.post(f"/jobs/{job_id}/restoration").status_code == 303
    assert look(ada, job_id).state is JobState.FAILED


def test_only_what_failed_is_discarded_and_only_that_is_restored(ada, run):
    job_id = done(ada, run)
    assert ada.post(f"/api/jobs/{job_id}/discard", json={"reason": "x"}).json["code"] == "job-not-failed"
    assert ada.post(f"/api/jobs/{job_id}/restoration").json["code"] == "job-not-discarded"


def test_a_viewer_may_not_and_others_find_nothing(ada, vera, cleo, run):
    job_id = failed(ada, run)
    for person, status in ((vera, 403), (cleo, 404)):
        assert person.post(f"/api/jobs/{job_id}/discard", json={"reason": "x"}).status_code == status
        assert person.post(f"/jobs/{job_id}/discard", data={"reason": "x"}).status_code == status
        assert person.post(f"/api/jobs/{job_id}/restoration").status_code == status
        assert person.post(f"/jobs/{job_id}/restoration").status_code == status
