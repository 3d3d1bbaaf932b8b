"""Keys: one living job for a key, whoever sends it and however often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine

from app.core import clock, jobs
from app.core.db import transaction
from app.core.jobs import JobState
from app.core.jobs.dedupe import Dedupe
from tests.queues import chores


def send(person, key="orders-today", mode=Dedupe.DROP, title="Count", to=3):
    with person.acting(), transaction():
        return chores.count_up.enqueue(to, title=title, key=key, dedupe=mode)


def claim(person, job_id):
    with person.acting(), transaction():
        return jobs.claim(job_id)


def keys_of(rows, person):
    return [row["job_id"] for row in rows("SELECT job_id FROM job_keys WHERE company_id = %s", person.company_id)]


def test_the_same_key_again_returns_the_one_that_holds_it(ada, look, rows):
    first = send(ada)
    assert send(ada) == first
    assert look(ada, first).dedupe_key == "orders-today"
    assert keys_of(rows, ada) == [first]


def test_a_hundred_senders_at_once_make_one_job(ada, rows):
    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(lambda _: send(ada), range(100)))
    assert len(ids) == 1
    assert rows("SELECT count(*) AS n FROM jobs WHERE company_id = %s", ada.company_id)[0]["n"] == 1


def test_another_company_and_another_kind_of_job_have_keys_of_their_own(ada, cleo, tmp_path):
    assert send(ada) != send(cleo)
    with ada.acting(), transaction():
        other = chores.append_line.enqueue(str(tmp_path / "a"), "b", title="Append", key="orders-today")
    assert other != send(ada)


def test_every_end_frees_the_key(ada, run, rows):
    done = send(ada)
    run(ada, done)
    cancelled = send(ada)
    assert cancelled != done
    with ada.acting(), transaction():
        jobs.ask_to_stop(cancelled)
        failed = chores.fail.enqueue("The shelf is empty.", title="Fail", key="orders-today")
    run(ada, failed)
    assert keys_of(rows, ada) == []


def test_a_rolled_back_send_frees_it_too(ada, rows):
    try:
        with ada.acting(), transaction():
            chores.count_up.enqueue(1, title="Never", key="orders-today")
            raise RuntimeError("the change failed")
    except RuntimeError:
        pass
    assert keys_of(rows, ada) == []


def test_a_crash_frees_it_because_the_lease_ends_the_job(ada, run, rows, look):
    job_id = send(ada)
    claim(ada, job_id)
    assert send(ada) == job_id
    with time_machine.travel(clock.now() + timedelta(seconds=jobs.LEASE_S + 2), tick=True):
        run(ada, job_id)
    assert look(ada, job_id).state is JobState.DONE
    assert keys_of(rows, ada) == []


def test_replace_cancels_the_one_that_waits_and_takes_its_place(ada, look, run):
    first = send(ada, mode=Dedupe.REPLACE, title="Old")
    second = send(ada, mode=Dedupe.REPLACE, title="New")
    old = look(ada, first)
    assert (old.state, old.error) == (JobState.CANCELLED, "“New” was queued in its place.")
    run(ada, second)
    assert look(ada, second).state is JobState.DONE


def test_replace_lets_a_running_one_end_first(ada, look, run):
    first = send(ada, mode=Dedupe.REPLACE)
    claim(ada, first)
    second, third = send(ada, mode=Dedupe.REPLACE), send(ada, mode=Dedupe.REPLACE)
    assert [look(ada, one).state for one in (first, second, third)] == ["running", "cancelled", "queued"]
    run(ada, third)
    assert look(ada, third).state is JobState.QUEUED
    with ada.acting(), transaction():
        jobs.finish(first, JobState.DONE)
    run(ada, third)
    assert look(ada, third).state is JobState.DONE


def test_after_runs_them_in_line_however_each_ends(ada, look, run):
    first, second, third = (send(ada, mode=Dedupe.AFTER) for _ in range(3))
    run(ada, second)
    assert look(ada, second).state is JobState.QUEUED
    with ada.acting(), transaction():
        jobs.finish(first, JobState.FAILED, error="Broken")
    run(ada, third)
    assert look(ada, third).state is JobState.QUEUED
    run(ada, second)
    run(ada, third)
    assert [look(ada, one).state for one in (second, third)] == ["done", "done"]


def test_who_stood_behind_a_cancelled_one_still_waits_for_the_one_before(ada, look, run):
    first, second, third = (send(ada, mode=Dedupe.AFTER) for _ in range(3))
    claim(ada, first)
    with ada.acting(), transaction():
        jobs.ask_to_stop(second)
    run(ada, third)
    assert look(ada, third).state is JobState.QUEUED
    with ada.acting(), transaction():
        jobs.finish(first, JobState.DONE)
    run(ada, third)
    assert look(ada, third).state is JobState.DONE
