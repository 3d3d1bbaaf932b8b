"""Firing: once, whoever looks; for each company; late; and what cannot run."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core import clock, tasks
from app.core.installation import installation_id
from app.queues.schedules import ticking
from app.queues.schedules.firing import end_pauses, fire_due
from app.queues.schedules.models import Schedule, ScheduleScope
from app.queues.schedules.offers import fault_of_args, offered
from app.queues.schedules.shipped import SHIPPED, Shipped
from app.queues.schedules.times import next_time
from tests.queues.schedules.conftest import Make
from tests.world import Person

Rows = Callable[..., list[dict[str, Any]]]
JOBS = "SELECT * FROM jobs WHERE schedule_id = %s ORDER BY id"
RUNS = "SELECT * FROM schedule_runs WHERE schedule_id = %s ORDER BY id"
ROW = "SELECT * FROM schedules WHERE id = %s"


def just_due() -> datetime:
    """The minute that is."""
    return clock.now().replace(second=0, microsecond=0)


def fire(app: Flask) -> None:
    with app.app_context():
        fire_due()


def test_what_is_due_is_queued_once_and_moves_on(app: Flask, make_schedule: Make, rows: Rows) -> None:
    due = just_due()
    made = make_schedule(due=due, cron="* * * * *", grace_s=600)
    fire(app)
    fire(app)
    (job,), (run,), (row,) = rows(JOBS, made.id), rows(RUNS, made.id), rows(ROW, made.id)
    assert (job["name"], job["args"], job["title"]) == ("chore.count", {"to": 1}, made.title)
    assert job["actor"]["kind"] == "system"
    assert (run["outcome"], run["job_id"], run["due_at"]) == ("fired", job["id"], due)
    assert (row["last_job_id"], row["next_at"] > due) == (job["id"], True)


def test_ten_who_look_at_once_queue_one_job(app: Flask, make_schedule: Make, rows: Rows) -> None:
    made = [make_schedule(due=just_due(), cron="0 0 1 1 *", grace_s=600) for _ in range(5)]
    ready = threading.Barrier(10)

    def look() -> None:
        ready.wait()
        fire(app)

    threads = [threading.Thread(target=look) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fire(app)  # the ten may all have passed over one that another held
    assert [len(rows(JOBS, one.id)) for one in made] == [1] * 5
    assert [len(rows(RUNS, one.id)) for one in made] == [1] * 5


def test_fifty_of_one_minute_fire_once_each(app: Flask, make_schedule: Make, rows: Rows) -> None:
    made = [make_schedule(due=just_due(), cron="0 0 1 1 *", grace_s=600) for _ in range(50)]
    threads = [threading.Thread(target=fire, args=(app,)) for _ in range(2)]  # two beats
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fire(app)  # both may have passed over what the other held
    jobs = [rows(JOBS, one.id) for one in made]
    assert [len(one) for one in jobs] == [1] * 50
    assert [len(rows(RUNS, one.id)) for one in made] == [1] * 50


def test_each_company_gets_one_job_however_often_the_queueing_runs(
    app: Flask, make_schedule: Make, rows: Rows, ada: Person, cleo: Person
) -> None:
    made = make_schedule(due=just_due(), scope=ScheduleScope.EACH_COMPANY.value, grace_s=600)
    fire(app)
    (fan_out,) = rows(JOBS, made.id)
    assert fan_out["name"] == "schedules.fan_out"
    for _ in range(2):
        with app.app_context():
            tasks.run_job(installation_id(), fan_out["id"])
        rows("UPDATE jobs SET state = 'queued', finished_at = NULL WHERE id = %s RETURNING id", fan_out["id"])
    found = [job for job in rows(JOBS, made.id) if job["name"] == "chore.count"]
    companies = [job["company_id"] for job in found]
    assert {ada.company_id, cleo.company_id} <= set(companies)
    assert len(companies) == len(set(companies))
    assert {job["parent_id"] for job in found} == {fan_out["id"]}
    assert installation_id_of(app) not in companies


def installation_id_of(app: Flask) -> int:
    with app.app_context():
        return installation_id()


def test_one_that_is_late_within_its_grace_runs_once_and_the_others_are_missed(
    app: Flask, make_schedule: Make, rows: Rows
) -> None:
    due = just_due() - timedelta(minutes=12)
    made = make_schedule(due=due, cron="* * * * *", grace_s=3600)
    fire(app)
    missed, fired = rows(RUNS, made.id)
    assert len(rows(JOBS, made.id)) == 1
    assert (missed["outcome"], missed["due_at"]) == ("missed", due)
    assert missed["times"] >= 12
    assert (fired["outcome"], fired["due_at"] - due >= timedelta(minutes=12)) == ("fired", True)


def test_one_that_is_too_late_is_missed_and_told(app: Flask, make_schedule: Make, rows: Rows) -> None:
    now = clock.now()
    due = (now - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    made = make_schedule(due=due, cron=f"0 {due.hour} {due.day} {due.month} *", grace_s=3600)
    fire(app)
    (run,), (row,) = rows(RUNS, made.id), rows(ROW, made.id)
    assert rows(JOBS, made.id) == []
    assert (run["outcome"], run["times"]) == ("missed", 1)
    assert row["next_at"] > now
    (told,) = rows("SELECT data FROM outbox WHERE type = 'schedule.missed' AND row_id = %s", made.id)
    assert told["data"]["times"] == 1
    (news,) = rows(
        "SELECT args FROM jobs WHERE name = 'notifications.send' AND args->>'link' = %s", f"/schedules/{made.id}"
    )
    assert (news["args"]["kind"], news["args"]["roles"]) == ("schedule-missed", ["platform_admin"])


def test_what_nothing_here_knows_does_not_fire_and_is_no_miss(app: Flask, make_schedule: Make, rows: Rows) -> None:
    fresh = make_schedule(due=just_due(), job="nobody.knows", cron="* * * * *")
    old = make_schedule(due=just_due() - timedelta(hours=1), job="nobody.knows", cron="* * * * *")
    fire(app)
    for one in (fresh, old):
        assert rows(JOBS, one.id) == []
        assert rows(RUNS, one.id) == []
    assert rows(ROW, fresh.id)[0]["next_at"] == fresh.next_at  # another release may know it
    assert rows(ROW, old.id)[0]["next_at"] > clock.now() - timedelta(minutes=1)


def test_one_that_cannot_be_queued_is_missed_and_stops_no_other(app: Flask, make_schedule: Make, rows: Rows) -> None:
    broken = make_schedule(due=just_due(), args={"no": "such argument"}, cron="* * * * *", grace_s=600)
    sound = make_schedule(due=just_due(), cron="* * * * *", grace_s=600)
    fire(app)
    (run,) = rows(RUNS, broken.id)
    assert (run["outcome"], "could not be queued" in run["note"]) == ("missed", True)
    assert rows(ROW, broken.id)[0]["next_at"] > clock.now()
    assert len(rows(JOBS, sound.id)) == 1


def test_a_paused_one_rests_until_its_time_is_over_and_makes_nothing_good(
    app: Flask, make_schedule: Make, rows: Rows
) -> None:
    made = make_schedule(
        due=just_due() - timedelta(hours=2), cron="0 0 1 1 *", is_paused=True, paused_reason="Moving house",
        paused_until=clock.now() - timedelta(seconds=1),
    )  # fmt: skip
    fire(app)
    assert rows(JOBS, made.id) == []
    with app.app_context():
        assert end_pauses() >= 1
    fire(app)
    (row,) = rows(ROW, made.id)
    assert (row["is_paused"], row["paused_reason"], row["next_at"] > clock.now()) == (False, "", True)
    assert rows(JOBS, made.id) == []


def test_the_night_summer_time_ends_fires_a_fixed_hour_once(app: Flask, make_schedule: Make, rows: Rows) -> None:
    made = night(app, make_schedule, start=datetime(2026, 10, 25, 0, 0, tzinfo=UTC), first="2026-10-25 00:30")
    assert [run["due_at"] for run in rows(RUNS, made.id)] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_the_night_summer_time_begins_fires_a_fixed_hour_once(app: Flask, make_schedule: Make, rows: Rows) -> None:
    made = night(app, make_schedule, start=datetime(2026, 3, 29, 0, 0, tzinfo=UTC), first="2026-03-29 01:00")
    assert [run["due_at"] for run in rows(RUNS, made.id)] == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]


def night(app: Flask, make_schedule: Make, *, start: datetime, first: str) -> Schedule:
    """Look at the clock every ten minutes of a night in London, with a schedule for half past one."""
    due = datetime.fromisoformat(first).replace(tzinfo=UTC)
    made = make_schedule(due=due, cron="30 1 * * *", timezone="Europe/London", grace_s=0)
    with time_machine.travel(start, tick=False) as traveller:
        for _ in range(6 * 4):
            fire(app)
            traveller.shift(timedelta(minutes=10))
    return made


def test_a_look_says_that_somebody_looks_and_makes_what_comes_with_the_product(app: Flask, rows: Rows) -> None:
    with app.app_context():
        ticking.tick()
        ticking.tick()
    keys = {row["key"] for row in rows("SELECT key FROM schedules WHERE key IS NOT NULL")}
    assert {"cleanup", "hourly-report", "feeds", "reminders", "daily-figures", "reorder-points", "backup"} <= keys
    (backup,) = rows("SELECT * FROM schedules WHERE key = 'backup'")
    assert (backup["is_paused"], backup["cron"]) == (True, "0 3 * * *")
    assert rows("SELECT * FROM schedulers WHERE ticked_at > now() - interval '1 minute'")


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.key)
def test_what_comes_with_the_product_can_run(app: Flask, one: Shipped) -> None:
    assert one.job in offered()
    assert fault_of_args(one.job, one.args) is None
    assert next_time(one.cron, "Europe/London", clock.now()) > clock.now()
