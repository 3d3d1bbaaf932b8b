"""Who wrote and then sits in an open transaction delays nobody else: neither other companies nor their own colleagues.

FAULT_IDLE_S says how long it sits: `bin/bench soak events`.
"""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles

import pytest

from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.outbox import record
from app.core.tenancy import acting_for
from tests.faults.feed import Feed
from tests.faults.figures import Figures
from tests.faults.lighthouse import ROWS, Lighthouse, running_lighthouse
from tests.realtime.lanterns import LanternLit
from tests.site import wait_for
from tests.world import Person

IDLE_S = float(os.environ.get("FAULT_IDLE_S", "3"))
RATE = int(os.environ.get("FAULT_RATE", "100"))
QUIET_S = min(IDLE_S, 20)
TOLD = """
    INSERT INTO outbox (company_id, topic, type, event_id, row_id, row_version, data, actor, request_id, occurred_at)
    VALUES (%s, 'lanterns', 'lantern.lit', 'EARLY', '1', 1, '{"number": 1, "step": 1}', '{}', 'r', now())"""
figures = Figures("events")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lighthouse]:
    """PostgreSQL, Valkey, gunicorn with two workers and a relay, all these tests' own."""
    with running_lighthouse(tmp_path_factory.mktemp("house")) as house:
        yield house


def write_at_rate(house: Lighthouse, person: Person, first: int, seconds: float) -> dict[tuple[int, int], float]:
    """Record RATE facts a second and return when each was committed."""
    committed: dict[tuple[int, int], float] = {}
    began, pause = time.monotonic(), threading.Event()
    with house.app.app_context(), acting_for(person.company_id), acting_as({"kind": "system", "name": "writer"}):
        for number in range(int(RATE * seconds)):
            pause.wait(max(0.0, began + number / RATE - time.monotonic()))
            with transaction():
                record(LanternLit(number=ROWS[number % len(ROWS)], step=first + number), version=first + number)
            committed[person.company_id, first + number] = time.monotonic()
        db.session.remove()
    return committed


@contextmanager
def idling(house: Lighthouse, person: Person) -> Iterator[None]:
    """Hold a transaction open that changed a row and wrote its fact, and commit after the block."""
    wrote, over = threading.Event(), threading.Event()

    def sit() -> None:
        with house.app.app_context(), acting_for(person.company_id), acting_as({"kind": "system", "name": "idler"}):
            with transaction() as session:
                # The product's login ends such a transaction after 15 seconds; here it may go on.
                session.connection().exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                session.connection().exec_driver_sql("UPDATE lantern_rows SET step = step + 1 WHERE number = 1")
                # The product sends a fact with its COMMIT, so that it never waits here; one by hand has its place before
                # all that follow, and must delay none of them.
                session.connection().exec_driver_sql(TOLD, (person.company_id,))
                wrote.set()
                over.wait()
            db.session.remove()

    thread = threading.Thread(target=sit)
    thread.start()
    try:
        assert wrote.wait(30)
        yield
    finally:
        over.set()
        thread.join()


def lags_beside(house: Lighthouse, others: list[Person], feed: Feed, first: int, seconds: float) -> list[float]:
    """Let other companies write; return their lags from commit to feed, in milliseconds, in the order of commits."""
    committed: dict[tuple[int, int], float] = {}
    writers = [
        threading.Thread(target=lambda one=one: committed.update(write_at_rate(house, one, first, seconds)))
        for one in others
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(committed) == int(RATE * seconds) * len(others)
    wait_for(lambda: committed.keys() <= feed.came.keys(), limit_s=60, say=house.told_by_relays)
    in_order = sorted(committed, key=committed.__getitem__)
    return [(feed.came[key] - committed[key]) * 1000 for key in in_order]


def percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


def tell(quiet: list[float], beside: list[float]) -> None:
    """Tell how much longer commit to feed took beside the open transaction, in all and at its end."""
    end = beside[-max(100, len(beside) // 6) :]
    for percent in (50, 95, 99):
        figures.say(f"commit to feed without an open transaction, p{percent}", percentile(quiet, percent), unit="ms")
        figures.say(f"  beside one of {IDLE_S:g} s, p{percent}", percentile(beside, percent), unit="ms")
    added = percentile(beside, 95) - percentile(quiet, 95)
    figures.say("lag added by an open transaction, p95", added, "< 50 ms")
    figures.say("  in its last sixth, p95", percentile(end, 95) - percentile(quiet, 95), "< 50 ms")


def test_an_open_transaction_delays_neither_other_companies_nor_its_own(house: Lighthouse) -> None:
    ada, others = house.person(), [house.person(), house.person()]
    colleague = house.world.person({"id": ada.company_id, "slug": ada.company_slug}, "staff")
    with Feed(house.services.redis_url) as feed:
        lags_beside(house, others, feed, 1_000_000, 1)
        quiet = lags_beside(house, others, feed, 2_000_000, QUIET_S)
        with idling(house, ada):
            beside = lags_beside(house, others, feed, 3_000_000, IDLE_S)
            lags_beside(house, [colleague], feed, 4_000_000, 0.2)
            assert (ada.company_id, 1) not in feed.came
        wait_for(lambda: (ada.company_id, 1) in feed.came, limit_s=60)
        quiet += lags_beside(house, others, feed, 5_000_000, QUIET_S)  # the machine may have got busier meanwhile
    tell(quiet, beside)
    found: dict[int, list[int]] = defaultdict(list)
    for row in house.world.sql.execute("SELECT company_id, seq FROM event_log WHERE topic = 'lanterns' ORDER BY seq"):
        found[row["company_id"]].append(row["seq"])
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in found.values())
    assert len(found[ada.company_id]) == int(RATE * 0.2) + 1
