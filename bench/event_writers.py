"""Writers of one hot company for `bin/bench events`: processes with threads, all beginning and ending together."""

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.core import db as database
from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.outbox import record
from app.core.tenancy import acting_for
from app.inventory import service as inventory
from app.inventory.schemas import AdjustStock
from app.orders.events import OrderUpdated
from tests import stage
from tests.world import SAME_ORIGIN

WHO = {"kind": "user", "id": "01JBENCHWRITER000000000000", "name": "Writer"}
CHANGE = sa.text(
    "UPDATE orders SET customer_ref = :ref, version = version + 1, updated_at = now() WHERE number = :number RETURNING version"
)
SKUS, ORDERS = 400, 20_000
CORRECTION = AdjustStock(delta=1, reason="recount")


_dropping = threading.local()


def drop_facts(session: Session) -> None:
    """Drop a transaction's facts before they are written, in a thread that plays a round without."""
    if getattr(_dropping, "on", False):
        session.info.pop("facts", None)


def change_order(dice: random.Random, _: FlaskClient) -> None:
    """One UPDATE and its fact: the least a transaction can be, so the most a fact can cost it."""
    number, ref = dice.randint(1, ORDERS), f"REF-{dice.randint(1, 9999)}"
    with transaction() as session:
        version = session.execute(CHANGE, {"ref": ref, "number": number}).scalar_one()
        record(OrderUpdated(number=number, changes={"customerRef": {"before": None, "after": ref}}), version=version)


def adjust_stock(dice: random.Random, _: FlaskClient) -> None:
    """The product's own act: lock the item, change it, write the ledger, tell."""
    inventory.adjust_stock(f"SKU-{dice.randint(1, SKUS):05d}", CORRECTION)


def post_adjustment(dice: random.Random, client: FlaskClient) -> None:
    """The same act as a request brings it: session, limits, permission, the act, the answer; without a socket."""
    answer = client.post(
        f"/api/inventory/SKU-{dice.randint(1, SKUS):05d}/adjustments",
        json={"delta": 1, "reason": "recount"},
        headers=SAME_ORIGIN,
    )
    assert answer.status_code == 201, answer.text


Act = Callable[[random.Random, FlaskClient], None]
ACTS: dict[str, Act] = {"change_order": change_order, "adjust_stock": adjust_stock, "post_adjustment": post_adjustment}


@dataclass(frozen=True)
class Round:
    """What all writers do at once, until an instant of the machine's clock."""

    act: str
    has_events: bool
    begin_at: float
    end_at: float


class Crew:
    """So many processes of so many writers."""

    def __init__(
        self, environment: dict[str, str], company_id: CompanyId, cookie: str, processes: int, threads: int
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        self._processes = []
        for number in range(processes):
            near, far = context.Pipe()
            process = context.Process(
                target=work, args=(environment, company_id, cookie, threads, number, far), daemon=True
            )
            process.start()
            self._pipes.append(near)
            self._processes.append(process)
        for pipe in self._pipes:
            assert pipe.recv() == "ready"

    def write(self, act: str, seconds: float, *, has_events: bool) -> tuple[float, float]:
        """Play one round; return transactions a second and the writers' processor time of each, in milliseconds."""
        begin_at = time.monotonic() + 0.2
        for pipe in self._pipes:
            pipe.send(Round(act, has_events, begin_at, begin_at + seconds))
        counts, processor_s = zip(*(pipe.recv() for pipe in self._pipes), strict=True)
        return sum(counts) / seconds, sum(processor_s) / max(sum(counts), 1) * 1000

    def end(self) -> None:
        """Send everybody home."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)


@contextmanager
def crew(
    environment: dict[str, str], company_id: CompanyId, cookie: str, processes: int, threads: int
) -> Iterator[Crew]:
    """Writers for the block."""
    made = Crew(environment, company_id, cookie, processes, threads)
    try:
        yield made
    finally:
        made.end()


def work(environment: dict[str, str], company_id: CompanyId, cookie: str, threads: int, number: int, pipe: Any) -> None:
    """Be one process of writers: play rounds until there are no more."""
    database._before_commit.insert(0, drop_facts)  # noqa: SLF001 (before the outbox is written)
    app = create_app(stage.settings_from(environment | {"DB_MAX_CONNECTIONS": str(threads)}))
    pipe.send("ready")
    while (wanted := pipe.recv()) is not None:
        counts = [0] * threads
        writers = [
            threading.Thread(target=write, args=(app, company_id, cookie, wanted, number * 100 + place, place, counts))
            for place in range(threads)
        ]
        before = time.process_time()
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        pipe.send((sum(counts), time.process_time() - before))


def write(
    app: Flask, company_id: CompanyId, cookie: str, wanted: Round, seed: int, place: int, counts: list[int]
) -> None:
    """Write until the round ends, with facts or with the same transactions but for them."""
    dice, act, client = random.Random(seed), ACTS[wanted.act], app.test_client()
    client.set_cookie("qd", cookie)
    _dropping.on = not wanted.has_events
    threading.Event().wait(max(wanted.begin_at - time.monotonic(), 0))
    if act is post_adjustment:
        while time.monotonic() < wanted.end_at:
            act(dice, client)
            counts[place] += 1
        return
    with app.app_context(), acting_for(company_id), acting_as(WHO):
        while time.monotonic() < wanted.end_at:
            act(dice, client)
            counts[place] += 1
        db.session.remove()
