"""What a process measured arrives once, whatever is away meanwhile; what cannot be kept is counted."""

import os
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask
from pydantic import SecretStr
from redis import Redis

from app.core.gathering import MOST_CALLS, Cell, Taken, watch
from app.core.histogram import Histogram
from app.queries.watch import folding
from app.queries.watch.fingerprint import Texts, fingerprint_of
from app.queries.watch.shipping import STREAM, Shipper, shipper_of
from app.queries.watch.sums import MOST_SUMS, Waiting

Rows = Callable[..., list[dict[str, Any]]]
NOWHERE = SecretStr("redis://127.0.0.1:1/0")


def send(text: str, *took: float, company: int | None = None, by: str = "tests.ship") -> str:
    """Count calls as the listeners do; return the statement's fingerprint."""
    cell = watch.cells.setdefault((text, by, company), Cell())
    cell.took.extend(took)
    return fingerprint_of(text)


def calls_of(rows: Rows, fingerprint: str) -> int:
    """Return how many calls the minutes hold."""
    [found] = rows("SELECT coalesce(sum(calls), 0) AS calls FROM query_minutes WHERE fingerprint = :f", f=fingerprint)
    return int(found["calls"])


@pytest.fixture
def valkey(app: Flask, shipped: object) -> Redis:
    """The stage's Valkey, as the relay sees it; nothing waits in it."""
    with app.app_context():
        return folding._client()


def test_a_batch_that_arrives_twice_counts_once(app: Flask, valkey: Redis, rows: Rows) -> None:
    fingerprint = send("SELECT arrived_twice", 0.001, 0.002)
    assert shipper_of(app).flush()
    [(_, fields)] = valkey.xrange(STREAM)
    valkey.xadd(STREAM, fields)  # as after an answer that was lost
    with app.app_context():
        assert folding.fold() == 1
    assert calls_of(rows, fingerprint) == 2
    assert valkey.xlen(STREAM) == 0


def test_a_relay_that_dies_before_it_removes_a_batch_does_not_count_it_again(
    app: Flask, valkey: Redis, rows: Rows
) -> None:
    fingerprint = send("SELECT folded_and_not_removed", 0.001)
    assert shipper_of(app).flush()
    batches = [folding.read_batch(fields) for _, fields in valkey.xrange(STREAM)]
    with app.app_context():
        assert folding.write_batches([one for one in batches if one]) == 1
        assert folding.fold() == 0  # the next relay finds it still there
    assert calls_of(rows, fingerprint) == 1


def test_two_relays_that_overlap_count_once(app: Flask, valkey: Redis, rows: Rows) -> None:
    fingerprint = send("SELECT folded_by_two", 0.001)
    assert shipper_of(app).flush()
    batches = [one for _, fields in valkey.xrange(STREAM) if (one := folding.read_batch(fields))]
    new: list[int] = []

    def fold() -> None:
        with app.app_context():
            new.append(folding.write_batches(batches))

    threads = [threading.Thread(target=fold) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [0, 0, 1]
    assert calls_of(rows, fingerprint) == 1


def test_a_batch_that_never_arrived_is_seen_by_its_number(app: Flask, valkey: Redis, rows: Rows) -> None:
    send("SELECT arrived_first", 0.001)
    assert shipper_of(app).flush()
    send("SELECT was_lost", 0.001)
    assert shipper_of(app).flush()
    valkey.xdel(STREAM, valkey.xrevrange(STREAM, count=1)[0][0])
    send("SELECT arrived_third", 0.001)
    assert shipper_of(app).flush()
    with app.app_context():
        assert folding.fold() == 2
    [fold] = rows("SELECT * FROM query_folds WHERE source = :s", s=shipper_of(app).source)
    assert (fold["number"], fold["lost"], fold["dropped"]) == (3, 1, 0)


def test_while_valkey_is_away_counts_add_up_and_arrive_later(app: Flask, valkey: Redis, rows: Rows) -> None:
    shipper = shipper_of(app)
    settings = shipper.settings
    shipper.settings = settings.model_copy(update={"redis_url": NOWHERE})
    try:
        for _ in range(3):
            fingerprint = send("SELECT waited_for_valkey", 0.001)
            assert not shipper.flush()
        assert shipper.is_away
    finally:
        shipper.settings, shipper._client = settings, None
    assert shipper.flush()
    with app.app_context():
        folding.fold()
    assert calls_of(rows, fingerprint) == 3


def test_what_finds_no_room_is_counted_as_dropped() -> None:
    waiting, cell = Waiting(Texts()), Cell()
    cell.took.append(0.001)
    one_text = {("SELECT too_many", f"by {number}", None): cell for number in range(MOST_SUMS + 7)}
    list(waiting.add(Taken(one_text), {}, 1, 1.0))
    batch = waiting.take()
    assert batch is not None
    assert (len(batch["sums"]), batch["dropped"]) == (MOST_SUMS, 7)


def test_a_long_command_without_a_thread_keeps_what_waits_bounded(app: Flask, valkey: Redis) -> None:
    with app.app_context():
        from app.core.db import db

        with db.engines["system"].connect() as connection:
            watch.waiting, watch.left = MOST_CALLS, 1
            send("SELECT waited_long", 0.001)
            connection.exec_driver_sql("SELECT 1")
    assert watch.waiting == 0
    assert shipper_of(app).waiting.sums


def test_batches_of_another_release_and_of_strangers_are_left_alone(app: Flask, valkey: Redis) -> None:
    valkey.xadd(STREAM, {"batch": b"no json"})
    valkey.xadd(STREAM, {"batch": orjson.dumps({"form": 99, "source": "x", "number": 1})})
    valkey.xadd(STREAM, {"other": b"1"})
    with app.app_context():
        assert folding.fold() == 0
    assert valkey.xlen(STREAM) == 0


def test_four_processes_add_up_to_exact_percentiles(app: Flask, valkey: Redis, rows: Rows) -> None:
    import random

    draw = random.Random(7)
    took = [draw.lognormvariate(-6, 1.2) for _ in range(100_000)]
    shippers = [Shipper(app) for _ in range(4)]
    for number, one in enumerate(shippers):
        fingerprint = send("SELECT drawn_from_a_distribution", *took[number::4])
        assert one.flush()
    with app.app_context():
        assert folding.fold() == 4
    histogram = Histogram()
    for row in rows("SELECT buckets FROM query_minutes WHERE fingerprint = :f", f=fingerprint):
        histogram += Histogram.read(row["buckets"])
    took.sort()
    for share in (0.5, 0.95, 0.99):
        exact = took[int(share * len(took)) - 1] * 1_000_000
        assert histogram.quantile(share) == pytest.approx(exact, rel=0.03)
    assert histogram.total == 100_000


def test_a_forked_child_ships_its_own_counts_only(app: Flask, valkey: Redis, rows: Rows) -> None:
    fingerprint = send("SELECT counted_by_the_parent", 0.001)
    child = os.fork()
    if child == 0:
        sent = shipper_of(app).flush() and not valkey.exists(STREAM)
        os._exit(0 if sent else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert shipper_of(app).flush()
    with app.app_context():
        folding.fold()
    assert calls_of(rows, fingerprint) == 1
