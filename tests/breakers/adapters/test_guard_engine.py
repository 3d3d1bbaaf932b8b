"""Any SQLAlchemy engine behind a breaker, with a real PostgreSQL that is stopped and started."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.breakers.adapters.sqlalchemy import guarded_pool
from app.breakers.breaker import Breaker
from app.breakers.states import CallNotPermitted, State
from app.core import guards
from tests.services import Services, running_services
from tests.site import wait_for


@pytest.fixture
def one(make_breaker: Any) -> Breaker:
    made: Breaker = make_breaker(sliding_window_size=10, minimum_number_of_calls=8)
    return made


def open_engine(url: str, one: Breaker, **options: Any) -> sa.Engine:  # Any: create_engine's
    plain = url.replace("postgresql://", "postgresql+psycopg://")
    return sa.create_engine(plain, poolclass=guarded_pool(one.name), pool_pre_ping=True, **options)


@pytest.fixture
def engine(superuser_url: str, one: Breaker) -> Iterator[sa.Engine]:
    made = open_engine(superuser_url, one, pool_size=1, max_overflow=0, pool_timeout=0.1)
    yield made
    made.dispose()


def ask(engine: sa.Engine, statement: str = "SELECT 1") -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_what_a_statement_does_wrong_never_counts(engine: sa.Engine, one: Breaker) -> None:
    refused = (
        "SELECT 1 FROM there_is_none",
        "SELECT 1/0",
        "SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)",
        "DO $$ BEGIN RAISE serialization_failure; END $$",
        "DO $$ BEGIN RAISE deadlock_detected; END $$",
        "DO $$ BEGIN RAISE unique_violation; END $$",
    )
    for statement in refused:
        with pytest.raises((DBAPIError, IntegrityError)):
            ask(engine, statement)
    assert (one.state, one.figures_now()) == (State.CLOSED, (6, 0, 0))


def test_connections_that_are_lost_or_waited_for_in_vain_count(engine: sa.Engine, one: Breaker) -> None:
    with engine.connect(), pytest.raises(PoolTimeout):
        ask(engine)
    assert one.figures_now() == (2, 1, 0)  # the one had, and the one waited for
    with engine.connect() as connection, pytest.raises(OperationalError):
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert one.figures_now() == (4, 2, 0)


def test_a_stopped_server_opens_it_and_it_closes_by_itself(make_breaker: Any) -> None:
    one: Breaker = make_breaker()
    with running_services() as own:
        engine = open_engine(own.superuser_url("postgres"), one)
        ask(engine)
        engine.dispose()
        stop_and_see(own, engine, one)
        own.postgres.start()
        wait_for(lambda: works(engine), limit_s=30)
        wait_for(lambda: works(engine) and one.state is State.CLOSED)
        engine.dispose()


def stop_and_see(own: Services, engine: sa.Engine, one: Breaker) -> None:
    own.postgres.stop()
    for _ in range(3):
        with pytest.raises((OperationalError, CallNotPermitted)):
            ask(engine)
    with pytest.raises(CallNotPermitted):
        ask(engine)
    assert one.state is State.OPEN
    with guards.unguarded(), pytest.raises(OperationalError):
        ask(engine)


def works(engine: sa.Engine) -> bool:
    try:
        ask(engine)
    except (OperationalError, CallNotPermitted):
        return False
    return True
