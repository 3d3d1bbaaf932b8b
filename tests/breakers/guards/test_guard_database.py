"""PostgreSQL stopped: the breaker `database` answers at once, system threads go on looking, it closes by itself."""

import time

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.breakers import registry
from app.breakers.states import State
from app.core import guards
from app.core.db import db
from app.core.pool import DatabaseResting
from app.core.pushed import pushed_of
from app.health.checks import Checks
from tests.services import Services
from tests.site import wait_for
from tests.world import Person

pytestmark = pytest.mark.slow


def test_an_outage_opens_it_pages_answer_at_once_and_it_closes_by_itself(
    own: Services, lonely: Flask, reader: Person
) -> None:
    one = registry.breaker("database")
    own.postgres.stop()
    wait_for(lambda: reader.get("/api/orders").status_code == 503 and one.state is State.OPEN)
    begun = time.monotonic()
    page = reader.get("/orders")
    assert time.monotonic() - begun < 0.5
    assert (page.status_code, "The database does not answer" in page.text) == (503, True)
    assert 1 <= int(page.headers["Retry-After"]) <= 5
    assert reader.get("/api/orders").json["code"] == "database-away"
    assert lonely.test_client().get("/health/live").status_code == 200
    system_threads_still_ask(lonely)

    own.postgres.start()
    wait_for(lambda: reader.get("/orders").status_code == 200, limit_s=40, say=lambda: told(reader))
    wait_for(lambda: reader.get("/orders").status_code == 200 and one.state is State.CLOSED)


def told(reader: Person) -> str:
    """What is answered instead, and how the breaker stands."""
    one, answer = registry.breaker("database"), reader.get("/api/orders")
    return f"{answer.status_code} {answer.text[:300]} {one.state} {one.scope} {one.present()}"


def system_threads_still_ask(app: Flask) -> None:
    """They get the outage itself: an open breaker would hide from them that it is over."""
    with app.app_context(), pytest.raises(OperationalError) as plain, guards.unguarded():
        db.engine.connect()
    assert not isinstance(plain.value, DatabaseResting)
    assert "OperationalError" in Checks(app).newest()["database"].detail
    with pytest.raises(OperationalError) as kept, guards.unguarded():
        pushed_of(app).refresh("breakers")
    assert not isinstance(kept.value, DatabaseResting)


def test_whoever_holds_it_open_can_still_sign_in_and_let_go(ada: Person, pat: Person) -> None:
    one = registry.breaker("database")
    assert ada.get("/api/orders").status_code == 200
    one.force(State.FORCED_OPEN)
    try:
        assert ada.get("/api/orders").json["code"] == "database-away"
        assert pat.get("/breakers/database").status_code == 200
        assert pat.get("/api/orders").status_code == 503
    finally:
        one.force(None)
    assert ada.get("/api/orders").status_code == 200
