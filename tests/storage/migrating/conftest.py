"""Two places, this disk and SeaweedFS, and files that move between them."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.core.installation import installation
from app.storage import routing
from app.storage.migrating import service
from app.storage.migrating.runner import Ended, run
from app.storage.models import Migration
from tests.storage import servers
from tests.storage.servers import Server
from tests.world import Person

Move = Callable[..., Migration]


@pytest.fixture
def places(
    app_with: Callable[..., Flask], seaweed: Server, bucket: str, superuser_url: str
) -> Iterator[Flask]:  # fmt: skip
    """An app that knows both places; new files go to this disk."""
    app = app_with(storage_provider="local", **servers.settings_of(seaweed, bucket))
    yield app
    with psycopg.connect(superuser_url) as sql:
        sql.execute(
            "UPDATE storage_migrations SET phase = 'stopped' WHERE phase NOT IN ('planned','done','rolled-back','stopped')"
        )
    with app.app_context():
        routing.change(writes_to="", mirrors_to="", reason="the test is over")


@pytest.fixture
def begun(places: Flask, ada: Person) -> Move:
    """Plan and start the move of ada's files to SeaweedFS."""

    def begin(**about: Any) -> Migration:  # Any: as service.plan takes it
        with places.app_context(), installation():
            given = {"company": ada.company_slug, **about}
            row = service.plan("local", "s3", **given)
            return service.start(row.id)

    return begin


@pytest.fixture
def moved(places: Flask, begun: Move) -> Move:
    """Plan, start, and copy until it is ready to switch."""

    def move(**about: Any) -> Migration:  # Any: as above
        row = begun(**about)
        with places.app_context():
            assert run(row.id) is Ended.RESTS
        return look(places, row.id)

    return move


def look(app: Flask, migration_id: str) -> Migration:
    """Read a migration anew."""
    with app.app_context(), installation():
        return service.migration(migration_id)
