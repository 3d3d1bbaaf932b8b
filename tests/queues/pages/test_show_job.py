"""The page of a job: why it stands where it does, its runs, its log, its tree; the same as JSON."""

import re

import pytest

from app.core import jobs
from app.core.db import transaction
from app.queues.raised import fold
from tests.queues import chores
from tests.queues.pages.given import backing_off, done, failed, queued


def verdict(page):
    found = re.search(r'id="job-verdict">.*?<span>(.*?)</span>', page, re.DOTALL)
    return found[1]


def test_a_waiting_job_says_that_it_waits_for_a_slot(ada):
    job_id = queued(ada)
    assert "for a slot of maintenance" in verdict(ada.get(f"/jobs/{job_id}").text)
    assert "for a slot of maintenance" in ada.get(f"/api/jobs/{job_id}").json["verdict"]


def test_a_waiting_job_says_what_ledger_and_broker_know_of_it(ada):
    job_id = queued(ada)
    assert "nothing of it is in the broker" in ada.get(f"/jobs/{job_id}").text
    assert any("nothing of it is in the broker" in line for line in ada.get(f"/api/jobs/{job_id}").json["evidence"])


def test_a_silent_worker_is_told_with_evidence(ada, superuser_sql):
    job_id = queued(ada)
    with ada.acting(), transaction():
        jobs.claim(job_id)
    superuser_sql.execute("UPDATE jobs SET lease_until = now() - interval '5 s' WHERE id = %s", (job_id,))
    superuser_sql.execute("UPDATE job_outbox SET due_at = now() - interval '4 s' WHERE job_id = %s", (job_id,))
    page = ada.get(f"/jobs/{job_id}").text
    assert "another worker is given the job" in verdict(page)
    assert "The lease has run out" in page


@pytest.mark.parametrize(("extended_s", "is_silent"), [(3, False), (20, True)])
def test_a_job_whose_worker_is_gone_says_when_it_is_given_back(ada, superuser_sql, extended_s, is_silent):
    job_id = queued(ada)
    with ada.acting(), transaction():
        jobs.claim(job_id)
    ends = "now() + make_interval(secs => %s)"
    left_s = 45 - extended_s
    superuser_sql.execute(f"UPDATE jobs SET lease_until = {ends} WHERE id = %s", (left_s, job_id))
    superuser_sql.execute(f"UPDATE job_outbox SET due_at = {ends} WHERE job_id = %s", (left_s + 1, job_id))
    superuser_sql.execute("UPDATE job_attempts SET worker = 'gone@host', pid = 4999999 WHERE job_id = %s", (job_id,))
    found = re.search(
        r"Its worker has been silent for \d+ s; the job is given back at \d\d:\d\d:\d\d\.",
        ada.get(f"/jobs/{job_id}").text,
    )
    assert (found is not None) is is_silent


def test_a_job_that_waits_for_others_names_them(ada):
    first = queued(ada, chores.count_up, 3, title="Goes first")
    second = queued(ada, chores.count_up, 3, after=[first])
    page = ada.get(f"/jobs/{second}").text
    assert verdict(page) == "It waits for 1 other job to end first."
    assert "Goes first" in page


def test_a_job_that_failed_and_tries_again_says_when(ada, run):
    job_id = backing_off(ada, run)
    page = ada.get(f"/jobs/{job_id}").text
    assert "Failed once: ValueError: Order 417" in verdict(page)
    assert "that is run 2 of at most 2" in verdict(page)
    assert "Failed once, tries again" in page
    assert "Run now" in page
    detail = ada.get(f"/api/jobs/{job_id}").json
    assert [(one["number"], one["outcome"]) for one in detail["runs"]] == [(1, "failed")]
    assert [line["text"] for line in detail["log"]] == ["Line 1", "Line 2", "Line 3"]


def test_what_it_raised_shows_our_own_frames(ada, run):
    page = ada.get(f"/jobs/{backing_off(ada, run)}").text
    raised = page[page.index('aria-label="Traceback"') :]
    raised = raised[: raised.index("</pre>")]
    assert "tests/queues/chores.py" in raised
    assert "ValueError: Order 417" in raised
    assert "site-packages" not in raised


def test_frames_of_others_are_folded_with_their_names():
    text = (
        'Traceback (most recent call last):\n  File "/srv/app/core/running.py", line 5, in _attempt\n    call()\n  File "/srv/app/orders/tasks.py", line 5, in run\n    go()\n    ^^^^\n'
        '  File "/v/site-packages/sqlalchemy/a.py", line 1, in b\n    c()\n'
        '  File "/v/site-packages/psycopg/a.py", line 1, in b\n    c()\n'
        '  File "/usr/lib/python3.11/json/x.py", line 2, in y\n    z()\nKeyError: 7\n'
    )
    assert [(line.text, line.kind) for line in fold(text)] == [
        ("  … 1 frame of the worker", "c"),
        ('File "app/orders/tasks.py", line 5, in run', ""),
        ("    go()", ""),
        ("  … 3 frames of sqlalchemy, psycopg and Python", "c"),
        ("KeyError: 7", "e"),
    ]


def test_runs_lie_on_one_scale_of_time(ada, run):
    job_id = backing_off(ada, run)
    page = ada.get(f"/jobs/{job_id}").text
    strips = re.findall(r"<li><span>(\w+)</span><svg", page)
    assert strips == ["First", "Second"]
    assert 'class="failed"' in page


def test_a_running_job_says_where_and_how_long_it_still_takes(ada):
    job_id = queued(ada, chores.count_up, 4)
    with ada.acting(), transaction():
        jobs.claim(job_id)
        jobs.step(job_id, 1, 4, "Reading lines")
    page = ada.get(f"/jobs/{job_id}").text
    assert verdict(page).startswith("It runs")
    assert "Reading lines" in page
    assert 'max="4" value="1"' in page
    assert 'data-live-refresh="0.5"' in page


def test_a_done_job_says_how_long_it_took_and_what_came_of_it(ada, run):
    page = ada.get(f"/jobs/{done(ada, run)}").text
    assert verdict(page).startswith("Done in ")
    assert "&#34;steps&#34;: 3" in page


def test_a_failed_job_says_that_nothing_happens_by_itself(ada, run, look):
    job_id = failed(ada, run)
    page = ada.get(f"/jobs/{job_id}").text
    assert "The shelf is empty" in verdict(page)
    assert "not tried again by itself" in verdict(page)
    assert f"/jobs?signature={look(ada, job_id).signature}" in page


def test_masked_arguments_are_marked_and_cannot_be_sent_again(ada, run):
    job_id = queued(ada, chores.deliver_to, {"apiToken": "hush-hush"})
    run(ada, job_id)
    page = ada.get(f"/jobs/{job_id}").text
    assert "hush-hush" not in page
    assert "Masked" in page
    assert f"/jobs/{job_id}/retry" not in page


def test_a_tree_shows_what_caused_what(ada, run):
    parent = queued(ada, chores.spawn, 2, title="The parent")
    run(ada, parent)
    tree = ada.get(f"/api/jobs/{parent}").json["tree"]
    assert (tree["id"], [one["title"] for one in tree["children"]]) == (parent, ["Child 0", "Child 1"])
    child = tree["children"][0]["id"]
    page = ada.get(f"/jobs/{child}").text
    assert "The parent" in page
    assert 'class="tree__d1"' in page


def test_a_reread_brings_the_head_as_well(vera, ada):
    parts = vera.fragment(f"/jobs/{queued(ada)}").text
    assert all(f'id="{one}"' in parts for one in ("job-pill", "job-verdict", "job-acts", "job-detail"))
    assert "<html" not in parts


def test_a_platform_admin_opens_a_job_of_any_company(pat, ada, run):
    page = pat.get(f"/jobs/{failed(ada, run)}").text
    assert "Harbour" in page
    assert "The shelf is empty" in page


@pytest.mark.parametrize("path", ["/jobs/{}", "/api/jobs/{}", "/jobs/{}/discard", "/jobs/{}/file"])
def test_another_company_finds_no_such_job(cleo, ada, run, path):
    assert cleo.get(path.format(failed(ada, run))).status_code == 404
