"""Servers of a test's own, an app on them, and somebody signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from tests import stage
from tests.services import Services, running_services
from tests.world import Person, World, superuser


@pytest.fixture
def own() -> Iterator[Services]:
    """A cluster and a Valkey that may be stopped."""
    with running_services() as started:
        yield started


@pytest.fixture
def lonely(own: Services, tmp_path: Path) -> Iterator[Flask]:
    """An app on them."""
    urls = own.create_database(template=stage.TEMPLATE, name="lonely")
    app = create_app(stage.settings_from(stage.environment_for(urls, own.redis_url, tmp_path)))
    yield app
    stage.let_go(app)


@pytest.fixture
def reader(own: Services, lonely: Flask) -> Iterator[Person]:
    """A company's admin there."""
    world = World(lonely, superuser(own.superuser_url("lonely")))
    person = world.harbour("company_admin")
    assert person.get("/").status_code == 200
    yield person
    world.sql.close()
