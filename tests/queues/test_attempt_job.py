"""Attempts: a row for each run, with where it ran, how long it waited and ran, and what went wrong."""

from datetime import timedelta

import pytest
import time_machine

from app.core import clock, jobs, process
from app.core.db import transaction
from app.core.errors import Problem
from app.core.jobs import JobState
from app.core.jobs.failures import TRACEBACK_BYTES, failure_of, generalise
from app.core.tasks import job, run_job
from tests.queues import chores


class DoorShut(Problem, code="circuit-open", status=503):
    """The door is shut. It opens again in {retry_after_s} s."""

    retry_after_s: int


@job(queue="maintenance", name="chore.knock", retries=0)
def knock(shut: bool) -> None:
    """Meet a breaker."""
    if shut:
        raise DoorShut(retry_after_s=2)


@job(queue="maintenance", name="chore.leak", retries=0)
def leak(url: str) -> None:
    """Break with a secret in the text."""
    raise ConnectionError(f"cannot reach {url}")


def send(person, function, *args):
    with person.acting(), transaction():
        return function.enqueue(*args, title="A chore")


def attempts_of(rows, job_id):
    return rows("SELECT * FROM job_attempts WHERE job_id = %s ORDER BY number", job_id)


def test_a_run_leaves_its_row(ada, run, rows, look):
    job_id = send(ada, chores.count_up, 3)
    run(ada, job_id)
    (one,) = attempts_of(rows, job_id)
    assert (one["number"], one["outcome"], one["queue"], one["name"]) == (1, "done", "maintenance", "chore.count")
    assert (one["worker"], one["release"]) == (process.label(), "development")
    assert one["pid"] > 0
    assert one["ran_ms"] >= 0
    assert one["waited_ms"] >= 0
    assert one["ended_at"] >= one["started_at"]
    assert look(ada, job_id).worker == process.label()


def test_the_worker_s_own_name_is_kept(ada, app, rows):
    job_id = send(ada, chores.count_up, 1)
    with app.app_context():
        run_job(ada.company_id, job_id, "celery@dock-7")
    assert attempts_of(rows, job_id)[0]["worker"] == "celery@dock-7"


def test_the_wait_is_counted_from_when_it_was_due(ada, run, rows):
    at = clock.now()
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(1, title="Later", not_before=at + timedelta(hours=5))
    due = rows("SELECT due_at, phase FROM job_outbox WHERE job_id = %s", job_id)[0]
    assert (due["phase"], due["due_at"] - at) == ("waiting", timedelta(hours=5))
    with time_machine.travel(at + timedelta(hours=5, seconds=3), tick=True):
        run(ada, job_id)
    assert 3000 <= attempts_of(rows, job_id)[0]["waited_ms"] < 60_000


def test_each_failure_keeps_its_traceback_and_a_signature(ada, run, rows, look):
    job_id = send(ada, chores.talk, 3, True)
    run(ada, job_id)
    run(ada, job_id)
    first, second = attempts_of(rows, job_id)
    assert [first["outcome"], second["outcome"]] == ["failed", "failed"]
    assert first["error_type"] == "ValueError"
    assert "Order 417 is not 'shipped' after 3 lines" in first["error"]
    assert "in talk" in first["traceback"]
    kept = look(ada, job_id)
    assert (kept.state, kept.signature) == (JobState.FAILED, first["signature"])
    assert first["signature"] == second["signature"] != ""


def test_failures_of_a_kind_share_their_signature_and_others_do_not(ada, run, look):
    same = [send(ada, chores.talk, lines, True) for lines in (1, 2, 9)]
    other = send(ada, chores.fail)
    for job_id in (*same, *same, other):
        run(ada, job_id)
    assert len({look(ada, one).signature for one in same}) == 1
    assert look(ada, other).signature not in {"", look(ada, same[0]).signature}


def test_a_job_that_succeeds_in_the_end_keeps_no_error(ada, run, look, monkeypatch):
    job_id = send(ada, chores.talk, 1, True)
    run(ada, job_id)
    assert look(ada, job_id).signature != ""
    monkeypatch.setitem(chores.talk.function.__globals__, "ValueError", lambda text: None)
    with ada.acting(), transaction():
        jobs.claim(job_id)
        jobs.finish(job_id, JobState.DONE)
    assert (look(ada, job_id).error, look(ada, job_id).signature) == ("", "")


def test_a_lost_worker_s_attempt_is_closed_by_the_next_claim(ada, run, rows):
    job_id = send(ada, chores.count_up, 1)
    with ada.acting(), transaction():
        jobs.claim(job_id)
    with time_machine.travel(clock.now() + timedelta(seconds=jobs.LEASE_S + 2), tick=True):
        run(ada, job_id)
    lost, done = attempts_of(rows, job_id)
    assert (lost["outcome"], lost["error_type"], done["outcome"]) == ("lost", "WorkerLost", "done")


def test_a_job_that_loses_every_worker_is_given_up(ada, run, rows, look):
    job_id = send(ada, chores.count_up, 1)
    at = clock.now()
    for number in range(4):
        with time_machine.travel(at + timedelta(seconds=60 * number), tick=True), ada.acting(), transaction():
            assert jobs.claim(job_id) is not None
    with time_machine.travel(at + timedelta(seconds=300), tick=True):
        run(ada, job_id)
    kept = look(ada, job_id)
    assert (kept.state, kept.attempts) == (JobState.FAILED, 4)
    assert "lost every time" in kept.error
    assert kept.signature != ""
    assert [one["outcome"] for one in attempts_of(rows, job_id)] == ["lost"] * 4


def test_a_job_that_was_to_stop_does_not_run_again_after_its_worker_was_lost(ada, run, look):
    job_id = send(ada, chores.count_up, 1)
    with ada.acting(), transaction():
        jobs.claim(job_id)
        jobs.ask_to_stop(job_id)
    with time_machine.travel(clock.now() + timedelta(seconds=jobs.LEASE_S + 2), tick=True):
        run(ada, job_id)
    assert (look(ada, job_id).state, look(ada, job_id).attempts) == (JobState.CANCELLED, 1)


def test_a_breaker_s_refusal_is_no_run(ada, run, rows, look):
    job_id = send(ada, knock, True)
    run(ada, job_id)
    (one,) = attempts_of(rows, job_id)
    assert (one["outcome"], one["ended_at"]) == ("refused", None)
    assert (look(ada, job_id).state, look(ada, job_id).attempts) == (JobState.QUEUED, 0)
    run(ada, job_id)
    assert [one["number"] for one in attempts_of(rows, job_id)] == [1]


def test_secrets_in_errors_are_masked(ada, run, rows):
    job_id = send(ada, leak, "smtp://robot:hunter2@mail.test")
    run(ada, job_id)
    (one,) = attempts_of(rows, job_id)
    assert "mail.test" in one["error"]
    assert "hunter2" not in one["error"] + one["traceback"]


def test_a_long_traceback_keeps_its_beginning_and_its_end():
    def sink(depth):
        if depth:
            [sink, lambda _: None][depth % 2 == 7](depth - 1)
        raise ValueError("ü" * 30_000)

    with pytest.raises(ValueError, match="ü") as broken:
        sink(3)
    kept = failure_of("chore.sink", broken.value).traceback
    assert len(kept.encode()) <= TRACEBACK_BYTES
    assert kept.startswith("Traceback")
    assert "… cut …" in kept


@pytest.mark.parametrize(
    ("text", "general"),
    [
        ("Order 417 of 'Acme' after 3.5 s", "Order N of '…' after N s"),
        ("job 01KJ4Z8Q4T3W2V1R0P9N8M7K6J at 0x7f00aa", "job ID at ID"),
        ('duplicate key (sku)=("A-1")', "duplicate key (sku)=('…')"),
        ("cannot reach mail-3.acme.example:25", "cannot reach HOST"),
        ("cannot reach 'mail-3.acme.example' at 10.0.0.7:25", "cannot reach '…' at HOST"),
        ("https://api.partner.example/orders?page=3", "https://HOST/orders?page=N"),
        ("connect to [2001:db8::7]:443 failed", "connect to HOST failed"),
        ("fe80::1%eth0, ::1 and 2001:db8:0:0:0:0:0:7", "HOST, HOST and HOST"),
        ("no answer from localhost:6379", "no answer from HOST"),
        ("bob.smith+x@mail.acme.example is refused", "MAIL is refused"),
        ("no file /var/data/2026-11/part-0017.csv", "no file /var/data/N-N/part-N.csv"),
        ("std::vector in orders.csv: celery.exceptions.Retry", "std::vector in orders.csv: celery.exceptions.Retry"),
        ("took 12:34:56", "took N"),
    ],
)
def test_what_changes_each_time_is_left_out_of_a_signature(text, general):
    assert generalise(text) == general
