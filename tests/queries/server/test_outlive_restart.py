"""Counting goes on through a restart, a crash and real evictions of a server, each call once."""

import signal
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.core.tenancy import system_work
from app.queries.models import ServerCounter, ServerMinute, ServerStatement
from app.queries.server.collect import collect
from app.queries.server.link import OurServer
from tests.services import Services, running_services
from tests.stage import TEMPLATE


@pytest.fixture(scope="module")
def own() -> Iterator[Services]:
    """A server to stop and to kill."""
    with running_services() as running:
        yield running


class Watched:
    """A database on a server of its own, read into the app's tables."""

    def __init__(self, app: Flask, own: Services) -> None:
        self.app, self.own = app, own
        self.urls = own.create_database(template=TEMPLATE)
        self.name = f"n_{uuid4().hex[:12]}"
        self.send(f"CREATE TABLE {self.name} (word text)")

    def send(self, *statements: str) -> None:
        """Send statements as somebody; the monitor's own would not be counted."""
        with psycopg.connect(self.urls["DATABASE_OWNER_URL"], autocommit=True, prepare_threshold=None) as link:
            for statement in statements:
                link.execute(statement)

    def ask(self, times: int) -> None:
        self.send(*[f"SELECT FROM {self.name} WHERE word = 'x'"] * times)

    def read(self) -> None:
        with self.app.app_context():
            collect(OurServer(self.urls["DATABASE_MONITOR_URL"]))

    def end(self, number: signal.Signals) -> None:
        """End the server and start it again."""
        postgres = self.own.postgres
        assert postgres is not None
        assert postgres.process is not None
        postgres.process.send_signal(number)
        postgres.process.wait()
        postgres.start()

    def keys(self) -> list[str]:
        with self.app.app_context(), system_work():
            mine = ServerStatement.text.like(f"SELECT FROM {self.name} %")
            return list(db.session.scalars(select(ServerStatement.key).where(mine)))

    def calls(self) -> int:
        keys = self.keys()
        with self.app.app_context(), system_work():
            total = db.session.scalar(select(func.sum(ServerMinute.calls)).where(ServerMinute.key.in_(keys)))
        return int(total or 0)

    def is_counted_on(self) -> bool:
        """Whether the counters of the statement are held; they are forgotten when PostgreSQL dropped them."""
        keys = self.keys()
        with self.app.app_context(), system_work():
            return bool(db.session.scalars(select(ServerCounter).where(ServerCounter.key.in_(keys))).all())

    def evictions(self) -> int:
        with self.app.app_context(), system_work():
            return db.session.scalars(select(ServerCounter).where(ServerCounter.key == "")).one().calls


@pytest.fixture
def watched(app: Flask, own: Services) -> Watched:
    made = Watched(app, own)
    made.read()
    return made


def test_a_restart_keeps_the_counters_and_a_crash_begins_them_anew(watched: Watched):
    watched.ask(4)
    watched.read()
    watched.ask(2)
    watched.end(signal.SIGINT)
    watched.ask(3)
    watched.read()
    assert watched.calls() == 9
    watched.end(signal.SIGKILL)
    watched.ask(5)
    watched.read()
    assert watched.calls() == 14


def test_an_entry_that_was_evicted_is_counted_on_when_it_comes_back(watched: Watched):
    with psycopg.connect(watched.own.superuser_url("postgres"), autocommit=True) as root:
        root.execute("ALTER SYSTEM SET pg_stat_statements.max = 100")
    watched.end(signal.SIGINT)
    watched.ask(1)
    watched.read()
    before = watched.evictions()
    watched.send(*[f"SELECT {', '.join('1' * columns)}" for columns in range(1, 151) for _ in range(3)])
    watched.read()
    assert watched.evictions() > before
    assert not watched.is_counted_on()
    watched.ask(6)
    watched.read()
    assert watched.calls() == 7
