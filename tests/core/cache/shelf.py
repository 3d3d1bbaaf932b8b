"""What the tests of the cache read: the reorder point of one item, and who asked the database how often."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.core.cache import Everywhere, OfCompany
from app.core.cache.process import EXTENSION, Process
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.tenancy import acting_for
from app.inventory.models import Item
from tests.stage import let_go
from tests.world import Person

POINT: OfCompany[int | None] = OfCompany(
    "test.point", "inventory", int | None, meaning="a reorder point", tables=["items"], topics=["inventory"]
)
POINTS: Everywhere[int] = Everywhere("test.points", "inventory", int, meaning="all of them", tables=["items"])


@dataclass
class Shelf:
    """One item of somebody's company.

    Attributes:
        asked: How often the database was asked for it.
        at_once: How many asked at most at the same time.
    """

    person: Person
    sku: str = field(default_factory=lambda: f"CACHED-{new_ulid()[-8:]}")
    asked: int = 0
    at_once: int = 0
    slow: threading.Event | None = None

    def __post_init__(self) -> None:
        self._asking = 0
        self._lock = threading.Lock()
        body = {"sku": self.sku, "name": "Kept", "onHand": 5, "reorderPoint": 0}
        answer = self.person.post("/api/inventory", json=body)
        assert answer.status_code == 201, answer.text

    def read(self) -> int | None:
        """Read it through the cache, in the current app and scope."""
        return POINT.read(self.person.company_id, [self.sku], self.load)

    def load(self) -> int | None:
        """Ask the database."""
        with self._lock:
            self.asked += 1
            self._asking += 1
            self.at_once = max(self.at_once, self._asking)
        if self.slow is not None:
            self.slow.wait(0.2)
        try:
            return db.session.scalar(sa.select(Item.reorder_point).where(Item.sku == self.sku))
        finally:
            with self._lock:
                self._asking -= 1

    def write(self, n: int) -> None:
        """Change it in a transaction of its own."""
        with transaction():
            db.session.execute(sa.update(Item).where(Item.sku == self.sku).values(reorder_point=n))

    @contextmanager
    def within(self, app: Flask | None = None) -> Iterator[None]:
        """Act in its company, in this process or in another."""
        with (app or self.person.app).app_context(), acting_for(self.person.company_id):
            yield


def cache_of(app: Flask) -> Process:
    """Return what an app has of the cache."""
    found: Process = app.extensions[EXTENSION]
    return found


@contextmanager
def another_process(app: Flask) -> Iterator[Flask]:
    """An app beside another: what each keeps in memory is its own, as in two processes."""
    made = create_app(app.config["SETTINGS"])
    try:
        yield made
    finally:
        let_go(made)


def write_elsewhere(shelf: Shelf, n: int) -> None:
    """Change it as somebody else does, while this thread is in the middle of something."""

    def write() -> None:
        with shelf.within():
            shelf.write(n)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


def at_once(count: int, work: Callable[[int], object]) -> list[object]:
    """Do something in many threads at the same moment; return what each got, an exception as itself."""
    begin, found = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        begin.wait(30)
        try:
            found[number] = work(number)  # type: ignore[call-overload]
        except Exception as error:  # noqa: BLE001 (what each got is what is looked at)
            found[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(found)
