"""The ledger at scale: lists and searches inside one process, what the relay's fold needs, and how long a day takes to drop.

    bin/bench ledger --jobs 3000000 --days 30 --companies 1000 --waiting 20000

Starts its own PostgreSQL and Valkey, and writes the jobs by SQL first (about 10,000 a second).
"""

import argparse
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.core import clock
from app.core.db import db
from app.core.ids import ulid_floor
from app.core.memory import settle_memory
from app.core.tenancy import system_work
from bench.ledger_rows import COMPANY, KINDS, fill
from bench.memory import rss_bytes
from tests import stage
from tests.services import running_services
from tests.world import Person, World, kept_superuser

ROUNDS = 60
LISTS_P95_MS, SEARCH_P95_MS, DROP_S = 100, 300, 1.0
WHOLE = re.compile(r"Seq Scan on ((?:jobs|job_attempts)_\d{8})")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench ledger", description=__doc__)
    parser.add_argument("--jobs", type=int, default=3_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--companies", type=int, default=1000)
    parser.add_argument("--waiting", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        environment = {**stage.environment_for(urls, services.redis_url, Path(folder)), "LOG_LEVEL": "ERROR"}
        stage.migrate(urls, services.redis_url, Path(folder))
        superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        began = time.monotonic()
        fill(
            superuser, options.jobs, days=options.days, companies=options.companies, waiting=options.waiting,
            now=clock.now(), say=lambda text: print(text, file=sys.stderr, flush=True),
        )  # fmt: skip
        print(f"{options.jobs:,} jobs of {options.days} days and {options.companies:,} companies, "
              f"{options.waiting:,} waiting: written in {time.monotonic() - began:.0f} s")  # fmt: skip
        measure_fold(environment, options.days)
        app = create_app(stage.settings_from(environment))
        settle_memory()
        measure_reads(app, World(app, kept_superuser(superuser)), options.rounds)
        measure_drop(app, superuser, options.days)
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def measure_reads(app: Flask, world: World, rounds: int) -> None:
    """Ask every list and search often, as a platform admin and as the largest company's admin."""
    large = {"id": COMPANY + 1, "slug": "ledger-1"}
    people = {"platform": world.platform_admin(), "company": world.person(large, "company_admin")}
    whole: dict[str, set[str]] = {}
    print(f"\n{'server time':46}{'p50 ms':>9}{'p95 ms':>9}   n={rounds}")
    for who, person in people.items():
        for name, (path, limit) in asked(world, person).items():
            measure(f"{who}: {name}", person, path, rounds, limit)
            if found := whole_reads(partial(person.get, path)):
                whole[f"{who}: {name}"] = found
    print("\nread from end to end:" + ("" if whole else " nothing"))
    for name, tables in whole.items():
        print(f"  {name}: {', '.join(sorted(tables))}")


def asked(world: World, person: Person) -> dict[str, tuple[str, int]]:
    """Return address and limit by name; values are taken from the middle of the ledger."""
    where = "" if person.role == "platform_admin" else f"WHERE company_id = {person.company_id}"
    row = world.sql.execute(
        f"SELECT id, args->>'order' AS number, request_id FROM jobs {where} "
        f"{'AND' if where else 'WHERE'} id < %s ORDER BY id DESC LIMIT 1",
        (ulid_floor(clock.now() - timedelta(days=3)),),
    ).fetchone()
    failed = world.sql.execute(f"SELECT signature FROM failure_groups {where} LIMIT 1").fetchone()
    signature = failed["signature"] if failed else "none"
    since = f"{clock.now() - timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"
    lists = {
        "first page": "/jobs", "first page, JSON": "/api/jobs", "failed": "/jobs?state=failed",
        "waiting": "/jobs?state=queued", "one queue": "/jobs?queue=report", "one name": f"/jobs?name={KINDS[0][0]}",
        "one name, failed": f"/jobs?name={KINDS[4][0]}&state=failed",
    }  # fmt: skip
    if person.role == "platform_admin":
        lists |= {"queues": "/queues", "one queue's page": "/queues/email", "stats": "/api/queues/stats",
                  "stats, 30 days": "/api/queues/stats?window=30d", "health": "/api/queues/health"}  # fmt: skip
    else:
        lists |= {"own stats, 30 days": "/api/queues/stats/own?window=30d"}
    searches = {
        "by request": f"/jobs?requestId={row['request_id']}", "by argument": f"/jobs?args.order={row['number']}",
        "by a group of failures": f"/jobs?signature={signature}", "days ago": f"/jobs?until={since}",
        "one job's page": f"/jobs/{row['id']}", "by error text": "/jobs?error=TimeoutError",
    }  # fmt: skip
    return {
        **{name: (path, LISTS_P95_MS) for name, path in lists.items()},
        **{name: (path, SEARCH_P95_MS) for name, path in searches.items()},
    }


def measure(name: str, person: Person, path: str, rounds: int, limit: int) -> None:
    """Ask often and print the middle and the slow end."""
    times = []
    for _ in range(rounds + 3):
        started = time.perf_counter()
        answer = person.get(path)
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    p95 = statistics.quantiles(times[3:], n=20)[18]
    print(
        f"{name:46}{statistics.median(times[3:]):9.1f}{p95:9.1f}{'' if p95 <= limit else f'   over {limit}'}",
        flush=True,
    )


def whole_reads(ask: Callable[[], Any]) -> set[str]:
    """Plan every SELECT of a request again, beside it; return the filled partitions that one reads from end to end."""
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: object) -> None:
        if re.match(r"\s*(SELECT|WITH)\b", statement) and "set_config" not in statement:
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in raw.fetchall()))

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        ask()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)
    today = f"{clock.now():%Y%m%d}"
    return {table for plan in plans for table in WHOLE.findall(plan) if table[-8:] <= today}


def fold_all(environment: dict[str, str], days: int, told: Any) -> None:
    """Let the relay's duty come back after days, in this process, until nothing is missing; tell what it took."""
    from app.queues.figures import fold, gaps, samples

    app = create_app(stage.settings_from(environment))
    sizes: list[float] = []
    statements: list[float] = []

    def began(connection: Any, *rest: object) -> None:
        connection.info["began"] = time.perf_counter()

    def ended(connection: Any, *rest: object) -> None:
        statements.append((time.perf_counter() - connection.info["began"]) * 1000)

    sa.event.listen(sa.Engine, "before_cursor_execute", began)
    sa.event.listen(sa.Engine, "after_cursor_execute", ended)
    with app.app_context():
        before = fold.minute_of(clock.now()) - timedelta(days=days)
        started = time.perf_counter()
        gaps.fold_recent(before)
        samples.take_samples()
        first_s = time.perf_counter() - started
        while not gaps.catch_up():
            samples.keep_figures()
            sizes.append(rss_bytes())
        caught_up_s, slowest = time.perf_counter() - started, max(statements)
        times = []
        for _ in range(20):
            started = time.perf_counter()
            samples.keep_figures()
            times.append((time.perf_counter() - started) * 1000)
            sizes.append(rss_bytes())
    told.put((sizes, times, first_s, caught_up_s, slowest))


def measure_fold(environment: dict[str, str], days: int) -> None:
    """Fold everything as after an outage of days, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=fold_all, args=(environment, days, told))
    process.start()
    sizes, times, first_s, caught_up_s, slowest = told.get()
    process.join()
    mb = [size / 1e6 for size in sizes]
    print(f"fold: the newest minutes after {first_s:.2f} s, {days} days caught up with after {caught_up_s:.0f} s of work, "
          f"slowest statement {slowest:.0f} ms\n"
          f"      RSS {mb[0]:.0f} MB at the beginning, {max(mb):.0f} MB at most, {mb[-1]:.0f} MB at the end; "
          f"each 5 s: p50 {statistics.median(times):.0f} ms, worst {max(times):.0f} ms", flush=True)  # fmt: skip


def measure_drop(app: Flask, superuser: str, days: int) -> None:
    """Drop the oldest day, as the upkeep does."""
    with psycopg.connect(superuser) as sql:
        [rows] = sql.execute(
            f"SELECT count(*) FROM jobs_{clock.now() - timedelta(days=days - 1):%Y%m%d}"
        ).fetchone() or [0]
    with app.app_context(), system_work():
        started = time.perf_counter()
        with db.engines["system"].begin() as connection:
            dropped = connection.execute(sa.text("SELECT keep_job_partitions(:days)"), {"days": days - 2}).scalar()
        took_s = time.perf_counter() - started
    over = "" if took_s <= DROP_S else f"   over {DROP_S} s"
    print(f"\nretention: a day of {rows:,} jobs ({dropped} partitions) dropped in {took_s:.2f} s{over}")
