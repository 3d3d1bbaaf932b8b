"""Valkey goes away while everybody reads: nobody gets an error, the database is not flooded, nothing stale comes back."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import create_app
from app.core.cache import tags
from app.core.db import transaction
from app.core.redis import request_redis
from tests.core.cache.shelf import POINT, Shelf, another_process, at_once, cache_of
from tests.services import Services, running_services
from tests.site import wait_for
from tests.stage import TEMPLATE, environment_for, let_go, settings_from, take_process
from tests.world import World, superuser

CAP = 2


@pytest.fixture(scope="module")
def own() -> Iterator[Services]:
    """Servers of this file's own: it stops one of them."""
    with running_services() as services:
        yield services


@pytest.fixture
def away_shelf(own: Services, tmp_path: Path) -> Iterator[Shelf]:
    """An item in an app whose Valkey can be stopped, with few ways to the database at once."""
    assert own.valkey is not None
    urls = own.create_database(template=TEMPLATE)
    environment = {**environment_for(urls, own.redis_url, tmp_path), "CACHE_FALLBACK": str(CAP)}
    app = create_app(settings_from(environment))
    take_process(app)
    sql = superuser(own.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0]))
    yield Shelf(World(app, sql).harbour("company_admin"))
    sql.close()
    let_go(app)
    own.valkey.start()


def test_nobody_gets_an_error_and_few_ask_at_once(own: Services, away_shelf: Shelf) -> None:
    """A hundred readers of fifty things, while Valkey is killed under them."""
    shelf, killed = away_shelf, threading.Event()
    shelf.slow = threading.Event()
    company_id = shelf.person.company_id

    def read(number: int) -> list[int | None]:
        found = []
        with shelf.within():
            for turn in range(6):
                if number == 0 and turn == 1:
                    assert own.valkey is not None
                    own.valkey.stop()
                    shelf.at_once = 0
                    killed.set()
                elif turn == 1:
                    assert killed.wait(60)
                found.append(POINT.read(company_id, [number % 50], shelf.load))
        return found

    assert at_once(100, read) == [[0] * 6] * 100
    assert shelf.at_once <= CAP
    assert shelf.asked < 600, "copies of this process's own were used"


def test_a_change_made_meanwhile_is_not_forgotten(own: Services, away_shelf: Shelf) -> None:
    """Valkey comes back with the old value and the old tags; whoever wrote tells it first of all."""
    shelf = away_shelf
    assert own.valkey is not None
    with another_process(shelf.person.app) as other:
        with shelf.within():
            assert shelf.read() == 0
            tag = tags.tag(shelf.person.company_id, "items")
            kept = {
                name: request_redis().client.get(name)
                for name in (POINT.key(shelf.person.company_id, [shelf.sku]), tag)
            }
            own.valkey.stop()
            shelf.write(6)
            assert shelf.read() == 6, "not its own copy from before"
            assert len(cache_of(shelf.person.app).debts) > 0
        own.valkey.start()
        with shelf.within():
            for name, value in kept.items():  # as if it had been only out of reach
                wait_for(lambda name=name, value=value: put(name, value))  # type: ignore[misc]
            wait_for(lambda: paid(shelf))
        with shelf.within(other):
            assert shelf.read() == 6


def put(name: str, value: object) -> bool:
    """Put something back into a Valkey that may not answer yet."""
    try:
        return bool(request_redis().client.set(name, value))  # type: ignore[arg-type]
    except OSError:
        return False


def paid(shelf: Shelf) -> bool:
    """Read, and say whether nothing is owed any more."""
    assert shelf.read() == 6
    return len(cache_of(shelf.person.app).debts) == 0


def test_a_transaction_is_safe_without_valkey(own: Services, away_shelf: Shelf) -> None:
    assert own.valkey is not None
    own.valkey.stop()
    with away_shelf.within():
        with transaction():
            away_shelf.write(3)
        assert away_shelf.read() == 3
