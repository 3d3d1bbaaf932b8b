"""PostgreSQL stopped: people are told at once, nothing hangs, and everything comes back by itself."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.core.embedded.roles import role_urls
from app.health import checks
from tests import stage
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import Person, World, superuser

pytestmark = pytest.mark.slow


@pytest.fixture
def own() -> Iterator[Services]:
    """A cluster and a Valkey of this test's own."""
    with running_services() as started:
        yield started


@pytest.fixture
def lonely(own: Services, tmp_path: Path) -> Iterator[Flask]:
    """An app on servers that may be stopped."""
    urls = own.create_database(template=stage.TEMPLATE, name="lonely")
    app = create_app(stage.settings_from(stage.environment_for(urls, own.redis_url, tmp_path)))
    yield app
    stage.let_go(app)


@pytest.fixture
def reader(own: Services, lonely: Flask) -> Iterator[Person]:
    """Somebody signed in there."""
    world = World(lonely, superuser(own.superuser_url("lonely")))
    person = world.harbour("company_admin")
    assert person.get("/").status_code == 200
    yield person
    world.sql.close()


def test_a_stopped_database_is_told_within_three_seconds_and_recovers(
    own: Services, lonely: Flask, reader: Person
) -> None:
    assert lonely.test_client().get("/health/ready").status_code == 200
    assert {reader.get(path).status_code for path in ("/orders", "/login")} <= {200, 303}
    own.postgres.stop()
    for path in ("/", "/orders", "/login"):
        begun = time.monotonic()
        answer = reader.get(path)
        assert time.monotonic() - begun < 3, path  # it may be a restart, so a read waits as long as a person would
        assert answer.status_code == 503, path
        assert int(answer.headers["Retry-After"]) <= 5
        assert "The database does not answer" in answer.text
        assert "Traceback" not in answer.text
    problem = reader.get("/api/orders")
    assert (problem.status_code, problem.json["code"]) == (503, "database-away")
    assert lonely.test_client().get("/health/live").status_code == 200
    assert lonely.test_client().get("/health/ready").status_code == 200
    lonely.extensions[checks.EXTENSION] = checks.Checks(lonely)
    assert lonely.test_client().get("/api/health").json["status"] == "down"

    own.postgres.start()
    wait_for(lambda: reader.get("/").status_code == 200, limit_s=40)


def test_a_lost_redis_costs_nobody_a_page(own: Services, lonely: Flask, reader: Person) -> None:
    paths = ("/", "/orders", "/inventory", "/api/user")
    assert [reader.get(path).status_code for path in paths] == [200] * 4
    own.valkey.stop()
    for path in paths:
        begun = time.monotonic()
        assert reader.get(path).status_code == 200, path
        assert time.monotonic() - begun < 2, path
    assert lonely.test_client().get("/health/ready").status_code == 200


def test_a_frozen_relay_keeps_its_lock_and_is_told_of(own: Services, lonely: Flask, tmp_path: Path) -> None:
    urls = role_urls(own.addresses.postgres_url, "lonely", own.addresses.passwords)
    site = Site("", stage.environment_for(urls, own.redis_url, tmp_path), tmp_path)

    def told() -> dict[str, Any]:
        return dict(lonely.test_client().get("/api/health").json["relay"])

    try:
        site.start_relay()
        wait_for(lambda: told()["healthy"], limit_s=90, say=lambda: site.log("relay"))
        site.processes["relay"].send_signal(signal.SIGSTOP)
        wait_for(lambda: not told()["healthy"], limit_s=60)
        assert "silent for" in told()["detail"]
        site.processes["relay"].send_signal(signal.SIGCONT)
        wait_for(lambda: told()["healthy"], limit_s=60)
    finally:
        site.processes["relay"].send_signal(signal.SIGCONT)
        site.stop()
