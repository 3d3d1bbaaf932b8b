"""An installation as deploy/ runs it: nginx, two gunicorns with two workers each, a relay; on servers of its own."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from app import create_app
from app.core.embedded.ports import LOOPBACK, find_free_port
from tests import stage
from tests.faults.nginx import Nginx
from tests.faults.visitors import Visitors
from tests.realtime.ear import cookie_of
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import Person, World, superuser

WEBS = ("east", "west")
START_S = 180  # four processes that import the product, on a busy machine


@dataclass
class House:
    """What runs, and what a test may do to it.

    Attributes:
        ports: Name of a web process → its port.
        urls: The settings of every login.
    """

    site: Site
    nginx: Nginx
    ports: dict[str, int]
    urls: dict[str, str]
    superuser_url: str
    world: World
    ada: Person
    services: Services | None = None
    skus: list[str] = field(default_factory=lambda: ["FRAME", "LENS"])
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def start_web(self, name: str) -> None:
        """Start one gunicorn."""
        self.site.environment |= {"PORT": str(self.ports[name]), "WEB_WORKERS": "2"}
        self.site.start(name, "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")

    def is_ready(self, name: str) -> bool:
        """Say whether one gunicorn may get requests."""
        try:
            with urlopen(f"http://{LOOPBACK}:{self.ports[name]}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def wait_until_ready(self, *names: str) -> None:
        """Wait for web processes."""
        for name in names or WEBS:
            wait_for(lambda name=name: self.is_ready(name), limit_s=START_S, say=lambda name=name: self.site.log(name))

    def workers(self, name: str) -> list[int]:
        """Return the process ids of one gunicorn's workers."""
        pid = self.site.processes[name].pid
        try:
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []

    def kill_worker(self) -> None:
        """kill -9 of one worker of any gunicorn."""
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.dice.choice([pid for name in WEBS for pid in self.workers(name)]), signal.SIGKILL)

    def callers(self) -> Visitors:
        """Return callers that ask through nginx, in ada's name; one writer an item."""
        return Visitors(self.nginx.url, cookie_of(self.ada), self.skus)

    def one(self, text: str, *values: Any) -> Any:
        """Return one value from the database, over a connection of its own: what was open may have been killed."""
        with superuser(self.superuser_url) as sql:
            return next(iter((sql.execute(text, values).fetchone() or {}).values()))

    def effects(self) -> dict[str, int]:
        """Return what all keyed writes did."""
        mine = self.ada.company_id
        return {
            "orders": self.one("SELECT count(*) FROM orders WHERE company_id = %s", mine),
            "corrections": self.one(
                "SELECT coalesce(sum(on_hand), 0)::bigint - %s FROM items WHERE company_id = %s",
                STOCK * len(self.skus), mine,
            ),
        }  # fmt: skip

    def told(self) -> str:
        """Return what everybody said last."""
        return "\n".join(self.site.log(name) for name in self.site.processes) + self.nginx.said()


STOCK = 100_000


def environment_of(urls: dict[str, str], redis_url: str, folder: Path) -> dict[str, str]:
    """Return the settings of processes behind one proxy."""
    return {**stage.environment_for(urls, redis_url, folder), "PROXY_HOPS": "1"}


@contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """Run a house on a cluster and a Valkey of its own until the block ends."""
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE)
        superuser_url = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        with house_on(urls, superuser_url, services.redis_url, folder) as made:
            made.services = services
            yield made


@contextmanager
def house_on(urls: dict[str, str], superuser_url: str, redis_url: str, folder: Path) -> Iterator[House]:
    """Run a house on a given database until the block ends."""
    environment = environment_of(urls, redis_url, folder)
    app = create_app(stage.settings_from(environment))
    world = World(app, superuser(superuser_url))
    ports = {name: find_free_port() for name in WEBS}
    nginx = Nginx(folder / "nginx", list(ports.values()))
    made = House(
        Site(nginx.url, environment, folder), nginx, ports, urls, superuser_url, world, world.harbour("company_admin")
    )
    try:
        for sku in made.skus:
            item = {"sku": sku, "name": sku.title(), "onHand": STOCK, "unitPrice": "10.00"}
            assert made.ada.post("/api/inventory", json=item).status_code == 201
        for name in WEBS:
            made.start_web(name)
        made.site.start_relay()
        nginx.start()
        made.wait_until_ready()
        yield made
    finally:
        nginx.stop()
        made.site.stop()
        world.sql.close()
        stage.let_go(app)
