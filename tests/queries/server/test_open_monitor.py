"""The monitor's own connections: short, read by statistics only, and never the app's pool."""

import threading
from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app.queries.server import link
from app.queries.server.link import monitor, ours
from app.queries.server.problems import MonitorAway, MonitorBusy, MonitorMissing


def test_the_monitor_asks_with_its_own_login_and_limits(app: Flask):
    with app.app_context(), monitor(timeout_ms=750) as connection:
        row = connection.execute(
            "SELECT current_user AS who, current_setting('application_name') AS name, "
            "current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock"
        ).fetchone()
    assert row == {"who": "qd_monitor", "name": "quarterdeck-monitor", "statement": "750ms", "lock": "200ms"}


def test_a_statement_ends_after_its_time_and_the_next_connection_does_not_know(app: Flask):
    with app.app_context():
        with monitor(timeout_ms=50) as connection, pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(30)")
        with monitor() as connection:
            assert connection.execute("SELECT 1 AS is_well").fetchone() == {"is_well": 1}


def test_it_reads_no_row_of_anybody(app: Flask):
    with app.app_context(), monitor() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM orders LIMIT 1")


def test_a_server_that_is_away_is_said_in_our_words(app: Flask):
    with app.app_context():
        away = replace(ours(), url="postgresql://qd_monitor:secret-word@127.0.0.1:1/nowhere")
    with pytest.raises(MonitorAway) as caught, away.connect(500):
        pass
    assert "secret-word" not in caught.value.sentence
    assert "127.0.0.1" not in caught.value.sentence


def test_why_it_does_not_let_us_in_is_said(app: Flask):
    with app.app_context():
        url = make_url(str(getattr(ours(), "url", "")))
    for changed, reason in [
        (url.set(password="wrong"), "refuses the login"),
        (url.set(database="nowhere"), "database of DATABASE_MONITOR_URL is not there"),
        (url.set(port=1), "Nobody listens"),
    ]:
        with (
            pytest.raises(MonitorAway) as caught,
            link.OurServer(changed.render_as_string(hide_password=False)).connect(500),
        ):
            pass
        assert reason in caught.value.sentence


def test_without_a_login_it_says_what_to_set():
    with pytest.raises(MonitorMissing) as caught, link.OurServer(None).connect(500):
        pass
    assert "DATABASE_MONITOR_URL" in caught.value.sentence


def test_more_than_four_at_once_are_refused_instead_of_queueing(app: Flask, monkeypatch):
    monkeypatch.setattr(link, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(link, "PATIENCE_S", 0.01)
    with app.app_context():
        with monitor(), pytest.raises(MonitorBusy), monitor():
            pass
        with monitor() as connection:
            assert connection.execute("SELECT 1 AS again").fetchone() == {"again": 1}
