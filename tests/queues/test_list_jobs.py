"""Jobs as pages and JSON."""

import re

import pytest

from app.core.cursor import encode_cursor
from app.core.db import transaction
from app.core.live_render import render_rows
from tests.queues import chores


def enqueue(person, title):
    with person.acting(), transaction():
        return chores.count_up.enqueue(3, title=title)


def test_the_newest_job_stands_first(ada):
    first, second = enqueue(ada, "First"), enqueue(ada, "Second")
    found = ada.get("/api/jobs?limit=1").json
    assert [job["id"] for job in found["items"]] == [second]
    rest = ada.get(f"/api/jobs?limit=1&after={found['nextCursor']}").json
    assert [job["id"] for job in rest["items"]] == [first]


def test_the_page_shows_jobs_and_filters_by_state(ada, run):
    done, waiting = enqueue(ada, "Ended already"), enqueue(ada, "Still waiting")
    run(ada, done)
    page = ada.get("/jobs?state=queued").text
    assert "Still waiting" in page
    assert "Ended already" not in page
    assert f'id="job-{waiting}"' in page


def test_a_job_has_a_page_that_listens_to_it(vera, ada):
    job_id = enqueue(ada, "Count to three")
    page = vera.get(f"/jobs/{job_id}").text
    assert "Count to three" in page
    assert f'data-live-row="{job_id}"' in page


def test_a_filtered_list_asks_for_single_rows_again(ada, run):
    done, waiting = enqueue(ada, "Ended"), enqueue(ada, "Waiting")
    run(ada, done)
    rows = ada.fragment(f"/jobs?state=queued&ids={done},{waiting}").text
    assert f'id="job-{waiting}"' in rows
    assert f'id="job-{done}"' not in rows


def test_the_pushed_row_is_the_row_of_the_page(ada, app):
    job_id = enqueue(ada, "Same everywhere")
    rows, gone = render_rows(app, (ada.company_id, "jobs"), [job_id, "gone"])
    assert (rows[0].id, gone) == (f"job-{job_id}", ["gone"])
    assert untimed(rows[0].html) in untimed(ada.get("/jobs").text)


def untimed(html):
    """Times are written for their reader; the script writes them again."""
    return re.sub(r"<time.*?</time>|\s+", "", html)


def test_another_company_sees_none(ada, cleo):
    job_id = enqueue(ada, "Ours")
    assert cleo.get(f"/jobs/{job_id}").status_code == 404
    assert cleo.get(f"/api/jobs/{job_id}").status_code == 404
    assert "Ours" not in cleo.get("/jobs").text


def test_an_empty_list_says_what_jobs_are(ada):
    assert "No job has run here yet" in ada.get("/jobs").text


@pytest.mark.parametrize("position", ["advanced-analytics", "", "U" * 26, "é" * 26, "Z" * 26])
def test_a_position_of_another_list_is_refused(app, ada, position):
    with app.app_context():
        cursor = encode_cursor(position)
    answer = ada.get(f"/api/jobs?after={cursor}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid-cursor")
