"""Log lines: what a job says, by attempt, a thousand at most."""

import threading

import pytest

from app.core.db import transaction
from app.core.tasks import job, say
from tests.queues import chores

heard = threading.Event()


@job(queue="maintenance", name="chore.wait_to_be_heard", retries=0)
def wait_to_be_heard() -> None:
    """Say one line and stay silent until somebody has read it."""
    say("Is anybody there?")
    assert heard.wait(30)


def send(person, function, *args):
    with person.acting(), transaction():
        return function.enqueue(*args, title="A chore")


def lines_of(rows, job_id):
    return rows("SELECT * FROM job_log_lines WHERE job_id = %s ORDER BY attempt, number", job_id)


def test_lines_are_kept_in_order_with_their_level(ada, run, rows):
    job_id = send(ada, chores.talk, 3)
    run(ada, job_id)
    kept = lines_of(rows, job_id)
    assert [(one["number"], one["level"], one["text"]) for one in kept] == [
        (1, "info", "Line 1"), (2, "warning", "Line 2"), (3, "info", "Line 3"),
    ]  # fmt: skip


def test_each_attempt_has_its_own_and_the_dead_one_s_survive(ada, run, rows):
    job_id = send(ada, chores.talk, 2, True)
    run(ada, job_id)
    run(ada, job_id)
    assert [(one["attempt"], one["number"]) for one in lines_of(rows, job_id)] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_beyond_a_thousand_they_are_counted(ada, run, rows):
    job_id = send(ada, chores.talk, 1250)
    run(ada, job_id)
    kept = lines_of(rows, job_id)
    assert len(kept) == 1001
    assert (kept[-2]["text"], kept[-1]["text"]) == ("Line 1000", "250 more lines were cut.")


def test_a_line_is_read_while_the_job_still_runs_and_is_told(ada, run, rows, wait):
    job_id = send(ada, wait_to_be_heard)
    heard.clear()
    runner = threading.Thread(target=run, args=(ada, job_id))
    runner.start()
    try:
        wait(lambda: len(lines_of(rows, job_id)) == 1, limit_s=20)
        told = rows("SELECT row_version FROM outbox WHERE row_id = %s ORDER BY id DESC LIMIT 1", job_id)
        assert told[0]["row_version"] == 3  # queued, claimed, said something
    finally:
        heard.set()
        runner.join()


def test_secrets_in_lines_are_masked(ada, run, rows):
    job_id = send(ada, say_a_secret)
    run(ada, job_id)
    assert [one["text"] for one in lines_of(rows, job_id)] == ["Fetching https://•••@feed.test/orders"]


@job(queue="maintenance", name="chore.say_a_secret", retries=0)
def say_a_secret() -> None:
    """Say an address with a password in it."""
    say("Fetching https://robot:hunter2@feed.test/orders")


def test_outside_a_job_nobody_listens():
    say("Hello?")


def test_a_level_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        say("Hello", "loud")
