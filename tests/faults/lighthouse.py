"""An installation of a test's own, whose relays and Valkey it may kill, freeze and empty."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask import Flask
from redis import Redis

from app import create_app
from app.core.embedded.ports import find_free_port
from app.core.embedded.valkey import Valkey
from app.core.sequencer import LEADER_LOCK
from tests import stage
from tests.realtime.lanterns import init_lanterns
from tests.services import Services, running_services
from tests.site import Site, wait_for
from tests.world import Person, World, superuser

LEADER = f"""SELECT a.pid, a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE l.locktype = 'advisory' AND l.objid = {LEADER_LOCK} AND l.granted AND a.datname = current_database()"""
STANDING_BY = """SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
                 AND strpos(query, 'pg_try_advisory_lock') > 0 AND pid <> %s"""
ROWS = [number for number in range(1, 26) if number != 13]
START_S = 120


@dataclass
class Lighthouse:
    """PostgreSQL, Valkey, gunicorn with two workers, relays."""

    services: Services
    site: Site
    app: Flask
    world: World
    superuser_url: str

    @property
    def valkey(self) -> Valkey:
        """The Valkey of this house."""
        assert self.services.valkey is not None
        return self.services.valkey

    def person(self) -> Person:
        """The admin of a fresh company."""
        return self.world.person(self.world.company("lighthouse"), "company_admin")

    @property
    def _pids(self) -> Path:
        return self.site.folder / "relay pids"

    def open_nursery(self) -> None:
        """Start the process that starts relays."""
        self.site.start("relays", "tests.faults.relay_nursery", str(self._pids))

    def start_relay(self) -> None:
        """Start one more relay; it leads, or stands by."""
        wait_for(self._pids.exists, limit_s=START_S, say=self.told_by_relays)
        before = len(self._pids.read_text().split())
        self.site.processes["relays"].send_signal(signal.SIGUSR1)
        wait_for(lambda: len(self._pids.read_text().split()) > before, limit_s=START_S, say=self.told_by_relays)

    def relays(self) -> list[int]:
        """The pids of the relays that run."""
        return [int(pid) for pid in self._pids.read_text().split() if Path(f"/proc/{pid}/fd").exists()]

    def told_by_relays(self) -> str:
        """What the relays wrote last, for a failure's message."""
        return self.site.log("relays")

    def leader(self) -> tuple[int, int] | None:
        """The leading relay's backend in PostgreSQL and its port on this side; None while nobody leads."""
        row = self.world.sql.execute(LEADER).fetchone()
        return None if row is None else (row["pid"], row["client_port"])

    def is_standing_by(self) -> bool:
        """Say whether another relay than the leading one keeps asking for the leader's lock."""
        leader = self.leader()
        return leader is not None and bool(self.world.sql.execute(STANDING_BY, (leader[0],)).fetchall())

    def kill_leader(self) -> None:
        """kill -9 the relay that leads."""
        leader = self.leader()
        assert leader is not None, self.told_by_relays()
        pid = next(pid for pid in self.relays() if has_port(pid, leader[1]))
        os.kill(pid, signal.SIGKILL)

    def flush_valkey(self) -> None:
        """Forget everything Valkey holds."""
        with Redis.from_url(self.services.redis_url) as client:
            client.flushall()

    def kill_valkey(self) -> None:
        """kill -9 and start again, empty: nothing of it is on disk."""
        assert self.valkey.process is not None
        self.valkey.process.kill()
        self.valkey.process.wait()
        self.valkey.start()

    def freeze_valkey(self, seconds: float) -> None:
        """Stop it in its tracks and let it go on: connections stay open, nobody answers."""
        assert self.valkey.process is not None
        self.valkey.process.send_signal(signal.SIGSTOP)
        try:
            threading.Event().wait(seconds)
        finally:
            self.valkey.process.send_signal(signal.SIGCONT)


def has_port(pid: int, port: int) -> bool:
    """Say whether a process has the TCP connection that leaves from this port."""
    ends = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    sockets = {f"socket:[{end[9]}]" for end in ends if int(end[1].rpartition(":")[2], 16) == port}
    return any(str(one.readlink()) in sockets for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink())


@contextmanager
def running_lighthouse(folder: Path) -> Iterator[Lighthouse]:
    """Start everything and one relay, wait until it leads; stop all after the block."""
    with running_services() as services:
        urls = services.create_database(template=stage.TEMPLATE)
        environment = stage.environment_for(urls, services.redis_url, folder)
        # Its writers are threads of the test: each has a connection, so that none waits for another.
        app = create_app(stage.settings_from({**environment, "DB_MAX_CONNECTIONS": "24"}))
        init_lanterns(app)
        superuser_url = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        world = World(app, superuser(superuser_url))
        port = find_free_port()
        site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port), "WEB_WORKERS": "2"}, folder)
        house = Lighthouse(services, site, app, world, superuser_url)
        try:
            prepare_rows(house)
            site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.realtime.lantern_wsgi:app")
            house.open_nursery()
            house.start_relay()
            site.wait_until_ready()
            wait_for(house.leader, limit_s=START_S, say=house.told_by_relays)
            yield house
        finally:
            site.stop()
            world.sql.close()
            stage.let_go(app)


def prepare_rows(house: Lighthouse) -> None:
    """Make the rows that writers change, if they are missing, and set them to zero."""
    with psycopg.connect(house.superuser_url, autocommit=True) as sql:
        sql.execute("CREATE TABLE IF NOT EXISTS lantern_rows (number int PRIMARY KEY, step int NOT NULL)")
        sql.execute("TRUNCATE lantern_rows")
        sql.execute("GRANT SELECT, UPDATE ON lantern_rows TO qd_app")
        sql.execute("INSERT INTO lantern_rows SELECT unnest(%s::int[]), 0", (ROWS,))
