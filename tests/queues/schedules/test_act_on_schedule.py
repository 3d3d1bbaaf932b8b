"""Pausing, resuming, skipping and running a schedule, with the way back."""

from collections.abc import Callable
from typing import Any

import pytest

from app.core.ids import new_ulid
from tests.queues.schedules.conftest import Make
from tests.world import Person

Rows = Callable[..., list[dict[str, Any]]]


def told(person: Person, schedule_id: str) -> dict[str, Any]:
    return dict(person.get(f"/api/schedules/{schedule_id}").json or {})


def test_a_pause_acts_at_once_and_can_be_undone(pat: Person, make_schedule: Make, rows: Rows) -> None:
    made = make_schedule()
    answer = pat.post(f"/schedules/{made.id}/pause", data={"back": "list"})
    assert (answer.status_code, answer.location) == (303, "/schedules")
    html = pat.get("/schedules").text
    assert f"{made.title} is paused." in html
    assert f'action="/schedules/{made.id}/resumption"' in html
    assert told(pat, made.id)["nextAt"] is None
    assert pat.post(f"/schedules/{made.id}/resumption").status_code == 303
    assert told(pat, made.id)["state"] == "on"
    types = [row["type"] for row in rows("SELECT type FROM outbox WHERE row_id = %s ORDER BY id", made.id)]
    assert types == ["schedule.paused", "schedule.resumed"]


def test_a_pause_for_a_time_says_why_and_until_when(pat: Person, make_schedule: Make) -> None:
    made = make_schedule()
    assert "Let it run" in pat.get(f"/schedules/{made.id}/pause").text
    refused = pat.post(f"/schedules/{made.id}/pause", data={"for_s": "soon", "reason": "x"})
    assert (refused.status_code, "Choose for how long." in refused.text) == (422, True)
    data = {"for_s": "3600", "reason": "The partner moves house"}
    assert pat.post(f"/schedules/{made.id}/pause", data=data).status_code == 303
    html = pat.get(f"/schedules/{made.id}").text
    assert "The partner moves house" in html
    assert told(pat, made.id)["pausedUntil"] is not None


def test_pause_and_resume_by_json_are_the_same_twice(pat: Person, make_schedule: Make) -> None:
    made = make_schedule()
    here = f"/api/schedules/{made.id}/pause"
    for _ in range(2):
        assert pat.post(here, json={"reason": "Stock take", "forS": 600}).json["state"] == "paused"
    for _ in range(2):
        assert pat.delete(here).json["state"] == "on"
    assert pat.post(here, json={"forS": 1}).status_code == 422


def test_the_next_time_is_skipped_and_taken_back(pat: Person, make_schedule: Make) -> None:
    made = make_schedule()
    before = told(pat, made.id)["nextAt"]
    assert pat.post(f"/schedules/{made.id}/skip").status_code == 303
    assert told(pat, made.id)["nextAt"] > before
    assert "is skipped" in pat.get(f"/schedules/{made.id}").text
    assert pat.post(f"/schedules/{made.id}/unskip").status_code == 303
    assert told(pat, made.id)["nextAt"] == before
    again = pat.delete(f"/api/schedules/{made.id}/skip")
    assert (again.status_code, again.json["code"]) == (409, "schedule-nothing-skipped")
    pat.post(f"/api/schedules/{made.id}/pause", json={})
    assert pat.post(f"/api/schedules/{made.id}/skip").json["code"] == "schedule-is-paused"


def test_it_is_run_now_once_and_its_next_time_stays(pat: Person, make_schedule: Make, rows: Rows) -> None:
    made = make_schedule()
    before = told(pat, made.id)["nextAt"]
    assert "once, for the installation" in pat.get(f"/schedules/{made.id}/run").text
    key = {"Idempotency-Key": new_ulid()}
    first, second = (pat.post(f"/api/schedules/{made.id}/runs", headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (201, second.json)
    assert told(pat, made.id)["nextAt"] == before
    (job,) = rows("SELECT * FROM jobs WHERE schedule_id = %s", made.id)
    assert (job["id"], job["actor"]["name"]) == (first.json["lastJobId"], pat.name)
    assert "by hand" in pat.get(f"/schedules/{made.id}").text


def test_run_now_for_each_company_says_how_many(pat: Person, ada: Person, make_schedule: Make) -> None:
    made = make_schedule(scope="each-company")
    assert "active compan" in pat.get(f"/schedules/{made.id}/run").text
    assert pat.post(f"/schedules/{made.id}/run").status_code == 303


def test_a_job_nobody_knows_is_not_run(pat: Person, make_schedule: Make) -> None:
    made = make_schedule(job="nobody.knows")
    answer = pat.post(f"/api/schedules/{made.id}/runs")
    assert (answer.status_code, answer.json["code"]) == (409, "schedule-job-unknown")


@pytest.mark.parametrize("act", ["pause", "resumption", "skip", "unskip", "run"])
def test_nobody_else_acts(ada: Person, vera: Person, pat: Person, make_schedule: Make, act: str) -> None:
    made = make_schedule()
    assert [person.post(f"/schedules/{made.id}/{act}").status_code for person in (ada, vera)] == [403, 403]
    assert pat.post(f"/schedules/NOBODY/{act}").status_code == 404
