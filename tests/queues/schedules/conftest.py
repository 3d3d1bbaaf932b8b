"""Schedules of jobs that only tests have, and a look at the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.queues.schedules import offers
from app.queues.schedules.models import Schedule, ScheduleScope
from tests.queues import chores  # noqa: F401 (declares the jobs)

Make = Callable[..., Schedule]


@pytest.fixture
def in_installation(app: Flask) -> Callable[[], Any]:
    """Act on what belongs to the installation."""

    @contextmanager
    def enter() -> Iterator[None]:
        with app.app_context(), installation():
            yield

    return enter


@pytest.fixture
def make_schedule(app: Flask) -> Iterator[Make]:
    """Make schedules of a job that counts; they are gone when the test is over."""
    offers.offer("chore.count")
    made: list[str] = []

    def make(*, due: datetime | None = None, **values: Any) -> Schedule:
        with app.app_context(), installation(), transaction():
            row = Schedule(
                company_id=installation_id(),
                **{
                    "title": f"Count {new_ulid()}", "job": "chore.count", "args": {"to": 1}, "cron": "*/5 * * * *",
                    "timezone": "UTC", "scope": ScheduleScope.INSTALLATION.value,
                    "next_at": due or clock.now() + timedelta(minutes=5), **values,
                },
            )  # fmt: skip
            db.session.add(row)
        made.append(row.id)
        return row

    yield make
    with app.app_context(), installation(), transaction():
        for row in db.session.query(Schedule).where(Schedule.id.in_(made)):
            db.session.delete(row)
    offers.OFFERS.pop("chore.count", None)


@pytest.fixture
def rows(world: Any) -> Callable[..., list[dict[str, Any]]]:
    """Ask the database behind row-level security."""
    return lambda text, *values: world.sql.execute(text, values).fetchall()
