"""Backends that a test makes wait, idle and hold."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import psycopg
from pydantic import SecretStr

from config import Settings
from tests.site import wait_for
from tests.world import Connection

Seen = dict[str, Any]


@contextmanager
def holding(url: str, *statements: str, name: str = "holder") -> Iterator[psycopg.Connection]:
    """A transaction that stays open after these statements."""
    with psycopg.connect(url, application_name=name) as connection:
        for statement in statements:
            connection.execute(statement)
        yield connection
        with suppress(psycopg.Error):
            connection.rollback()


@contextmanager
def waiting(sql: Connection, url: str, *statements: str, name: str = "waiter") -> Iterator[int]:
    """A backend whose last statement waits for a lock, until somebody ends it; its pid."""
    with psycopg.connect(url, application_name=name) as connection:
        for statement in statements[:-1]:
            connection.execute(statement)
        pid = connection.info.backend_pid
        thread = Thread(target=run_ignoring, args=(connection, statements[-1]), daemon=True)
        thread.start()
        try:
            wait_for(lambda: is_waiting(sql, pid))
            yield pid
        finally:  # a test that failed, too, would else wait for its own lock for ever
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=5)
            thread.join(20)


def run_ignoring(connection: psycopg.Connection, statement: str) -> None:
    """Run what is going to be stopped."""
    with suppress(psycopg.Error):
        connection.execute(statement)


def is_waiting(sql: Connection, pid: int) -> bool:
    """Say whether a backend waits for a lock."""
    row = sql.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    return row is not None and row["wait_event_type"] == "Lock"


def started(sql: Connection, pid: int) -> str:
    """Return when a backend's connection began, to the microsecond."""
    row = sql.execute("SELECT backend_start FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    assert row is not None
    return str(row["backend_start"].isoformat())


def of_pid(items: list[Seen], pid: int) -> Seen:
    """Return a backend out of a list."""
    return next(one for one in items if one["pid"] == pid)


def watched_by(settings: Settings, url: str | None) -> Settings:
    """Return settings in which another login watches."""
    return settings.model_copy(update={"database_monitor_url": None if url is None else SecretStr(url)})
