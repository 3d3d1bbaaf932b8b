"""The first page: figures with their window, what needs somebody, what changed, and the first day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.jobs import Job, JobState
from app.core.outbox import record
from app.orders.imports.events import OrdersImported
from app.orders.reads.rhythm import orders_rhythm
from app.overview import instruments
from tests.queues.pages.board import know_holds, let_wait
from tests.world import Person


def place(person: Person, *, ago: timedelta, state: str = "paid", due_ago: timedelta | None = None) -> int:
    """Write an order as it would stand after some time."""
    at = clock.now() - ago
    due = clock.now() - due_ago if due_ago is not None else at + timedelta(days=2)
    row = person.world.sql.execute(
        "INSERT INTO orders (company_id, number, state, customer_name, currency, total_minor, line_count, unit_count, "
        "source, placed_at, due_at, updated_at) VALUES (%(c)s, (SELECT coalesce(max(number), 0) + 1 FROM orders WHERE "
        "company_id = %(c)s), %(s)s, 'Iris Vale', 'GBP', 1000, 1, 1, 'api', %(at)s, %(due)s, %(at)s) RETURNING number",
        {"c": person.company_id, "s": state, "at": at, "due": due},
    ).fetchone()
    assert row is not None
    return int(row["number"])


def test_the_first_day_shows_what_to_do_first(ada: Person) -> None:
    page = ada.get("/").text
    assert "First day" in page
    assert f"bin/flask orders import FILE.csv --company {ada.company_slug}" in page


def test_with_orders_the_checklist_is_gone(ada: Person) -> None:
    place(ada, ago=timedelta(minutes=5))
    assert "First day" not in ada.get("/").text


def test_the_hour_is_compared_with_the_same_hour_of_four_weeks(ada: Person) -> None:
    for _ in range(3):
        place(ada, ago=timedelta(minutes=30))
    for week in (1, 2, 3, 4):
        for _ in range(week):
            place(ada, ago=timedelta(weeks=week, minutes=10), state="delivered")
    with ada.acting():
        rhythm = orders_rhythm()
    assert (rhythm.now, rhythm.usual, rhythm.change) == (3, 2.5, 20)
    assert sum(rhythm.points) == 3
    assert len(rhythm.points) == 12
    assert "20% above a usual hour of this weekday" in ada.get("/").text


def test_a_late_order_leads_the_page(ada: Person) -> None:
    number = place(ada, ago=timedelta(days=3), due_ago=timedelta(hours=5))
    page = ada.get("/").text
    assert "<strong>1 order should have left</strong>" in page
    assert f"#{number} for Iris Vale waits 5 h" in page
    assert 'href="/orders?view=late"' in page


def test_all_companies_see_the_order_that_waits_longest_and_whose_it_is(ada: Person, cleo: Person, pat: Person) -> None:
    oldest = place(ada, ago=timedelta(days=3000), due_ago=timedelta(days=2900))
    place(cleo, ago=timedelta(days=1), due_ago=timedelta(minutes=1))
    page = pat.get("/").text
    company = ada.world.sql.execute("SELECT name FROM companies WHERE id = %s", (ada.company_id,)).fetchone()
    ada.world.sql.execute("DELETE FROM orders WHERE company_id = %s", (ada.company_id,))
    assert company is not None
    assert f"#{oldest} for Iris Vale at {company['name']} waits 2900 d" in page


def test_late_is_a_warning_and_out_is_bad(ada: Person) -> None:
    place(ada, ago=timedelta(days=3), due_ago=timedelta(hours=5))
    item = {"sku": "LAMP-1", "name": "Lamp", "onHand": 0, "reorderPoint": 5}
    assert ada.post("/api/inventory", json=item).status_code == 201
    page = ada.get("/").text
    assert page.index("state--bad") < page.index("out of stock</a>") < page.index("should have left</a>")
    assert 'state--warn"' in page.split("should have left</a>")[0].rsplit("<tr>", 1)[1]
    assert 'state--bad"' in page.split("out of stock</a>")[0].rsplit("<tr>", 1)[1]


def test_the_job_that_runs_longest_is_named(ada: Person) -> None:
    with ada.acting(), transaction() as session:
        for title, hours in (("Old one", 2), ("New one", 1)):
            at = clock.now() - timedelta(hours=hours)
            job = Job(
                company_id=ada.company_id,
                id=new_ulid(),
                name="x",
                queue="export",
                title=title,
                args={},
                actor={},
                request_id="",
            )
            job.state, job.started_at = JobState.RUNNING, at
            session.add(job)
    page = ada.get("/").text
    assert "Old one" in page
    assert "New one" not in page


def test_what_another_company_does_is_not_seen(ada: Person, cleo: Person) -> None:
    place(cleo, ago=timedelta(days=3), due_ago=timedelta(hours=5))
    assert "should have left" not in ada.get("/").text


def test_everyone_may_read_it_and_nobody_anonymous(vera: Person, pat: Person, app: Flask) -> None:
    assert vera.get("/").status_code == 200
    everywhere = pat.get("/")
    assert everywhere.status_code == 200
    assert "all companies" in everywhere.text
    assert app.test_client().get("/").status_code in {302, 303}


def test_news_of_the_week_are_told(ada: Person, vera: Person, pump: Callable[[], int]) -> None:
    with ada.acting(), transaction():
        record(OrdersImported(import_id="01J", count=10_783))
    pump()
    assert "10,783 orders imported" in ada.get("/").text
    assert "10,783 orders imported" in vera.get("/").text


def test_one_failing_figure_degrades_alone(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise OperationalError("SELECT", {}, Exception("cancelled"))

    monkeypatch.setattr(instruments.inventory, "summarize", away)
    page = ada.get("/")
    assert page.status_code == 200
    assert "This figure cannot be had now" in page.text
    assert "in 60 min" in page.text


def test_the_figures_alone_come_back_for_a_fragment(ada: Person) -> None:
    piece = ada.fragment("/").text
    assert "Instruments" in piece
    assert "<html" not in piece


def test_the_page_listens_and_what_it_gets_fits_into_it(ada: Person) -> None:
    page, piece = ada.get("/").text, ada.fragment("/").text
    assert 'data-live-topic="orders inventory jobs" data-live-every="5"' in page
    for name in ("verdict", "basis", "figures"):
        assert f'id="{name}"' in page
        assert f'id="{name}"' in piece


def test_paused_jobs_do_not_wait_for_a_worker(ada: Person, pat: Person) -> None:
    let_wait(ada, 2)
    assert "waiting for a worker" in ada.get("/").text
    made = pat.post("/api/queues/pauses", json={"kind": "company", "value": ada.company_slug})
    try:
        know_holds(pat)
        html = ada.get("/").text
        assert "held on purpose" in html
        assert "waiting for a worker" not in html
    finally:
        pat.delete(f"/api/queues/pauses/{made.json['id']}")
        know_holds(pat)
