"""What is told of a job's life: a short one is queued and done; the relay rings its bell for what waits."""

import threading

from app.core.clock import now
from app.core.db import transaction
from app.core.events_log import Logged
from app.core.ids import CompanyId
from app.core.jobs.alive import kept_alive
from app.core.relay import Bell
from tests.queues import chores


def told_of(rows, job_id):
    found = rows("SELECT data ->> 'state' AS state, row_version FROM outbox WHERE row_id = %s ORDER BY id", job_id)
    return [(row["state"], row["row_version"]) for row in found]


def test_a_short_job_is_told_of_when_it_is_queued_and_when_it_has_ended(ada, run, rows):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(1, title="Count")
    run(ada, job_id)
    told = told_of(rows, job_id)
    assert (told[0], told[-1][0]) == (("queued", 1), "done")
    assert [version for _, version in told] == sorted({version for _, version in told})


def test_what_lasts_gets_a_thread_that_ends_with_it():
    begun, seen = threading.Event(), []

    def keep(over):
        begun.set()
        seen.append(over.wait(30))

    with kept_alive("kept-by-a-test", keep):
        assert begun.wait(30)
    assert seen == [True]


def test_what_ends_at_once_gets_none():
    kept = []
    for _ in range(5):
        with kept_alive("never-begun", kept.append):
            pass
    assert kept == []


def fact(topic, state):
    data = {"id": "J", "state": state}
    return Logged(CompanyId(1), topic, 1, "job.updated", "E", "J", 1, None, {"data": data, "time": str(now())})


def test_the_bell_rings_for_what_was_queued_alone():
    bell = Bell()
    bell.hear([fact("jobs", "done"), fact("orders", "queued")])
    assert not bell.rung.is_set()
    bell.hear([fact("jobs", "running"), fact("account-jobs", "queued")])
    assert bell.rung.is_set()
