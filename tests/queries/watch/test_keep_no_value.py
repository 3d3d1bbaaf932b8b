"""No value that a statement is sent with is kept anywhere: not in tables, not in Valkey, not in a log."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from redis import Redis
from sqlalchemy.exc import DBAPIError

from app.core.asking import asked_by
from app.core.db import db
from app.core.gathering import watch
from app.core.installation import installation
from app.queries.watch import folding
from app.queries.watch.shipping import STREAM, shipper_of

CANARY = "canary-5d1f0c7e"
SENT = (
    (f"SELECT slug FROM companies WHERE name = '{CANARY}'", {}),
    ("SELECT slug FROM companies WHERE name = :name AND slug <> :name", {"name": CANARY}),
    ("SELECT slug FROM companies WHERE name IN (:a, :b)", {"a": CANARY, "b": CANARY}),
    (f"SET LOCAL application_name = '{CANARY}'", {}),
    (f"NOTIFY nobody_listens, '{CANARY}'", {}),
    (f"DO $body$ BEGIN PERFORM '{CANARY}'; END $body$", {}),
    (f"SELECT 1 /* {CANARY} */ -- {CANARY}", {}),
    (f"SELECT E'{CANARY}\\'' || $tag${CANARY}$tag$ || U&'{CANARY}'", {}),
    (f"PREPARE never_run AS SELECT '{CANARY}'", {}),
    (f"SELECT CAST('{CANARY}' AS integer)", {}),
    ("SELECT CAST(:text AS integer)", {"text": CANARY}),
    (f"SELECT '{CANARY}", {}),
    (f"COMMENT ON TABLE companies IS '{CANARY}'", {}),
    (f"EXPLAIN SELECT '{CANARY}'", {}),
)


@pytest.fixture
def eager() -> Any:
    """Keep every call as an example."""
    watch.floor_s, watch.rate, watch.left = 0.0, 1, 1
    yield
    watch.floor_s, watch.rate = 0.005, 1000


def test_no_value_is_kept(
    app: Flask, shipped: Callable[[], None], eager: object, superuser_url: str, caplog: Any, capfd: Any
) -> None:
    with app.app_context(), installation(), asked_by("tests.canary"):
        for text, values in SENT:
            try:
                db.session.execute(sa.text(text), values)
            except DBAPIError:
                db.session.rollback()
    assert shipper_of(app).flush()
    with app.app_context():
        valkey: Redis = folding._client()
        waiting: Any = valkey.xrange(STREAM)
        assert waiting
        assert CANARY.encode() not in b"".join(fields[b"batch"] for _, fields in waiting)
        folding.fold()
    assert found_in_tables(superuser_url) == []
    assert CANARY not in caplog.text
    assert CANARY not in "".join(capfd.readouterr())


def found_in_tables(superuser_url: str) -> list[str]:
    """Return the tables of statements that hold the canary anywhere in a row."""
    engine = sa.create_engine(superuser_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        tables = connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE tablename ~ '^query_' AND schemaname = 'public'")
        ).all()
        kept = connection.scalar(sa.text("SELECT count(*) FROM query_samples WHERE endpoint = 'tests.canary'"))
        assert kept
        assert kept >= len(SENT) - 1  # the two casts are one statement once their value is gone
        found = [
            table
            for table in tables
            if connection.scalar(
                sa.text(f'SELECT count(*) FROM "{table}" t WHERE to_jsonb(t)::text LIKE :canary'),
                {"canary": f"%{CANARY}%"},
            )
        ]
    engine.dispose()
    return found
