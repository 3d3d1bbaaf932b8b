"""Running a job here and now, as a worker would."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import tasks
from app.core.broker import QUEUES
from app.core.db import transaction
from app.core.jobs import Job, holds, release
from app.core.redis import request_redis
from app.queues import reads
from tests.site import wait_for
from tests.world import Person


@pytest.fixture
def run(app: Flask, rows: Callable[..., list[Any]]) -> Callable[[Person, str], None]:
    """Deliver a job, as the broker does."""

    def deliver(person: Person, job_id: str) -> None:
        name = rows("SELECT name FROM jobs WHERE id = %s", job_id)[0]["name"]
        with app.app_context():
            tasks.run_job(person.company_id, job_id, name=name)

    return deliver


@pytest.fixture
def look() -> Callable[[Person, str], Job]:
    """Read a job's row."""

    def read(person: Person, job_id: str) -> Job:
        with person.acting(), transaction():
            return reads.find_job(job_id)

    return read


@pytest.fixture
def rows(superuser_sql: Any) -> Callable[..., list[Any]]:
    """Ask the database behind row-level security."""
    return lambda text, *values: superuser_sql.execute(text, values).fetchall()


@pytest.fixture
def superuser_sql(world: Any) -> Any:
    """The world's own connection."""
    return world.sql


@pytest.fixture
def wait() -> Callable[..., None]:
    """Wait for a condition."""
    return wait_for


@pytest.fixture
def alone(superuser_sql: Any, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of another test waits, runs or holds: what is released is the test's own. It leaves nothing held."""
    superuser_sql.execute("DELETE FROM job_outbox")
    superuser_sql.execute("DELETE FROM job_pauses")
    superuser_sql.execute("DELETE FROM queue_settings")
    monkeypatch.setattr(release, "_rests_until", 0.0)
    with app.app_context():
        holds.refresh(0)
        request_redis().client.delete(*[f"turns:{queue}" for queue in QUEUES], *QUEUES)
    yield
    superuser_sql.execute("DELETE FROM job_pauses")
    with app.app_context():
        holds.refresh(0)


@pytest.fixture
def release_now(app: Flask, alone: None) -> Callable[..., int]:
    """Release what is due, as the relay does."""
    return lambda queue=None: release.release_due(app, queue=queue)
