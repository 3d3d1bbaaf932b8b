"""What events cost who writes, and how fast they pass: `bin/bench events`. Servers of its own, durable as in production.

1  Writers of one hot company: the same transactions with their facts and without, rounds taking turns. Without means
   that the facts are made and dropped before they are written, so what is measured is the outbox and all behind it.
2  The relay's statement alone: how many facts a second it numbers.
3  Commit to the feed that web workers read, at a fixed rate over many companies.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app import create_app
from app.core import relay
from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.outbox import record
from app.core.sequencer import Sequencer
from app.core.tenancy import acting_for
from app.demo.generate import fill
from bench.event_writers import ACTS, ORDERS, WHO, Crew, crew
from tests import stage
from tests.faults.feed import Feed
from tests.realtime.ear import cookie_of
from tests.realtime.lanterns import LanternLit, init_lanterns
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import Connection, World, kept_superuser

MASS = """
    INSERT INTO outbox (company_id, topic, type, event_id, row_id, row_version, data, actor, request_id, occurred_at)
    SELECT (%(companies)s::bigint[])[1 + n %% cardinality(%(companies)s::bigint[])], 'lanterns', 'lantern.lit',
           upper(substr(md5(random()::text), 1, 26)), (n %% 50)::text, n, jsonb_build_object('number', n %% 50, 'step', n),
           '{"kind": "system", "name": "bench"}', lpad(n::text, 26, '0'), clock_timestamp()
    FROM generate_series(1, %(count)s) n"""
DURABLE = ("fsync = on", "full_page_writes = on", "synchronous_commit = on")


@dataclass(frozen=True)
class Place:
    """Where it is measured."""

    services: Services
    environment: dict[str, str]
    app: Flask
    world: World
    folder: Path

    @property
    def sql(self) -> Connection:
        """A connection that sees everything."""
        return self.world.sql


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=16, help="four in a process")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--companies", type=int, default=50)
    parser.add_argument(
        "--unsafe", action="store_true", help="do not wait for the disk: facts cost most beside nothing"
    )
    options = parser.parse_args()
    with place(is_durable=not options.unsafe) as here:
        report_numbering(here, 20_000, options.companies)
        with leading_relay(here):
            report_writers(here, options.writers, options.rounds, options.seconds)
            report_lag(here, options.rate, options.companies, max(options.seconds * 2, 5))


@contextmanager
def place(*, is_durable: bool) -> Iterator[Place]:
    """Servers, a migrated database and an app."""
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        environment = stage.environment_for(urls, services.redis_url, Path(folder))
        stage.migrate(urls, services.redis_url, Path(folder))
        app = create_app(stage.settings_from(environment))
        init_lanterns(app)
        world = World(app, kept_superuser(services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2])))
        if is_durable:
            for setting in DURABLE:
                world.sql.execute(f"ALTER SYSTEM SET {setting}".encode())
            world.sql.execute("SELECT pg_reload_conf()")
        yield Place(services, environment, app, world, Path(folder))


@contextmanager
def leading_relay(here: Place) -> Iterator[None]:
    """A relay in a process of its own."""
    site = Site("", here.environment, here.folder)
    site.start_relay()
    try:
        wait_for(lambda: here.sql.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchall(), limit_s=60)
        yield
    finally:
        site.stop()


def companies(here: Place, count: int) -> list[CompanyId]:
    """Make fresh companies."""
    return [CompanyId(here.world.company("bench")["id"]) for _ in range(count)]


def waiting(here: Place) -> int:
    """Return how many facts wait for their number."""
    row = here.sql.execute("SELECT count(*) AS waiting FROM outbox").fetchone()
    return row["waiting"] if row else 0


def report_numbering(here: Place, count: int, many: int) -> None:
    """Print how many facts a second one relay numbers, of one company and of many."""
    print(f"\nFacts that the relay's statement numbers, {count:,} at once")
    for number in (1, many):
        here.sql.execute(MASS, {"companies": companies(here, number), "count": count})
        began, numbered = time.monotonic(), 0
        with here.app.app_context(), relay.system_connection() as connection:
            sequencer = Sequencer(connection)
            while facts := sequencer.number():
                numbered += len(facts)
        took = time.monotonic() - began
        print(f"  {number:3} companies   {numbered / took:7,.0f} a second   {took / numbered * 1e6:.0f} µs each")


def report_writers(here: Place, writers: int, rounds: int, seconds: float) -> None:
    """Print the rates of writers of one company with facts and without."""
    person = here.world.person(here.world.company("hot"), "company_admin")
    hot, cookie = person.company_id, cookie_of(person).removeprefix("qd=")
    with here.app.app_context():
        assert sum(fill(hot, ORDERS)) == ORDERS
        db.session.remove()
    processes = max(writers // 4, 1)
    print(f"\n{writers} writers of one company in {processes} processes, {rounds} pairs of rounds of {seconds:g} s")
    with crew(here.environment, hot, cookie, processes, writers // processes) as made:
        for act in ACTS:
            report_act(here, made, act, rounds, seconds)


def report_act(here: Place, made: Crew, act: str, rounds: int, seconds: float) -> None:
    """Play rounds of one act, with and without taking turns in going first."""
    made.write(act, 1, has_events=True)
    rates: dict[bool, list[float]] = {True: [], False: []}
    processor: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds):
        for has_events in (True, False) if number % 2 else (False, True):
            wait_for(lambda: waiting(here) == 0, limit_s=60)
            rate, processor_ms = made.write(act, seconds, has_events=has_events)
            rates[has_events].append(rate)
            processor[has_events].append(processor_ms)
    kept = [one / other * 100 for one, other in zip(rates[True], rates[False], strict=True)]
    with_facts, without = (statistics.median(rates[one]) for one in (True, False))
    cost = statistics.median(processor[True]) - statistics.median(processor[False])
    print(
        f"  {act:15} without {without:6.0f}/s   with {with_facts:6.0f}/s   keeps {statistics.median(kept):.1f} % "
        f"({min(kept):.0f} to {max(kept):.0f})   writers' processor time of a fact {cost * 1000:.0f} µs"
    )


def report_lag(here: Place, rate: int, many: int, seconds: float) -> None:
    """Print how long a fact takes from its commit to the feed."""
    theirs, committed = companies(here, many), dict[tuple[int, int], float]()
    threads = 5
    with Feed(here.services.redis_url) as feed:
        writers = [
            threading.Thread(target=write_evenly, args=(here.app, theirs[n::threads], rate / threads, seconds, n, committed))
            for n in range(threads)
        ]  # fmt: skip
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        wait_for(lambda: committed.keys() <= feed.came.keys(), limit_s=30)
    lags = sorted((feed.came[key] - at) * 1000 for key, at in committed.items())
    cuts = statistics.quantiles(lags, n=100)
    print(f"\nCommit to the feed, {len(lags) / seconds:.0f} facts a second over {many} companies for {seconds:g} s")
    print(f"  p50 {cuts[49]:.1f}   p95 {cuts[94]:.1f}   p99 {cuts[98]:.1f}   max {lags[-1]:.1f} ms")


def write_evenly(
    app: Flask,
    theirs: list[CompanyId],
    rate: float,
    seconds: float,
    seed: int,
    committed: dict[tuple[int, int], float],
) -> None:
    """Record facts of these companies in turn, so many a second."""
    began, pause = time.monotonic(), threading.Event()
    with app.app_context(), acting_as(WHO):
        for number in range(int(rate * seconds)):
            pause.wait(max(0.0, began + number / rate - time.monotonic()))
            company_id, version = theirs[number % len(theirs)], seed * 1_000_000 + number + 1
            with acting_for(company_id), transaction():
                record(LanternLit(number=number % 50, step=version), version=version)
            committed[company_id, version] = time.monotonic()
        db.session.remove()
