"""Relay killed, Valkey killed and flushed, writers busy all the while: nothing lost, doubled, skipped or inverted."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis

from app import create_app
from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.embedded.ports import find_free_port
from app.core.outbox import record
from app.core.tenancy import acting_for
from tests import stage
from tests.realtime.ear import Ear, cookie_of
from tests.realtime.lanterns import LanternLit, init_lanterns
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import Person, World, superuser

EVENTS, WRITERS, ROWS = 5008, 16, 25


@dataclass
class House:
    """An installation of its own, whose parts a test may kill."""

    services: Services
    site: Site
    app: Flask
    world: World
    superuser_url: str

    def start_relay(self) -> None:
        self.site.start_relay()

    def kill_relay(self) -> None:
        """kill -9, then start another."""
        process = self.site.processes["relay"]
        process.kill()
        process.wait()
        self.start_relay()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """PostgreSQL, Valkey, gunicorn with two workers and a relay, all these tests' own."""
    tmp_path = tmp_path_factory.mktemp("house")
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE)
        environment = stage.environment_for(urls, services.redis_url, tmp_path)
        app = create_app(stage.settings_from(environment))
        init_lanterns(app)
        name = urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0]
        superuser_url = services.superuser_url(name)
        world = World(app, superuser(superuser_url))
        port = find_free_port()
        site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port), "WEB_WORKERS": "2"}, tmp_path)
        try:
            site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.realtime.lantern_wsgi:app")
            site.start_relay()
            site.wait_until_ready()
            yield House(services, site, app, world, superuser_url)
        finally:
            site.stop()
            world.sql.close()
            stage.let_go(app)


def prepare_rows(house: House) -> None:
    with psycopg.connect(house.superuser_url, autocommit=True) as sql:
        sql.execute("CREATE TABLE IF NOT EXISTS lantern_rows (number int PRIMARY KEY, step int NOT NULL)")
        sql.execute("TRUNCATE lantern_rows")
        sql.execute("GRANT SELECT, UPDATE ON lantern_rows TO qd_app")
        sql.execute("INSERT INTO lantern_rows SELECT n, 0 FROM generate_series(1, %s) n WHERE n <> 13", (ROWS,))


def somebody(house: House) -> Person:
    """The admin of a fresh company."""
    return house.world.person(house.world.company("lighthouse"), "company_admin")


def is_standing_by(house: House) -> bool:
    """Say whether a second relay keeps asking for the leader's lock."""
    found = house.world.sql.execute(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' AND state = 'idle'"
    ).fetchall()
    return bool(found)


def write(house: House, person: Person, seed: int, events: int, written: list[int]) -> None:
    """Change rows in transactions of random length."""
    dice, pause = random.Random(seed), threading.Event()
    numbers = [number for number in range(1, ROWS + 1) if number != 13]
    with house.app.app_context(), acting_for(person.company_id), acting_as({"kind": "user", "name": "Writer"}):
        for _ in range(events):
            with transaction() as session:
                pause.wait(dice.random() * 0.05)
                number = dice.choice(numbers)
                step = (
                    session.connection()
                    .exec_driver_sql(
                        "UPDATE lantern_rows SET step = step + 1 WHERE number = %s RETURNING step", (number,)
                    )
                    .scalar_one()
                )
                record(LanternLit(number=number, step=step), version=step)
                pause.wait(dice.random() * 0.02)
            written.append(number)
        db.session.remove()


def start_writers(house: House, person: Person, written: list[int]) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=write, args=(house, person, seed, EVENTS // WRITERS, written))
        for seed in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    return threads


def log_of(house: House, person: Person) -> list[dict[str, Any]]:
    return house.world.sql.execute(
        "SELECT seq, event_id, row_id, row_version FROM event_log WHERE company_id = %s AND topic = 'lanterns' ORDER BY seq",
        (person.company_id,),
    ).fetchall()


def assert_order_of_rows(pairs: list[tuple[str, int]]) -> None:
    newest: dict[str, int] = {}
    for row, version in pairs:
        assert version == newest.get(row, 0) + 1, f"row {row}: {newest.get(row)} then {version}"
        newest[row] = version


def when(written: list[int], share: float) -> Callable[[], bool]:
    return lambda: len(written) >= EVENTS * share


def test_nothing_is_lost_when_relay_and_valkey_die_under_writers(house: House) -> None:
    prepare_rows(house)
    ada, cleo = somebody(house), somebody(house)
    scripts = [Ear(house.site.url, cookie=cookie_of(ada), topics=["lanterns"]).open() for _ in range(2)]
    pages = [Ear(house.site.url, cookie=cookie_of(ada), rows=True, topics={"lanterns": 0}).open() for _ in range(2)]
    outsider = Ear(house.site.url, cookie=cookie_of(cleo), topics=["lanterns"]).open()
    written: list[int] = []
    writers = start_writers(house, ada, written)
    valkey = house.services.valkey
    assert valkey is not None
    for share, harm in [
        (0.1, house.kill_relay),
        (0.25, lambda: Redis.from_url(house.services.redis_url).flushall()),
        (0.4, house.kill_relay),
        (0.5, lambda: (valkey.stop(), valkey.start())),
        (0.75, house.kill_relay),
    ]:
        wait_for(when(written, share), limit_s=60)
        harm()
    for thread in writers:
        thread.join()
    wait_for(lambda: len(log_of(house, ada)) == EVENTS, limit_s=20, say=lambda: house.site.log("relay"))
    rows = log_of(house, ada)
    assert [row["seq"] for row in rows] == list(range(1, EVENTS + 1))
    assert len({row["event_id"] for row in rows}) == EVENTS
    assert_order_of_rows([(row["row_id"], row["row_version"]) for row in rows])
    final = {f"lantern-{row['row_id']}": row["row_version"] for row in rows}
    for ear in scripts:
        ear.wait(lambda ear=ear: len(ear.of("lantern.lit")) >= EVENTS, limit_s=20)
        heard = ear.of("lantern.lit")
        assert [event["seq"] for event in heard] == list(range(1, EVENTS + 1))
        assert_order_of_rows([(str(event["data"]["number"]), event["data"]["step"]) for event in heard])
    for ear in pages:
        ear.wait(lambda ear=ear: ear.of("rows")[-1]["to"] == EVENTS, limit_s=20)
        assert ear.rows() == final
        at = 0
        for message in ear.of("rows"):
            assert message["from"] == at
            at = message["to"]
    assert outsider.events("lantern") == []
    for ear in [*scripts, *pages, outsider]:
        assert not ear.is_closed.is_set()
        ear.close()


def test_pages_stay_live_while_valkey_is_away(house: House) -> None:
    prepare_rows(house)
    ada = somebody(house)
    valkey = house.services.valkey
    assert valkey is not None
    ear = Ear(house.site.url, cookie=cookie_of(ada), topics=["lanterns"]).open()
    valkey.stop()
    write(house, ada, 1, 10, [])
    ear.wait(lambda: len(ear.of("lantern.lit")) == 10, limit_s=5)
    valkey.start()
    write(house, ada, 2, 10, [])
    ear.wait(lambda: len(ear.of("lantern.lit")) == 20, limit_s=5)
    assert [event["seq"] for event in ear.of("lantern.lit")] == list(range(1, 21))
    ear.close()


def test_a_standby_takes_over_within_five_seconds(house: House) -> None:
    prepare_rows(house)
    ada = somebody(house)
    house.site.start("standby", "flask", "relay")
    write(house, ada, 1, 3, [])
    wait_for(lambda: len(log_of(house, ada)) == 3, limit_s=20)
    wait_for(lambda: is_standing_by(house), limit_s=60, say=lambda: house.site.log("standby"))
    house.site.processes["relay"].kill()
    write(house, ada, 2, 3, [])
    wait_for(lambda: len(log_of(house, ada)) == 6, limit_s=5, say=lambda: house.site.log("standby"))
