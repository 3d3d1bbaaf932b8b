"""What watching statements costs: `bin/bench queries [--runs 9]`. Starts a PostgreSQL and a Valkey of its own.

1  Processor time a statement, over one that nobody watches: a select on SQLite in memory, so that the way to a server is
   not in it; runs take turns. The same in per cent of a select by primary key on PostgreSQL.
2  Percentiles of 100,000 calls that four processes measured and shipped, beside the exact ones.
3  What the relay needs to fold, and what a page needs to read, for 500 statements over a week.
"""

import argparse
import multiprocessing
import random
import statistics
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app import create_app
from app.core import clock, statements
from app.core.asking import asked_by
from app.core.db import db
from app.core.gathering import Cell, watch
from app.core.histogram import Histogram
from app.core.ids import new_ulid
from app.core.installation import installation
from app.queries.reads.statements import list_statements, span_of
from app.queries.watch import folding
from app.queries.watch.shipping import Shipper, shipper_of
from app.queries.watch.sums import FORM
from bench.peers import add_peers
from tests import stage
from tests.services import running_services

CALLS, DRAWN, PROCESSES, STATEMENTS, LIMIT_US = 10_000, 100_000, 4, 500, 5.0
DRAWN_TEXT = "SELECT drawn FROM a_distribution"
PAIRS = {"before_cursor_execute": statements.note_start, "after_cursor_execute": statements.note_end}
Way = Callable[[sa.Engine], Any]


def main() -> None:
    options = argparse.ArgumentParser(prog="bin/bench queries", description=__doc__)
    options.add_argument("--runs", type=int, default=9)
    given = options.parse_args()
    add_peers()
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        environment = {**stage.environment_for(urls, services.redis_url, Path(folder)), "LOG_LEVEL": "ERROR"}
        stage.migrate(urls, services.redis_url, Path(folder))
        app = create_app(stage.settings_from(environment))
        report_overhead(app, given.runs)
        report_percentiles(app, environment)
        report_fold(app)
        stage.let_go(app)


def report_overhead(app: Flask, runs: int) -> None:
    """Print what a statement costs in each way of watching it."""
    for name, listener in PAIRS.items():
        event.remove(sa.Engine, name, listener)
    ways: dict[str, Way] = {
        "nobody watches": nothing, "two empty listeners": listen_to_nothing, "Quarterdeck": listen,
        "Quarterdeck, shipped": listen_and_ship(app), "a stack for each": listen_with_stacks, **sqltap(),
    }  # fmt: skip
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            figures[name].append(statement_us(way))
    bare = statistics.median(figures["nobody watches"])
    print(f"\n1  Processor time a statement, µs over nobody watching ({bare:.1f}), median of {runs} runs of {CALLS:,}")
    for name, row in figures.items():
        extra = sorted(one - bare for one in row)
        print(f"   {name:22} {statistics.median(extra):8.2f}  ({extra[0]:.2f} to {extra[-1]:.2f})")
    ours = statistics.median(figures["Quarterdeck, shipped"]) - bare
    print(f"   {'kept' if ours <= LIMIT_US else 'NOT KEPT'}: at most {LIMIT_US} µs, the share of shipping in it")
    for name, listener in PAIRS.items():
        event.listen(sa.Engine, name, listener)
    with app.app_context():
        took = postgresql_us(db.engines["system"])
    print(
        f"   A select by primary key on PostgreSQL takes this process {took:.0f} µs: ours is {ours / took:.1%} of it."
    )


def statement_us(way: Way) -> float:
    """Return what one statement costs on an engine of its own, in microseconds of this thread."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    with engine.connect() as connection, asked_by("bench.statement"):
        connection.exec_driver_sql("SELECT 1")
    done = way(engine)
    selected = sa.select(sa.literal(1))
    with engine.connect() as connection, asked_by("bench.statement"):
        connection.execute(selected)
        began = time.thread_time_ns()
        for _ in range(CALLS):
            connection.execute(selected)
        if callable(done):
            done()
        took = time.thread_time_ns() - began
    engine.dispose()
    watch.begin()
    return took / CALLS / 1000


def nothing(engine: sa.Engine) -> None:
    """Watch nothing."""


def listen(engine: sa.Engine) -> None:
    """Watch as the product does."""
    for name, listener in PAIRS.items():
        event.listen(engine, name, listener)


def listen_to_nothing(engine: sa.Engine) -> None:
    """What SQLAlchemy asks for two listeners that do nothing."""
    event.listen(engine, "before_cursor_execute", lambda *_: None)
    event.listen(engine, "after_cursor_execute", lambda *_: None)


def listen_and_ship(app: Flask) -> Way:
    """Watch, and count what the shipping thread does with it: adding up, packing, sending."""
    shipper = Shipper(app)

    def way(engine: sa.Engine) -> Callable[[], object]:
        listen(engine)
        return shipper.flush

    return way


def listen_with_stacks(engine: sa.Engine) -> None:
    """Keep each statement's stack, as tools for development do."""
    kept: list[object] = []
    event.listen(engine, "after_cursor_execute", lambda *_: kept.append(traceback.extract_stack()))


def sqltap() -> dict[str, Way]:
    """Return the peer; nothing when it does not run with this SQLAlchemy."""
    try:
        import sqltap as peer  # type: ignore[import-not-found]  # installed for benches only
    except ImportError as error:
        print(f"sqltap does not run here: {error}")
        return {}

    def way(engine: sa.Engine) -> Callable[[], object]:
        profiler = peer.start(engine)
        return profiler.stop

    return {"sqltap": way}


def postgresql_us(engine: sa.Engine) -> float:
    """Return what a select by primary key costs this process and its wait."""
    asked = sa.text("SELECT slug FROM companies WHERE id = :id")
    with engine.connect() as connection:
        began = time.perf_counter()
        for _ in range(2000):
            connection.execute(asked, {"id": 1}).all()
        return (time.perf_counter() - began) / 2000 * 1e6


def report_percentiles(app: Flask, environment: dict[str, str]) -> None:
    """Print percentiles that four processes measured together, beside the exact ones."""
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=measure_draws, args=(environment, number)) for number in range(PROCESSES)]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert process.exitcode == 0
    with app.app_context():
        folding.fold()
        with installation():
            rows = db.session.execute(
                sa.text(
                    "SELECT buckets FROM query_minutes m JOIN query_statements s USING (company_id, fingerprint) "
                    "WHERE s.text = :text"
                ),
                {"text": DRAWN_TEXT},
            )
            histogram = sum((Histogram.read(row.buckets) for row in rows), Histogram())
    exact = sorted(one for number in range(PROCESSES) for one in draws(number))
    print(f"\n2  {histogram.total:,} calls of {PROCESSES} processes, µs")
    for share in (0.5, 0.95, 0.99):
        told, real = histogram.quantile(share) or 0, exact[int(share * len(exact)) - 1] * 1e6
        print(f"   p{share * 100:.0f}: {told:12,.0f} told, {real:12,.0f} exact, {told / real - 1:+.2%}")


def draws(number: int) -> list[float]:
    """Return seconds as statements take them."""
    draw = random.Random(number)
    return [draw.lognormvariate(-6, 1.2) for _ in range(DRAWN // PROCESSES)]


def measure_draws(environment: dict[str, str], number: int) -> None:
    """Ship draws as a process of the product."""
    app = create_app(stage.settings_from(environment))
    cell = Cell()
    cell.took.extend(draws(number))
    watch.begin()
    watch.cells[DRAWN_TEXT, "bench.draws", None] = cell
    assert shipper_of(app).flush()
    stage.let_go(app)


def report_fold(app: Flask) -> None:
    """Print what folding and reading cost."""
    now = clock.now().timestamp()
    hours = [now - 3600 * number for number in range(24 * 7)]
    with app.app_context():
        for at in hours:
            folding.write_batches([batch_of(at)])
        took = timed(lambda: folding.write_batches([batch_of(now) for _ in range(PROCESSES)]), 5)
        print(f"\n3  Folding {PROCESSES} batches of {STATEMENTS} statements: {took:.0f} ms (every 5 s, in the relay)")
        with installation():
            for window in ("1h", "24h", "7d"):
                span = span_of(window)
                took = timed(lambda span=span: list_statements(span), 5)  # type: ignore[misc]
                print(f"   Reading the 50 dearest of {window}: {took:.0f} ms")


def batch_of(at: float) -> dict[str, Any]:
    """Return what a busy process ships."""
    draw = random.Random(int(at))
    names = [f"{number:016x}" for number in range(STATEMENTS)]
    sums = []
    for name in names:
        took = [draw.lognormvariate(7, 1) for _ in range(20)]
        total, buckets = int(sum(took)), Histogram.of(took).stored()
        sums.append([int(at) // 60, name, "bench", "app/x.py:1", 1, 20, 0, 0, 20, total, int(max(took)), buckets])
    return {
        "form": FORM, "source": f"bench:{new_ulid()}", "number": 1, "dropped": 0, "sums": sums, "examples": [],
        "repeats": [], "texts": [[name, f"SELECT {name}", "select", ["orders"]] for name in names],
    }  # fmt: skip


def timed(work: Callable[[], object], times: int) -> float:
    """Return the median of how long work takes, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
