"""A job that a pause holds: its page says who paused it, why, and until when."""

from datetime import timedelta

from app.core import clock
from tests.queues import chores
from tests.queues.pages.given import queued


def test_a_held_job_says_by_whom_why_and_until_when(ada, pat, alone):
    job_id = queued(ada, chores.count_up)
    until = clock.now() + timedelta(hours=2)
    body = {"reason": "Stock take", "until": until.isoformat()}
    assert pat.post("/api/queues/maintenance/pause", json=body).status_code in {200, 201}
    page = ada.get(f"/jobs/{job_id}").text
    assert "Paused by" in page
    assert "(Stock take) until" in page
    assert pat.post("/api/queues/maintenance/pause", json={"reason": "Stock take"}).status_code in {200, 201}
    assert "(Stock take) until somebody resumes it: it is not released." in ada.get(f"/jobs/{job_id}").text
