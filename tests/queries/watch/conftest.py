"""What these tests share: what this process measured, folded into rows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.gathering import watch
from app.core.installation import installation
from app.queries.watch import folding
from app.queries.watch.shipping import STREAM, shipper_of
from tests.forecasts.conftest import make_item, make_order
from tests.world import Person


@pytest.fixture
def shipped(app: Flask) -> Iterator[Callable[[], None]]:
    """Ship what this process measured and fold it, as the thread and the relay would."""
    watch.begin()
    shipper_of(app).stop()
    shipper_of(app)._begin()
    watch.when_full = shipper_of(app).gather  # a test of another app may have come between
    with app.app_context():
        folding._client().delete(STREAM)

    def run() -> None:
        assert shipper_of(app).flush()
        with app.app_context():
            folding.fold()

    yield run
    watch.begin()


@pytest.fixture
def rows(app: Flask) -> Callable[..., list[dict[str, Any]]]:
    """Read rows of the installation."""
    import sqlalchemy as sa

    from app.core.db import db

    def run(sql: str, **values: Any) -> list[dict[str, Any]]:
        with app.app_context(), installation():
            return [dict(row) for row in db.session.execute(sa.text(sql), values).mappings()]

    return run


@pytest.fixture
def orders(ada: Person) -> list[int]:
    """Twelve orders of ada's company, each of a line with an item of its own; the ids of the items."""
    items: list[int] = []
    for number in range(1, 13):
        items.append(make_item(ada.world, ada, f"S-{number}"))
        make_order(ada.world, ada, clock.now(), {items[-1]: 1})
    return items
