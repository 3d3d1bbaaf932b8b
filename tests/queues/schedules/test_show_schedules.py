"""The list of schedules and one of them: when it runs, what became of it, and what is wrong."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import clock, tasks
from app.core.db import transaction
from app.core.installation import installation_id
from app.queues.schedules import ticking
from app.queues.schedules.firing import fire_due
from tests.queues import chores
from tests.queues.schedules.conftest import Make
from tests.world import Person

Rows = Callable[..., list[dict[str, Any]]]


def test_the_list_says_when_each_runs_in_words(pat: Person, app: Flask, make_schedule: Make) -> None:
    made = make_schedule(cron="0 2 * * *", timezone="Europe/London")
    with app.app_context():
        ticking.say_alive()
    html = pat.get("/schedules").text
    assert made.title in html
    assert "Every day at 02:00, Europe/London" in html
    assert "looks at the clock every second" in html
    (told,) = [one for one in pat.get("/api/schedules").json["items"] if one["id"] == made.id]
    assert (told["words"], told["state"]) == ("Every day at 02:00, Europe/London", "on")
    assert told["nextAt"] is not None


def test_a_run_shows_its_job_and_how_it_went(pat: Person, app: Flask, make_schedule: Make, rows: Rows) -> None:
    made = make_schedule(due=clock.now().replace(second=0, microsecond=0), cron="0 0 1 1 *", grace_s=600)
    with app.app_context():
        fire_due()
        (job,) = rows("SELECT id FROM jobs WHERE schedule_id = %s", made.id)
        tasks.run_job(installation_id(), job["id"])
    html = pat.get(f"/schedules/{made.id}").text
    assert f"/jobs/{job['id']}" in html
    assert "done" in html
    told = pat.get(f"/api/schedules/{made.id}").json
    assert (told["lastJobId"], told["lastJobState"]) == (job["id"], "done")
    (run,) = pat.get(f"/api/schedules/{made.id}/runs").json["items"]
    assert (run["outcome"], run["jobState"]) == ("fired", "done")


def test_a_failed_run_a_miss_and_an_unknown_job_are_marked(
    pat: Person, app: Flask, make_schedule: Make, rows: Rows
) -> None:
    day_ago = (clock.now() - timedelta(days=1)).replace(second=0, microsecond=0)
    missed = make_schedule(due=day_ago, cron=f"{day_ago.minute} {day_ago.hour} {day_ago.day} * *", grace_s=0)
    failed = make_schedule(due=clock.now(), job="chore.fail", args={"reason": "No paper"}, cron="0 0 1 1 *", grace_s=60)
    unknown = make_schedule(job="nobody.knows")
    with app.app_context():
        fire_due()
        (job,) = rows("SELECT id FROM jobs WHERE schedule_id = %s", failed.id)
        tasks.run_job(installation_id(), job["id"])
    states = {one["id"]: one["state"] for one in pat.get("/api/schedules").json["items"]}
    assert [states[one.id] for one in (missed, failed, unknown)] == ["missed", "failed", "unknown"]
    html = pat.get("/schedules").text
    for words in ("Missed 1× in 24 h", "Last run failed", "Unknown job"):
        assert words in html
    assert "so it does not fire" in pat.get(f"/schedules/{unknown.id}").text


def test_a_run_that_failed_counts_companies_and_not_their_jobs(
    pat: Person, ada: Person, cleo: Person, app: Flask, make_schedule: Make, rows: Rows, superuser_sql: Any
) -> None:
    made = make_schedule(due=clock.now().replace(second=0, microsecond=0), cron="0 0 1 1 *", grace_s=600)
    with app.app_context():
        fire_due()
    (root,) = rows("SELECT id FROM jobs WHERE schedule_id = %s", made.id)
    for person in (ada, ada, ada, cleo):
        with person.acting(), transaction():
            job_id = chores.fail.enqueue("No paper", title="Print")
        superuser_sql.execute("UPDATE jobs SET state = 'failed', root_id = %s WHERE id = %s", (root["id"], job_id))
    assert pat.get(f"/api/schedules/{made.id}").json["failedCompanies"] == 2
    assert "Failed for 2 companies" in pat.get("/schedules").text


def test_one_that_should_have_run_is_overdue(pat: Person, app: Flask, make_schedule: Make) -> None:
    made = make_schedule(due=clock.now() - timedelta(minutes=3))
    with app.app_context():
        ticking.say_alive()
    assert "Overdue" in pat.get("/schedules").text
    assert pat.get(f"/api/schedules/{made.id}").json["state"] == "overdue"
    assert "should have run at" in pat.get(f"/schedules/{made.id}").text


def test_history_pages_by_cursor(pat: Person, app: Flask, make_schedule: Make) -> None:
    made = make_schedule()
    for _ in range(3):
        assert pat.post(f"/api/schedules/{made.id}/skip").status_code == 200
    first = pat.get(f"/api/schedules/{made.id}/runs?limit=2").json
    second = pat.get(f"/api/schedules/{made.id}/runs?limit=2&after={first['nextCursor']}").json
    assert (len(first["items"]), len(second["items"]), second["nextCursor"]) == (2, 1, None)
    assert first["items"][0]["dueAt"] > first["items"][1]["dueAt"] > second["items"][0]["dueAt"]


@pytest.mark.parametrize("path", ["/schedules", "/schedules/new", "/api/schedules"])
def test_only_those_who_run_the_installation_see_them(ada: Person, vera: Person, cleo: Person, path: str) -> None:
    assert [person.get(path).status_code for person in (ada, vera, cleo)] == [403] * 3


def test_one_that_is_not_there_is_not_found(pat: Person) -> None:
    assert pat.get("/schedules/NOBODY").status_code == 404
    answer = pat.get("/api/schedules/NOBODY")
    assert (answer.status_code, answer.json["code"]) == (404, "schedule-not-found")


def test_a_time_that_is_past_is_not_on_time_while_nobody_looks(
    pat: Person, app: Flask, make_schedule: Make, superuser_sql: Any
) -> None:
    made = make_schedule(due=clock.now() - timedelta(seconds=45), cron="0 0 1 1 *")
    with app.app_context():
        ticking.say_alive()
    assert pat.get(f"/api/schedules/{made.id}").json["state"] == "on"
    superuser_sql.execute("UPDATE schedulers SET ticked_at = ticked_at - interval '40 s'")
    assert pat.get(f"/api/schedules/{made.id}").json["state"] == "unseen"
    assert "Nobody looks at the clock just now" in pat.get(f"/schedules/{made.id}").text
    with app.app_context():
        ticking.say_alive()
