"""What tests of counters and plans stand on."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert

from app.core import clock
from app.core.db import db, transaction
from app.core.histogram import Histogram
from app.core.installation import installation_id
from app.core.tenancy import system_work
from app.queries.models import Statement, StatementMinute
from app.queries.server.collect import collect
from app.queries.server.link import ours
from app.queries.watch.fingerprint import read_statement

Sql = psycopg.Connection[Any]


@pytest.fixture
def clerk(urls: dict[str, str]) -> Iterator[Sql]:
    """Somebody who asks as the app does."""
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True, prepare_threshold=None) as it:
        yield it


@pytest.fixture
def root(superuser_url: str) -> Iterator[Sql]:
    """Somebody who may change tables, and reset counters, which we never do."""
    with psycopg.connect(superuser_url, autocommit=True, prepare_threshold=None) as it:
        yield it


@pytest.fixture
def name(root: Sql) -> Iterator[str]:
    """A table's name: who asks it sends a statement nobody else sends."""
    made = f"n_{uuid4().hex[:12]}"
    root.execute(f"CREATE TABLE {made} (word text)")
    root.execute(f"GRANT SELECT ON {made} TO PUBLIC")
    yield made
    root.execute(f"DROP TABLE {made}")


@pytest.fixture
def read(app: Flask) -> Callable[[], int]:
    """One reading."""

    def run() -> int:
        with app.app_context():
            return collect(ours())

    return run


@pytest.fixture
def known(app: Flask) -> Callable[..., str]:
    """Let the app have sent a statement; return its fingerprint."""

    def run(text: str, **columns: Any) -> str:
        statement, now = read_statement(text), clock.now()
        row = {
            "fingerprint": statement.fingerprint, "text": statement.text, "verb": statement.verb,
            "tables": list(statement.tables), "first_seen_at": now, "last_seen_at": now, **columns,
        }  # fmt: skip
        write(app, Statement, [row])
        return statement.fingerprint

    return run


@pytest.fixture
def measured(app: Flask) -> Callable[..., None]:
    """Let the app have measured calls of a statement, a number of them in each minute from one on."""

    def run(fingerprint: str, since: datetime, *, minutes: int, calls: int, took_ms: float) -> None:
        spread = Histogram.of([took_ms * 1000] * calls).stored()
        counts = {"calls": calls, "total_us": int(calls * took_ms * 1000), "buckets": spread}
        first = since.replace(second=0, microsecond=0)
        ats = [first + timedelta(minutes=number) for number in range(minutes)]
        write(app, StatementMinute, [{"fingerprint": fingerprint, "at": at, **counts} for at in ats])

    return run


def write(app: Flask, model: type[Any], rows: list[dict[str, Any]]) -> None:
    """Write rows of the installation's."""
    with app.app_context():
        whose = installation_id()
        with system_work(), transaction():
            db.session.execute(insert(model), [{"company_id": whose, **row} for row in rows])
