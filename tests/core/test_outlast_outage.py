"""A request whose database connection ends is served again; a silent server is left; who may not be repeated is told."""

import time
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.core import process, pulse
from app.core.address import libpq_address
from app.core.db import db
from app.core.ids import new_ulid
from app.core.pool import GuardedPool
from tests.faults.proxy import FaultProxy
from tests.world import Person

ORDER = {"customer": {"name": "Iris Vale"}, "currency": "GBP", "lines": [{"sku": "FRAME", "quantity": 1}]}


@pytest.fixture
def cut(app: Flask, ada: Person) -> None:
    """Every connection of the app was ended by the server a moment ago, and trusted still."""
    ada.post("/api/inventory", json={"sku": "FRAME", "name": "Halden", "onHand": 50, "unitPrice": "10.00"})
    ada.get("/api/orders")
    with app.app_context():
        name = db.engine.url.database
    ada.world.sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'qd_app'", (name,)
    )


def orders_of(person: Person) -> int:
    row = person.world.sql.execute("SELECT count(*) AS n FROM orders WHERE company_id = %s", (person.company_id,))
    return int(row.fetchone()["n"])


def test_a_read_is_served_again(ada: Person, cut: None) -> None:
    assert ada.get("/api/orders").status_code == 200
    assert ada.get("/orders").status_code == 200


def test_a_write_with_a_key_is_served_again_and_acts_once(ada: Person, cut: None) -> None:
    assert ada.post("/api/orders", json=ORDER, headers={"Idempotency-Key": new_ulid()}).status_code == 201
    assert orders_of(ada) == 1


def test_a_write_without_a_key_is_never_repeated(ada: Person, cut: None) -> None:
    answer = ada.post("/api/orders", json=ORDER)
    assert answer.status_code in {201, 503}
    assert orders_of(ada) == (answer.status_code == 201)


def test_a_connection_lost_after_the_last_answer_spoils_nothing(ada: Person, app: Flask) -> None:
    pulse.begin_request(time.monotonic() + 2.5)
    with app.app_context():
        with db.engine.connect() as connection:
            pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            ada.world.sql.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        assert db.session.scalar(sa.text("SELECT 1")) == 1
        db.session.remove()


@pytest.fixture
def proxied(superuser_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FaultProxy, sa.Engine]]:
    """A pool of a web process whose server is behind a cable that can be pulled."""
    monkeypatch.setattr(process, "_kind", "web")
    with psycopg.connect(superuser_url) as link:
        target = (link.info.host, link.info.port)
    with FaultProxy(target=target) as proxy:
        place = sa.make_url(superuser_url).set(drivername="postgresql+psycopg", host="127.0.0.1", port=proxy.port)
        heart = pulse.pulse_of(place.render_as_string(hide_password=False))
        engine = sa.create_engine(place, poolclass=GuardedPool, pulse=heart, pool_pre_ping=True)
        yield proxy, engine
        engine.dispose()


def test_a_silent_server_holds_nobody_and_is_found_again(proxied: tuple[FaultProxy, sa.Engine]) -> None:
    proxy, engine = proxied
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        proxy.timeout()
        with pytest.raises(OperationalError):
            connection.execute(sa.text("SELECT 2"))
    pulse.begin_request(time.monotonic())  # no time to wait
    with pytest.raises(OperationalError):
        engine.connect()
    proxy.heal()
    pulse.begin_request(time.monotonic() + 30)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 3")).scalar_one() == 3


def test_a_connection_takes_no_longer_than_the_request_has(proxied: tuple[FaultProxy, sa.Engine]) -> None:
    proxy, engine = proxied
    proxy.timeout()
    began = time.monotonic()
    pulse.begin_request(began + 0.2)
    with pytest.raises(OperationalError, match="before the request must end"):
        engine.connect()
    assert time.monotonic() - began < 1.5, "libpq alone would have waited for two seconds"
    assert isinstance(engine.pool, GuardedPool)
    assert engine.pool.pulse is not None
    assert not engine.pool.pulse.is_away, "that says nothing of the server"


def test_who_is_no_request_waits_for_a_connection(proxied: tuple[FaultProxy, sa.Engine]) -> None:
    proxy, engine = proxied
    proxy.latency(120)
    pulse.begin_request(time.monotonic() - 60)  # a thread that a request of long ago began
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_a_slow_statement_is_no_silence(proxied: tuple[FaultProxy, sa.Engine]) -> None:
    _, engine = proxied
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT pg_sleep(3)::text")).scalar_one() == ""


def test_several_servers_stand_where_libpq_reads_them() -> None:
    several = "postgresql+psycopg://qd_app:a%40b@/shop?host=one:5432&host=two:5433&target_session_attrs=read-write"
    assert libpq_address(several) == "postgresql://qd_app:a%40b@one:5432,two:5433/shop?target_session_attrs=read-write"
    assert libpq_address("postgresql+psycopg://qd_app:x@one:5432/shop") == "postgresql://qd_app:x@one:5432/shop"
