"""Sixteen writers, killed now and then, with the fold running beside: not one byte is miscounted.

`STORAGE_CHAOS_S` makes it longer: a minute before a release, two seconds in every run.
"""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
from flask import Flask

from app.storage.states import Category, State
from app.storage.usage.fold import fold
from tests.site import wait_for
from tests.storage.usage.shelf import counted, put, put_many, summed
from tests.world import World

SECONDS, WRITERS = float(os.environ.get("STORAGE_CHAOS_S", "2")), 16
CHANGES = (
    "UPDATE stored_files SET state = 'trashed' WHERE company_id = %s AND size_bytes %% 7 = %s",
    "UPDATE stored_files SET size_bytes = size_bytes + 1, provider = 's3' WHERE company_id = %s AND size_bytes %% 7 = %s",
    "DELETE FROM stored_files WHERE company_id = %s AND size_bytes %% 7 = %s",
)


def write(superuser_url: str, companies: list[int], seed: int, over: float) -> int:
    """Write until it is over, by a new connection whenever the old one was killed; return what was committed."""
    draw, done = random.Random(seed), 0
    while time.monotonic() < over:
        with suppress(psycopg.OperationalError), psycopg.connect(superuser_url) as sql:
            while time.monotonic() < over:
                company = draw.choice(companies)
                with suppress(psycopg.errors.DeadlockDetected), sql.transaction():
                    put(sql, company, draw.randrange(2**40), category=draw.choice(list(Category)), state=draw.choice(list(State)).value)  # fmt: skip
                    if draw.random() < 0.3:
                        sql.execute(draw.choice(CHANGES), (company, draw.randrange(7)))
                    if draw.random() < 0.05:
                        put_many(sql, company, 20)
                    done += 1
    return done


def kill(superuser_url: str, over: float) -> int:
    """End a writer's connection in the midst of its work, again and again."""
    killed = 0
    with psycopg.connect(superuser_url, autocommit=True) as sql:
        while time.monotonic() < over:
            row = sql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND query ~ 'stored_files' AND state <> 'idle' ORDER BY random() LIMIT 1"
            ).fetchone()
            killed += row is not None
    return killed


def test_counts_are_exact_after_kills(app: Flask, world: World, superuser_url: str) -> None:
    """At the end, folded or not, the counters are the SUM."""
    companies = [world.company("chaos")["id"] for _ in range(3)]
    over = time.monotonic() + SECONDS
    stopped = threading.Event()

    def fold_on() -> None:
        with app.app_context():
            while not stopped.is_set():
                with suppress(Exception):  # its connection may be the one that is killed
                    fold(most=50)

    with ThreadPoolExecutor(WRITERS + 3) as threads:
        folding = [threads.submit(fold_on) for _ in range(2)]
        writing = [threads.submit(write, superuser_url, companies, seed, over) for seed in range(WRITERS)]
        killing = threads.submit(kill, superuser_url, over)
        done = sum(one.result(SECONDS + 60) for one in writing)
        assert killing.result(SECONDS + 60) > 0
        stopped.set()
        for one in folding:
            one.result(60)
    assert done > 0
    wait_for(lambda: all(counted(world.sql, one) == summed(world.sql, one) for one in companies))
    with app.app_context():
        fold()
    for one in companies:
        assert counted(world.sql, one) == summed(world.sql, one)
    mine = world.sql.execute(
        "SELECT (SELECT sum(bytes) FROM storage_totals WHERE company_id = ANY(%s)) = "
        "(SELECT sum(size_bytes) FROM stored_files WHERE company_id = ANY(%s)) AS same, "
        "(SELECT sum(bytes) FROM storage_all_counts) = (SELECT sum(bytes) FROM storage_totals) AS all_same",
        (companies, companies),
    ).fetchone()
    assert mine == {"same": True, "all_same": True}
