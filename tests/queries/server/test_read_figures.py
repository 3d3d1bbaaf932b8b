"""What PostgreSQL counted, beside what the app measured, and what the app never measured."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.installation import installation
from app.queries.models import ServerHour, ServerMinute
from app.queries.plans.capture import capture
from app.queries.reads.server import ServerFigures, list_server_only, server_figures, totals
from tests.queries.server.conftest import write


@dataclass
class Window:
    start: datetime
    end: datetime


@pytest.fixture
def window() -> Window:
    now = clock.now()
    return Window(now - timedelta(hours=1), now + timedelta(minutes=1))


def ask(link: Any, name: str, times: int) -> None:
    for _ in range(times):
        link.execute(f"SELECT word FROM {name} WHERE word = 'x'")


def figures(app: Flask, fingerprint: str, window: Window) -> ServerFigures | None:
    with app.app_context(), installation():
        return server_figures([fingerprint], window).get(fingerprint)


def test_figures_join_by_fingerprint_and_queryids_are_text(app, clerk, root, read, known, name, window):
    read()
    root.execute(f"INSERT INTO {name} SELECT 'x' FROM generate_series(1, 7)")
    ask(clerk, name, 3)
    read()
    found = figures(app, known(f"SELECT word FROM {name} WHERE word = %(word)s"), window)
    assert found is not None
    assert (found.calls, found.rows) == (3, 21)
    assert found.cache_share == pytest.approx(1.0, abs=0.5)
    assert found.blocks_a_call >= 1
    assert found.exec_ms > 0
    assert [type(one) for one in found.queryids] == [str]


def test_what_nobody_asked_has_no_figures(app, window):
    assert figures(app, "0123456789abcdef", window) is None


def test_long_spans_add_whole_hours_and_the_minutes_at_their_edges(app, clerk, read, known, name, root):
    read()
    ask(clerk, name, 1)
    read()
    fingerprint = known(f"SELECT word FROM {name} WHERE word = %(word)s")
    pattern = {"like": f"SELECT word FROM {name} %"}
    [key] = root.execute("SELECT key FROM server_statements WHERE text LIKE %(like)s", pattern).fetchone()
    hour = (clock.now() - timedelta(hours=6)).replace(minute=0, second=0, microsecond=0)
    write(app, ServerHour, [{"key": key, "at": hour + timedelta(hours=n), "calls": 100} for n in range(-1, 4)])
    minutes = [hour + timedelta(hours=n, minutes=m) for n in range(-1, 4) for m in (10, 40)]
    write(app, ServerMinute, [{"key": key, "at": at, "calls": 50} for at in minutes])
    half = timedelta(minutes=30)
    for start, end, calls in [
        (hour, hour + timedelta(hours=2), 200),
        (hour - half, hour + timedelta(hours=2), 250),
        (hour - half, hour + timedelta(hours=2) + half, 300),
        (hour + timedelta(minutes=5), hour + half, 50),
        (hour + timedelta(minutes=15), hour + half, 0),
    ]:
        found = figures(app, fingerprint, Window(start, end))
        assert (found.calls if found else 0) == calls


def test_what_the_app_never_measured_is_listed_with_who_sent_it(app, root, read, name, window):
    read()
    root.execute(f"SELECT count(*), pg_sleep(0.05) FROM {name}")
    read()
    with app.app_context(), installation():
        found = [one for one in list_server_only(window, 200) if f"FROM {name}" in one.text]
    assert [(one.roles, one.is_nested, one.figures.calls) for one in found] == [(["postgres"], False, 1)]


def test_what_the_app_measured_is_not_among_them(app, clerk, read, known, name, window):
    read()
    ask(clerk, name, 1)
    read()
    known(f"SELECT word FROM {name} WHERE word = %(word)s")
    with app.app_context(), installation():
        assert [one for one in list_server_only(window, 1000) if f"FROM {name}" in one.text] == []


def test_what_we_ask_about_statements_is_nobodys_work(app, clerk, read, known, name, window):
    read()
    fingerprint = known(f"SELECT word FROM {name} WHERE word = %(word)s")
    with app.app_context():
        capture(fingerprint)
    read()
    with app.app_context(), installation():
        assert [one.text for one in list_server_only(window, 1000) if one.text.startswith("EXPLAIN")] == []


def test_transactions_of_ours_are_not_among_what_others_sent(app, clerk, read, window):
    read()
    clerk.execute("BEGIN")
    clerk.execute("COMMIT")
    read()
    with app.app_context(), installation():
        found = list_server_only(window, 1000)
    assert [one.text for one in found if one.text in {"BEGIN", "COMMIT"} and "qd_app" in one.roles] == []


def test_totals_say_how_the_counting_stands(app, clerk, read, name, window):
    read()
    with app.app_context(), installation():
        before = totals(window)
    ask(clerk, name, 2)
    read()
    with app.app_context(), installation():
        after = totals(window)
    assert after.figures.calls >= before.figures.calls + 2
    assert after.statements > 0
    assert after.read_at is not None
    assert before.read_at is not None
    assert after.read_at > before.read_at
    assert after.held > 0
    assert after.reset_at is not None


def test_a_company_sees_nothing_of_it(app, ada, clerk, read, name, window):
    read()
    ask(clerk, name, 2)
    read()
    with ada.acting():
        assert list_server_only(window) == []
        assert totals(window).figures.calls == 0
