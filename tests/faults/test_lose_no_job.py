"""Workers and their children killed, Valkey restarted, jobs queued all the while: none lost, none done twice, none stuck.

FAULT_JOBS and FAULT_KILLS make it as long as one likes: 10,000 jobs under 200 kills take ten minutes.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis

from app import create_app
from app.core.context import acting_as
from app.core.db import transaction
from app.core.tasks import JobFunction
from app.core.tenancy import acting_for
from tests import stage
from tests.faults import flock
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import World, superuser

pytestmark = pytest.mark.slow
JOBS = int(os.environ.get("FAULT_JOBS", "300"))
KILLS = int(os.environ.get("FAULT_KILLS", "6"))
RESTARTS = 1 if KILLS < 20 else 3
WORKERS = ("east", "west")
STUCK_S, SLOW_S = 120, 300  # the second where processes start on a busy machine
QUICK = {"JOB_LEASE_S": "3", "JOB_RING_S": "3", "NOTIFICATION_CONCURRENCY": "12"}


@dataclass
class Farm:
    """A relay and two workers with two children each, whose parts a test may kill."""

    services: Services
    site: Site
    app: Flask
    world: World
    dice: random.Random
    harms: list[str] = field(default_factory=list)

    def start_worker(self, name: str) -> None:
        self.site.start(
            name, "celery", "-A", "tests.faults.flock_worker", "worker", "--concurrency", "2", "-n", f"{name}@farm",
            "--loglevel", "WARNING",
        )  # fmt: skip

    def kill_worker(self) -> None:
        """kill -9 of the parent; its children end with what they are doing. Another one takes its place."""
        name = self.dice.choice(WORKERS)
        self.site.processes[name].kill()
        self.site.processes[name].wait()
        self.start_worker(name)
        self.harms.append("worker")

    def kill_child(self) -> None:
        """kill -9 of one process of a pool, in the middle of a job as likely as not."""
        children = [pid for name in WORKERS for pid in children_of(self.site.processes[name].pid)]
        if children:
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(children), signal.SIGKILL)
            self.harms.append("child")

    def restart_valkey(self) -> None:
        """It keeps nothing: every message on its way is gone."""
        valkey = self.services.valkey
        assert valkey is not None
        valkey.stop()
        valkey.start()
        self.harms.append("valkey")

    def empty_valkey(self) -> None:
        """FLUSHALL while everybody is connected: as above, but nobody sees a connection break."""
        with Redis.from_url(self.services.redis_url) as valkey:
            valkey.flushall()
        self.harms.append("flush")

    def told(self) -> str:
        """Return what the processes said last."""
        return "\n".join(self.site.log(name) for name in ("relay", *WORKERS))

    def one(self, text: str, *values: Any) -> Any:
        return next(iter(self.world.sql.execute(text, values).fetchone().values()))


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """PostgreSQL, Valkey, relay and workers of these tests' own."""
    folder = tmp_path_factory.mktemp("farm")
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE)
        environment = {**stage.environment_for(urls, services.redis_url, folder), **QUICK}
        app = create_app(stage.settings_from(environment))
        superuser_url = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        with psycopg.connect(superuser_url, autocommit=True) as sql:
            for text in flock.TABLES:
                sql.execute(text)
        world = World(app, superuser(superuser_url))
        made = Farm(services, Site("", environment, folder), app, world, random.Random(11))
        try:
            made.site.start("relay", "flask", "--app", "tests.faults.flock_app:create_app", "relay")
            for name in WORKERS:
                made.start_worker(name)
            yield made
        finally:
            made.site.stop()
            world.sql.close()
            stage.let_go(app)


def queue_jobs(farm: Farm, company_id: int, pause_s: float) -> None:
    """Queue all jobs in small transactions, as requests would."""
    with farm.app.app_context(), acting_for(company_id), acting_as({"kind": "user", "name": "Shepherd"}):
        for start in range(0, JOBS, 20):
            with transaction():
                for number in range(start, min(start + 20, JOBS)):
                    key = f"lamb-{number}"
                    flock.count_lamb.enqueue(key, pause_s, title=f"Count {key}", key=key)


def harms_of(farm: Farm) -> list[Any]:
    """Return what is done to the farm, in random order."""
    kills = [farm.dice.choice([farm.kill_worker, farm.kill_child]) for _ in range(KILLS - 2)]
    kills += [farm.kill_worker, farm.kill_child, *[farm.restart_valkey, farm.empty_valkey] * RESTARTS]
    farm.dice.shuffle(kills)
    return kills


def is_over(farm: Farm, company_id: int) -> bool:
    return bool(
        farm.one("SELECT count(*) FROM jobs WHERE company_id = %s AND state = 'done'", company_id) == JOBS
        and farm.one("SELECT count(*) FROM job_outbox WHERE company_id = %s", company_id) == 0
    )


def figures_of(farm: Farm, company_id: int) -> dict[str, Any]:
    """Return what became of the jobs."""
    one = farm.one
    return {
        "queued": one("SELECT count(*) FROM jobs WHERE company_id = %s", company_id),
        "done": one("SELECT count(*) FROM jobs WHERE company_id = %s AND state = 'done'", company_id),
        "effects": one("SELECT count(*) FROM flock"),
        "effects_of_their_own": one("SELECT count(DISTINCT key) FROM flock"),
        "ended_twice": one(
            "SELECT count(*) FROM (SELECT FROM job_attempts WHERE company_id = %s AND outcome = 'done' "
            "GROUP BY job_id HAVING count(*) > 1) AS twice", company_id,
        ),
        "alive": one("SELECT count(*) FROM job_outbox WHERE company_id = %s", company_id),
        "keys_held": one("SELECT count(*) FROM job_keys WHERE company_id = %s", company_id),
        "attempts_lost": one(
            "SELECT count(*) FROM job_attempts WHERE company_id = %s AND outcome = 'lost'", company_id
        ),
        "attempts_open": one(
            "SELECT count(*) FROM job_attempts WHERE company_id = %s AND outcome IS NULL", company_id
        ),
        "begun_again": one("SELECT count(*) - count(DISTINCT key) FROM flock_runs"),
    }  # fmt: skip


def test_no_job_is_lost_done_twice_or_stuck(farm: Farm, capsys: pytest.CaptureFixture[str]) -> None:
    company_id = farm.world.company("farm")["id"]
    shepherd = threading.Thread(target=queue_jobs, args=(farm, company_id, 0.04))
    started = time.monotonic()
    shepherd.start()
    harms = harms_of(farm)
    for number, harm in enumerate(harms, start=1):
        share = JOBS * number // (len(harms) + 1)
        wait_for(lambda share=share: farm.one("SELECT count(*) FROM flock") >= share, limit_s=SLOW_S, say=farm.told)
        harm()
    shepherd.join()
    wait_for(lambda: is_over(farm, company_id), limit_s=STUCK_S, say=farm.told)
    figures = figures_of(farm, company_id)
    told = ", ".join(f"{name.replace('_', ' ')} {figure}" for name, figure in figures.items())
    harmed = ", ".join(f"{farm.harms.count(kind)} × {kind}" for kind in ("worker", "child", "valkey", "flush"))
    with capsys.disabled():
        print(f"\n{JOBS} jobs under {harmed} in {time.monotonic() - started:.0f} s: {told}")
    assert (figures["queued"], figures["done"], figures["effects"]) == (JOBS, JOBS, JOBS)
    assert figures["effects_of_their_own"] == JOBS
    assert (figures["ended_twice"], figures["alive"], figures["keys_held"], figures["attempts_open"]) == (0, 0, 0, 0)
    assert len(farm.harms) == KILLS + 2 * RESTARTS


def queue_one(farm: Farm, function: JobFunction[[], None]) -> str:
    """Queue a job of a company of its own."""
    with farm.app.app_context(), acting_for(farm.world.company("farm")["id"]), transaction():
        return function.enqueue(title="Queue one")


def wait_for_end(farm: Farm, job_id: str) -> dict[str, Any]:
    wait_for(
        lambda: farm.one("SELECT state NOT IN ('queued', 'running') FROM jobs WHERE id = %s", job_id),
        limit_s=SLOW_S, say=farm.told,
    )  # fmt: skip
    row: dict[str, Any] = farm.world.sql.execute("SELECT * FROM jobs WHERE id = %s", (job_id,)).fetchone() or {}
    return row


def test_a_job_that_kills_its_worker_every_time_is_given_up(farm: Farm) -> None:
    job_id = queue_one(farm, flock.poison)
    row = wait_for_end(farm, job_id)
    assert (row["state"], row["attempts"]) == ("failed", 2)
    assert "lost every time" in row["error"]
    found = farm.world.sql.execute(
        "SELECT a.outcome, l.text FROM job_attempts a LEFT JOIN job_log_lines l ON l.job_id = a.job_id "
        "AND l.attempt = a.number WHERE a.job_id = %s ORDER BY a.number", (job_id,),
    ).fetchall()  # fmt: skip
    assert [(one["outcome"], one["text"]) for one in found] == [("lost", "Here I go")] * 2


def test_a_job_that_takes_too_long_is_interrupted(farm: Farm) -> None:
    row = wait_for_end(farm, queue_one(farm, flock.dawdle))
    assert (row["state"], row["error"]) == ("failed", "It took longer than its time limit and was interrupted.")
