"""An installation of its own for the live measurements: one web worker, one relay, and people with sessions."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from flask import Flask

from app import create_app
from app.core.embedded.ports import find_free_port
from app.core.events_log import Key
from bench.live_ears import Seat
from bench.live_facts import TABLE, TOPIC
from config import Settings
from tests import stage
from tests.realtime.ear import cookie_of
from tests.services import running_services
from tests.site import Site
from tests.world import Person, World, kept_superuser

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Place:
    """A running installation.

    Attributes:
        environment: What another process needs to make the app.
    """

    site: Site
    app: Flask
    world: World
    environment: dict[str, str]

    @property
    def settings(self) -> Settings:
        settings: Settings = self.app.config["SETTINGS"]
        return settings

    def company(self, people: int = 1) -> list[Person]:
        """Make a company and some people of it, who are signed in."""
        row = self.world.company("bench")
        return [self.world.person(row, "company_admin") for _ in range(people)]

    def seats(self, person: Person, number: int, *, pages: bool = False, reads: bool = True) -> list[Seat]:
        """Return sockets of one person: pages get rendered rows, scripts get facts."""
        headers = {"Cookie": cookie_of(person)}
        return [Seat(self.site.url, headers, {"topics": {TOPIC: -1}, "rows": pages}, reads)] * number

    def held(self) -> dict[str, Any]:
        """Ask the web worker what it holds: pid, greenlets, members, sockets."""
        with urlopen(f"{self.site.url}/bench/held", timeout=30) as answer:  # noqa: S310 (our own address)
            held: dict[str, Any] = json.load(answer)
        return held


def key_of(person: Person) -> Key:
    """Return what the facts of somebody's company are counted by."""
    return person.company_id, TOPIC


@contextmanager
def running_place(*, relay: bool = True, **environment: str) -> Iterator[Place]:
    """Run PostgreSQL, Valkey, gunicorn with one gevent worker and a relay until the block ends."""
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        given = {**stage.environment_for(urls, services.redis_url, Path(folder)), "REDIS_BUDGET_MS": "2000"}
        stage.migrate(urls, services.redis_url, Path(folder))
        sql = kept_superuser(services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2]))
        sql.execute(TABLE)
        app = create_app(stage.settings_from(given))
        port = find_free_port()
        served = {**given, "PORT": str(port), "WEB_WORKERS": "1", **environment}
        site = Site(f"http://127.0.0.1:{port}", served, Path(folder))
        try:
            site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "bench.live_wsgi:app")
            if relay:
                site.start_relay()
            site.wait_until_ready()
            yield Place(site, app, World(app, sql), given)
        finally:
            site.stop()
            stage.let_go(app)


def rss_kb(pid: int) -> int:
    """Return how much memory a process has in KB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def cpu_s(pid: int) -> float:
    """Return how much processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
