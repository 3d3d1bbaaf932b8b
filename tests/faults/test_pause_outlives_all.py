"""A paused queue, and kill -9 of every web process, relay, worker and child: started again, they take nothing of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from flask import Flask

from app import create_app
from app.core import tasks
from app.core.context import acting_as
from app.core.db import transaction
from app.core.embedded.ports import find_free_port
from app.core.installation import installation
from app.core.tenancy import acting_for
from app.queues.service import pauses
from tests import stage
from tests.faults import flock
from tests.faults.test_lose_no_job import children_of
from tests.services import running_services
from tests.site import Site, wait_for
from tests.world import World, superuser

JOBS = 20
QUICK = {"JOB_LEASE_S": "3", "JOB_RING_S": "3", "WEB_WORKERS": "1"}


class Barn:
    """A whole installation: web, relay and a worker with two children."""

    def __init__(self, site: Site, app: Flask, world: World) -> None:
        self.site, self.app, self.world = site, app, world
        self.company_id = world.company("barn")["id"]

    def start(self) -> None:
        self.site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
        self.site.start("relay", "flask", "--app", "tests.faults.flock_app:create_app", "relay")
        self.site.start("worker", "celery", "-A", "tests.faults.flock_worker", "worker", "--concurrency", "2")
        self.site.wait_until_ready()

    def kill(self) -> None:
        """kill -9 of everything there is."""
        for process in self.site.processes.values():
            for pid in (*children_of(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()

    def one(self, text: str, *values: object) -> int:
        return int(next(iter(self.world.sql.execute(text, values).fetchone().values())))

    def enqueue(self, word: str) -> None:
        with self.app.app_context(), acting_for(self.company_id), transaction():
            for number in range(JOBS):
                flock.count_lamb.enqueue(f"{word}-{number}", 0.05, title=f"Count {word}-{number}")

    def export(self) -> str:
        with self.app.app_context(), acting_for(self.company_id):
            return tasks.enqueue("orders.export", {"query": "", "zone": "UTC", "name": "none.csv"}, title="Export none")

    def is_done(self, job_id: str) -> bool:
        return self.one("SELECT count(*) FROM jobs WHERE id = %s AND state = 'done'", job_id) == 1

    def done(self, word: str) -> int:
        return self.one("SELECT count(*) FROM flock WHERE key LIKE %s", f"{word}-%")

    def told(self) -> str:
        return "\n".join(self.site.log(name) for name in ("relay", "worker"))


@pytest.fixture
def barn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Barn]:
    folder = tmp_path_factory.mktemp("barn")
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE)
        port = find_free_port()
        environment = {**stage.environment_for(urls, services.redis_url, folder), **QUICK, "PORT": str(port)}
        app = create_app(stage.settings_from(environment))
        superuser_url = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        with psycopg.connect(superuser_url, autocommit=True) as sql:
            for text in flock.TABLES:
                sql.execute(text)
        world = World(app, superuser(superuser_url))
        made = Barn(Site(f"http://127.0.0.1:{port}", environment, folder), app, world)
        try:
            yield made
        finally:
            made.site.stop()
            world.sql.close()
            stage.let_go(app)


def test_a_pause_outlives_every_process(barn: Barn) -> None:
    barn.start()
    barn.enqueue("before")
    wait_for(lambda: barn.done("before") == JOBS, limit_s=120, say=barn.told)
    with barn.app.app_context(), installation(), acting_as({"kind": "user", "name": "Shepherd"}):
        held = pauses.pause("queue", "notification", "The gate is open")
    barn.kill()
    barn.enqueue("while-away")
    barn.start()
    barn.enqueue("after")
    # Jobs of another queue show that relay and worker are at work.
    for _ in range(3):
        job_id = barn.export()
        wait_for(lambda job_id=job_id: barn.is_done(job_id), limit_s=120, say=barn.told)
    assert barn.done("while-away") + barn.done("after") == 0
    with barn.app.app_context(), installation(), acting_as({"kind": "user", "name": "Shepherd"}):
        pauses.resume(held.id)
    wait_for(lambda: barn.done("while-away") + barn.done("after") == 2 * JOBS, limit_s=120, say=barn.told)
    assert barn.one("SELECT count(*) FROM flock_runs WHERE key NOT LIKE 'before-%%'") == 2 * JOBS
