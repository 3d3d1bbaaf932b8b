"""The monitor's own small connections: never the app's pool, so figures are read when the pool is what is stuck.

A connection is opened for a panel and closed after it (some 5 ms): nothing of it is held while nobody looks, and no
limit set for one panel stays for the next. Statements end after the panel's time, and wait 200 ms at most for a lock.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import psycopg.sql as psql
from flask import current_app
from psycopg.rows import dict_row

from app.core.address import libpq_address
from app.queries.server.problems import MonitorAway, MonitorBusy, MonitorMissing
from app.queries.server.protocol import Link, Row, Server
from config import Settings

APPLICATION = "quarterdeck-monitor"
CONNECT_S = 2
LOCK_MS = 200
AT_ONCE = 4  # of each process: monitoring must not take the connections that work needs
PATIENCE_S = 1.0
_slots = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class OurServer:
    """The PostgreSQL this installation stands on.

    Attributes:
        url: As `DATABASE_MONITOR_URL` has it; None when it is not set.
    """

    url: str | None
    name: str = "ours"

    @contextmanager
    def connect(self, timeout_ms: int) -> Iterator[Link]:
        """Open a connection of its own whose statements end after `timeout_ms`."""
        if self.url is None:
            raise MonitorMissing
        if not _slots.acquire(timeout=PATIENCE_S):
            raise MonitorBusy
        try:
            with open_link(self.url, timeout_ms) as link:
                yield link
        finally:
            _slots.release()


def ours() -> Server:
    """Return this installation's own server."""
    settings: Settings = current_app.config["SETTINGS"]
    url = settings.database_monitor_url
    return OurServer(url.get_secret_value() if url else None)


@contextmanager
def monitor(timeout_ms: int = 1000) -> Iterator[Link]:
    """Ask PostgreSQL about itself: rows are dicts, each statement is a transaction of its own.

    Raises:
        MonitorMissing: DATABASE_MONITOR_URL is not set.
        MonitorAway: It does not answer.
        MonitorBusy: As many as may ask at once.
        psycopg.Error: What a statement met: a time limit, a missing right.
    """
    with ours().connect(timeout_ms) as link:
        yield link


@contextmanager
def open_link(url: str, timeout_ms: int) -> Iterator[Link]:
    """Connect without a pool.

    Raises:
        MonitorAway: It does not answer; the words are ours, for a driver's message may name what is nobody's business.
    """
    limits = {
        "statement_timeout": timeout_ms, "lock_timeout": LOCK_MS, "idle_in_transaction_session_timeout": timeout_ms,
        "timezone": "UTC",
    }  # fmt: skip
    try:
        link: psycopg.Connection[Row] = psycopg.connect(
            driver_url(url), autocommit=True, row_factory=dict_row, prepare_threshold=None, connect_timeout=CONNECT_S,
            application_name=APPLICATION, options=" ".join(f"-c {name}={value}" for name, value in limits.items()),
        )  # fmt: skip
    except psycopg.Error as error:
        raise MonitorAway(reason=in_our_words(error)) from None
    with link:
        yield link


def set_timeout(link: Link, timeout_ms: int) -> None:
    """Give the statements that follow another limit."""
    link.execute(psql.SQL("SET statement_timeout = {}").format(psql.Literal(timeout_ms)))


def driver_url(url: str) -> str:
    """Return an address as libpq reads it."""
    return libpq_address(url)


# A connection that was not made has no SQLSTATE, so its message is looked at, and never shown.
REASONS = (
    ("authentication failed", "It refuses the login of DATABASE_MONITOR_URL."),
    ("pg_hba.conf", "It does not let this machine in."),
    ("role ", "The login of DATABASE_MONITOR_URL is not there."),
    ("database ", "The database of DATABASE_MONITOR_URL is not there."),
    ("too many", "It has no connection left."),
    ("connection slots", "It has no connection left."),
    ("starting up", "It is starting."),
    ("shutting down", "It is stopping."),
    ("refused", "Nobody listens at its address."),
    ("timeout", "It did not answer in time."),
)


def in_our_words(error: psycopg.Error) -> str:
    """Say why a connection was not made, without the server's message."""
    _, _, said = str(error).partition("FATAL:")
    said = said or str(error).rpartition(" failed: ")[2]
    return next((reason for words, reason in REASONS if words in said), "No connection was made.")
