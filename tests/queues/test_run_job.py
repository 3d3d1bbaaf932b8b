"""Running: once when all is well, again when a worker was lost, never two at a time."""

from datetime import timedelta

import time_machine

from app.core import clock, jobs
from app.core.db import transaction
from app.core.jobs import JobState
from app.core.jobs.rules import rules_of
from tests.queues import chores


def enqueue(person, function, *args):
    with person.acting(), transaction():
        return function.enqueue(*args, title="A chore")


def test_a_job_runs_and_says_what_came_of_it(ada, run, look, rows, tmp_path):
    job_id = enqueue(ada, chores.append_line, str(tmp_path / "out"), "hello")
    run(ada, job_id)
    job = look(ada, job_id)
    assert (job.state, job.done, job.total, job.result, job.attempts) == (JobState.DONE, 1, 1, {"lines": 1}, 1)
    assert job.started_at
    assert job.finished_at
    assert rows("SELECT 1 FROM job_outbox WHERE job_id = %s", job_id) == []


def test_a_job_delivered_twice_runs_once(ada, run, tmp_path):
    job_id = enqueue(ada, chores.append_line, str(tmp_path / "out"), "hello")
    run(ada, job_id)
    run(ada, job_id)
    assert (tmp_path / "out").read_text() == "hello\n"


def test_a_job_in_other_hands_is_left_alone(ada, run, look, tmp_path):
    job_id = enqueue(ada, chores.append_line, str(tmp_path / "out"), "hello")
    with ada.acting(), transaction():
        jobs.claim(job_id)
    run(ada, job_id)
    assert not (tmp_path / "out").exists()
    assert look(ada, job_id).state is JobState.RUNNING


def test_a_job_whose_worker_was_lost_is_due_again_and_runs(ada, run, look, rows, tmp_path):
    job_id = enqueue(ada, chores.append_line, str(tmp_path / "out"), "hello")
    with ada.acting(), transaction():
        jobs.claim(job_id)
    with time_machine.travel(clock.now() + timedelta(seconds=jobs.LEASE_S + 2), tick=True):
        assert rows("SELECT due_at FROM job_outbox WHERE job_id = %s", job_id)[0]["due_at"] <= clock.now()
        run(ada, job_id)
    job = look(ada, job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 2)


def test_a_running_worker_keeps_its_job(ada, look):
    job_id = enqueue(ada, chores.count_up, 1)
    with ada.acting(), transaction():
        jobs.claim(job_id)
    before = look(ada, job_id).lease_until
    with time_machine.travel(clock.now() + timedelta(seconds=20), tick=True), ada.acting(), transaction():
        jobs.extend_lease(job_id)
    assert look(ada, job_id).lease_until > before


def test_a_refusal_ends_a_job_with_its_sentence(ada, run, look):
    job_id = enqueue(ada, chores.fail, "The shelf is empty.")
    run(ada, job_id)
    job = look(ada, job_id)
    assert (job.state, job.error) == (JobState.FAILED, "The chore cannot be done. The shelf is empty.")


def test_a_bug_is_tried_three_times_more_with_growing_pauses(ada, run, look, rows):
    job_id = enqueue(ada, chores.fail)
    pauses = []
    for _ in range(rules_of("chore.fail").retries):
        run(ada, job_id)
        assert look(ada, job_id).state is JobState.QUEUED
        due = rows("SELECT due_at FROM job_outbox WHERE job_id = %s", job_id)[0]["due_at"]
        pauses.append((due - clock.now()).total_seconds())
    run(ada, job_id)
    job = look(ada, job_id)
    assert pauses == sorted(pauses)
    assert pauses[0] > 2
    assert (job.state, job.attempts, job.error) == (JobState.FAILED, 4, "ZeroDivisionError: a bug")


def test_progress_is_told_but_not_at_every_step(ada, run, look, rows):
    job_id = enqueue(ada, chores.count_up, 5000)
    run(ada, job_id)
    job = look(ada, job_id)
    assert (job.done, job.total, job.message) == (5000, 5000, "Step 5000")
    told = rows(
        "SELECT count(*) AS n FROM (SELECT row_id FROM outbox UNION ALL SELECT row_id FROM event_log) f WHERE row_id = %s",
        job_id,
    )[0]["n"]
    assert 3 <= told < 40


def test_a_real_worker_runs_what_the_relay_sends(ada, site, look, wait):
    csv = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    csv += "1,A,Thing,2,2011-01-04 10:00:00,1.50,7,France\n"
    sent = ada.post("/api/orders/imports", data=csv, headers={"Content-Type": "text/csv"})
    assert sent.status_code == 202, sent.text
    job_id = sent.json["jobId"]
    wait(lambda: look(ada, job_id).state.is_over, limit_s=60, say=lambda: site.log("worker"))
    assert look(ada, job_id).state is JobState.DONE
