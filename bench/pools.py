"""A pool that keeps what a rush opened beside one that closes it again, lookups one by one and in a batch, rows
written by one statement and by many: `bin/bench pools`. Servers of its own.
"""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects.postgresql import insert

from app.core.batch import batched
from app.core.db import db
from app.core.pool import GuardedPool
from app.core.upsert import upsert
from tests.services import running_services

WORK_S = 0.002
TABLE = sa.Table(
    "bench_items", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text)
)


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(prog="bin/bench pools")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=5000)
    options = parser.parse_args()
    with running_services() as services:
        url = services.addresses.postgres_url.replace("postgresql://", "postgresql+psycopg://")
        measure_pools(url, options.threads, options.turns)
        measure_rows(url, options.rows)


def measure_pools(url: str, threads: int, turns: int) -> None:
    """Take connections from many threads at once; print how many were opened and how long taking one took."""
    print(f"{turns} rushes of {threads} threads, each keeps its connection {WORK_S * 1000:g} ms")
    kept = {"pool_size": 10, "max_overflow": 0, "keep": 2}
    closing = {"pool_size": 2, "max_overflow": 8}
    for name, options in (("keeps what a rush opened", kept), ("closes what exceeds two", closing)):
        engine = sa.create_engine(url, poolclass=GuardedPool, pool_use_lifo=True, pool_pre_ping=True, **options)
        opened: list[object] = []
        sa.event.listen(engine, "connect", lambda *_, opened=opened: opened.append(1))
        took = rush(engine, threads, turns)
        cuts = quantiles(took, n=100)
        print(f"  {name:26} {len(opened):5} opened   p50 {cuts[49]:.3f}   p95 {cuts[94]:.2f}   p99 {cuts[98]:.2f} ms")
        engine.dispose()


def rush(engine: sa.Engine, threads: int, turns: int) -> list[float]:
    """Return how long each checkout took, in milliseconds."""
    took: list[float] = []
    together = threading.Barrier(threads)

    def work() -> None:
        for _ in range(turns):
            together.wait()
            begun = time.perf_counter()
            with engine.connect():
                took.append((time.perf_counter() - begun) * 1000)
                time.sleep(WORK_S)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    return took


def measure_rows(url: str, rows: int) -> None:
    """Write and look up rows; print the milliseconds of each way."""
    app = Flask("bench")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    given = [{"id": number, "name": f"Item {number}"} for number in range(rows)]
    with app.app_context():
        db.session.execute(sa.text("CREATE TABLE bench_items (id bigint PRIMARY KEY, name text)"))
        print(f"{rows} rows, new and again")
        ways: dict[str, Callable[[list[dict[str, Any]]], object]] = {
            "one statement, upsert": lambda some: upsert(TABLE, some, key=["id"]),
            "VALUES of 1,000 rows": one_by_values,
            "executemany": lambda some: db.session.connection().execute(insert(TABLE).on_conflict_do_nothing(), some),
        }
        for name, way in ways.items():
            way(given[:1000])  # what is compiled once
            db.session.execute(sa.text("TRUNCATE bench_items"))
            print(f"  {name:26} {timed(way, given):8.0f} ms {timed(way, given):8.0f} ms")
        ids = [one["id"] for one in given]
        names_by_id([0])
        print(f"{rows} lookups by key")
        print(f"  {'one by one':26} {timed(look_up_each, ids):8.0f} ms")
        print(f"  {'in a batch':26} {timed(names_by_id.load_many, ids):8.0f} ms")
        db.session.rollback()


def one_by_values(given: list[dict[str, Any]]) -> None:
    """Write as SQLAlchemy does by default: every row its own parameters."""
    for start in range(0, len(given), 1000):
        statement = insert(TABLE).values(given[start : start + 1000])
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"name": statement.excluded.name})
        run(statement)


def run(statement: Any) -> None:
    """Send a statement in the open transaction."""
    db.session.execute(statement)


def look_up_each(ids: Sequence[int]) -> list[str | None]:
    """Read names one by one."""
    return [look_up(number) for number in ids]


def look_up(number: int) -> str | None:
    """Read one name."""
    found: str | None = db.session.execute(sa.select(TABLE.c.name).where(TABLE.c.id == number)).scalar()
    return found


@batched
def names_by_id(ids: Sequence[int]) -> dict[int, str]:
    """Read many."""
    return {row.id: row.name for row in db.session.execute(sa.select(TABLE).where(TABLE.c.id.in_(ids)))}


def timed(work: Callable[[Any], object], given: Any) -> float:  # Any: whatever the work takes
    """Return how long something took, in milliseconds."""
    begun = time.perf_counter()
    work(given)
    return (time.perf_counter() - begun) * 1000
