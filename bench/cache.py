"""What the read cache spares: each figure with and without it, pages, hit rate on a mix, a rush, a race.

    bin/bench cache --orders 200000 --rounds 10000

Starts its own PostgreSQL and Valkey. "Without" is the same code with `CACHE_*_S=0`.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app
from app.accounts import gate
from app.caching.reads import read_cache
from app.core.cache import OfCompany
from app.core.cache.process import EXTENSION
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.redis import request_redis
from app.core.tenancy import acting_for
from app.demo.generate import generate
from app.inventory.models import Item
from app.inventory.reads import summary
from app.orders.reads import counts, rhythm
from tests import stage
from tests.services import running_services
from tests.world import PASSWORD, Person, World, kept_superuser

KINDS = ("INVENTORY", "ORDERS", "COMPANIES", "QUEUES", "STORAGE")
FIGURES: dict[str, Callable[[], object]] = {
    "inventory.summary": summary.summarize, "inventory.categories": summary.categories, "orders.counts": counts.count_views,
    "orders.day": counts.day_figures, "orders.rhythm": rhythm.orders_rhythm,
}  # fmt: skip
PAGES = ("/", "/orders", "/inventory", "/api/orders?limit=50")
# What the people of a company look at. How much of it are changes is played at several shares, for nobody knows it.
ORDER_TOO = 0.7
MIX = {"/": 30, "/orders": 35, "/orders?state=paid": 10, "/inventory": 15, "/orders?view=late": 10}


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench cache", description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--companies", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=10_000, help="of the race")
    parser.add_argument("--asks", type=int, default=300, help="of each figure; a tenth of it for pages")
    options = parser.parse_args()
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        stage.migrate(urls, services.redis_url, Path(folder))
        environment = {**stage.environment_for(urls, services.redis_url, Path(folder)), "LOG_LEVEL": "ERROR"}
        environment["REDIS_BUDGET_MS"] = "2000"  # 200 threads of one process are slow by themselves
        kept = create_app(stage.settings_from(environment))
        plain = create_app(stage.settings_from({**environment, **{f"CACHE_{kind}_S": "0" for kind in KINDS}}))
        for app in (kept, plain):
            app.extensions[EXTENSION].is_checking = False
        try:
            with kept.app_context():
                generate(options.orders, options.companies, password=PASSWORD, say=lambda *_: None)
            superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
            kept_superuser(superuser).execute("VACUUM ANALYZE")
            measure_all(kept, plain, superuser, options)
        finally:
            for app in (kept, plain):
                stage.let_go(app)


def measure_all(kept: Flask, plain: Flask, superuser: str, options: argparse.Namespace) -> None:
    """Measure one thing after the other."""
    with kept.app_context():
        company = gate.find_company("bench-00000")
    assert company is not None
    row = {"id": company.id, "slug": "bench-00000"}
    people = [World(app, kept_superuser(superuser)).person(row, "company_admin") for app in (kept, plain)]
    measure_figures(kept, company.id, options.asks)
    measure_pages(people, max(options.asks // 10, 20))
    measure_mix(people)
    measure_rush(kept, company.id)
    measure_race(kept, plain, company.id, options.rounds)


def measure_figures(kept: Flask, company_id: int, asks: int) -> None:
    """Ask each figure of the database, and of the cache."""
    print(f"\n{'one figure':26}{'database ms':>12}{'kept ms':>10}{'change ms':>11}   p50, n={asks}")
    with kept.app_context(), acting_for(company_id):
        for name, ask in FIGURES.items():
            direct = middle(ask.__wrapped__, asks)  # type: ignore[attr-defined]  # of functools.wraps
            print(f"{name:26}{direct:12.2f}{middle(ask, asks):10.2f}", flush=True)
        change = middle(lambda: touch_item("%"), asks // 3)
    with kept.app_context(), acting_for(company_id):
        print(f"{'a change, told to Valkey':26}{'':22}{change:11.2f}")


def touch_item(pattern: str) -> None:
    """Change one item, as an edit does."""
    with transaction():
        some = sa.select(Item.id).where(Item.sku.like(pattern)).limit(1).scalar_subquery()
        db.session.execute(sa.update(Item).where(Item.id == some).values(reorder_point=Item.reorder_point + 1))


def middle(work: Callable[[], object], times: int) -> float:
    """Return the middle of so many times, in milliseconds; every one in a transaction of its own, as a request's."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
        db.session.rollback()
    return statistics.median(took)


def measure_pages(people: list[Person], asks: int) -> None:
    """Ask pages in turn, with and without what is kept."""
    print(f"\n{'server time':26}{'without p50':>12}{'p95':>8}{'with p50':>10}{'p95':>8}   n={asks}")
    for path in PAGES:
        took: list[list[float]] = [[], []]
        for turn in range(asks + 3):
            for place, person in enumerate(people):
                started = time.perf_counter()
                assert person.get(path).status_code == 200, path
                if turn >= 3:
                    took[place].append((time.perf_counter() - started) * 1000)
        (with50, with95), (out50, out95) = (
            (statistics.median(one), statistics.quantiles(one, n=20)[18]) for one in took
        )
        print(f"{path:26}{out50:12.1f}{out95:8.1f}{with50:10.1f}{with95:8.1f}", flush=True)


def measure_mix(people: list[Person]) -> None:
    """Play a company's requests, with more and more changes among them."""
    print(f"\n{'changes among 400 requests':28}{'reads':>8}{'spared':>9}{'with p50 ms':>13}{'without':>9}")
    for share in (0.01, 0.05, 0.10, 0.25):
        before = told(people[0].app)
        took = [play(person, share) for person in people]
        spared, reads = (now - then for now, then in zip(told(people[0].app), before, strict=True))
        print(f"{share:<28.0%}{reads:8,}{spared / max(reads, 1):9.1%}{took[0]:13.1f}{took[1]:9.1f}", flush=True)


def play(person: Person, share: float) -> float:
    """Ask 400 times by the mix, changing an item or an order in between; return the middle of the pages' times."""
    chance, took = random.Random(7), []  # the same play every time
    for _ in range(400):
        if chance.random() < share:
            with person.acting():
                touch_item("%")
                if chance.random() < ORDER_TOO:
                    touch_order()
            continue
        [path] = chance.choices(list(MIX), list(MIX.values()))
        started = time.perf_counter()
        person.get(path)
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def touch_order() -> None:
    """Change one order, as an act does."""
    with transaction():
        db.session.execute(sa.text("UPDATE orders SET due_at = due_at WHERE number = (SELECT max(number) FROM orders)"))


def told(app: Flask) -> tuple[int, int]:
    """Return how many reads were spared and made in the last hour, as the page of the cache says."""
    with app.app_context(), installation():
        app.extensions[EXTENSION].figures.flush(request_redis().client)
        total = read_cache().total
        return total.spared, total.reads


def measure_rush(kept: Flask, company_id: int) -> None:
    """Let 200 ask at once for what nobody has."""
    asked: list[int] = []
    once: OfCompany[int] = OfCompany("bench.rush", "inventory", int, meaning="a rush", tables=["items"])

    def load() -> int:
        asked.append(1)
        return int(db.session.scalar(sa.text("SELECT count(*) FROM orders, pg_sleep(0.2)")) or 0)

    barrier = threading.Barrier(200)

    def read() -> None:
        with kept.app_context(), acting_for(company_id):
            barrier.wait()
            once.read(company_id, [time.time() // 3600], load)

    threads = [threading.Thread(target=read) for _ in range(200)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"\n200 at once for what is not kept: {len(asked)} asked the database, all had it after {time.perf_counter() - started:.2f} s")  # fmt: skip


def measure_race(kept: Flask, other: Flask, company_id: int, rounds: int) -> None:
    """Change and read without a pause, two readers beside it; count what was read that was older than the last commit."""
    point: OfCompany[int] = OfCompany("bench.point", "inventory", int, meaning="a race", tables=["items"])
    committed, over, stale, reads = [0], threading.Event(), [0], [0, 0]
    beside = create_app(kept.config["SETTINGS"])
    beside.extensions[EXTENSION].is_checking = False

    with within(kept, company_id):
        item = db.session.scalar(sa.select(sa.func.min(Item.id)))

    def load() -> int:
        return int(db.session.scalar(sa.select(Item.reorder_point).where(Item.id == item)) or 0)

    def watch(number: int, app: Flask) -> None:
        with within(app, company_id):
            while not over.is_set():
                least = committed[0]
                stale[0] += point.read(company_id, [], load) < least
                reads[number] += 1

    threads = [threading.Thread(target=watch, args=(number, (kept, beside)[number])) for number in range(2)]
    started = time.perf_counter()
    with within(kept, company_id):
        write(item, 0)
        for thread in threads:
            thread.start()
        for n in range(1, rounds + 1):
            write(item, n)
            committed[0] = n
            stale[0] += point.read(company_id, [], load) != n
    over.set()
    for thread in threads:
        thread.join()
    stage.let_go(beside)
    print(f"{rounds:,} changes, {sum(reads) + rounds:,} reads beside them: {stale[0]} stale, {time.perf_counter() - started:.0f} s")  # fmt: skip


def write(item: Any, n: int) -> None:  # Any: the item's number
    """Change the item."""
    with transaction():
        db.session.execute(sa.update(Item).where(Item.id == item).values(reorder_point=n))


@contextmanager
def within(app: Flask, company_id: int) -> Iterator[None]:
    """Act in the company, in one of the processes."""
    with app.app_context(), acting_for(company_id):
        yield


if __name__ == "__main__":
    main()
