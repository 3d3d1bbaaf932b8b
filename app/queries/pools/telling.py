"""The thread by which a process tells of its pools every five seconds, and closes what is idle in them."""

import threading
import time

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError

from app.core import process
from app.core.db import db, fresh_session
from app.core.pool import GuardedPool
from app.core.redis import connect
from app.queries.pools import store
from config import Settings

log = structlog.get_logger(__name__)
EVERY_S, BUDGET_S = 5.0, 1.0
EXTENSION = "quarterdeck-pools"


class Teller:
    """One app's pools, told.

    Attributes:
        is_away: Valkey did not answer the last time; what was measured waits for the next.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.is_away = False
        self._pid = 0
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._client: Redis | None = None

    def ensure_started(self) -> None:
        """Start the thread unless it runs in this process: a fork has none."""
        own = process.pid()
        if self._pid == own:
            return
        with self._starting:
            if self._pid == own:
                return
            if self._pid:
                for pool in self.pools().values():
                    pool.figures.forget_parent()
            self._pid, self._client, self._stopping = own, None, threading.Event()
            threading.Thread(target=self._run, name="pools", daemon=True).start()

    def stop(self) -> None:
        """End the thread at its next look (tests; a process simply exits)."""
        self._stopping.set()

    def pools(self) -> dict[str, GuardedPool]:
        """Return this process's pools by bind."""
        with fresh_session(), self.app.app_context():  # its end removes a session: not one that is just connecting
            engines = {bind or "app": engine for bind, engine in db.engines.items()}
        return {bind: engine.pool for bind, engine in engines.items() if isinstance(engine.pool, GuardedPool)}

    def tell(self) -> None:
        """Tell once; what Valkey does not take is told the next time."""
        pools = self.pools()
        told = store.Told(
            process.label(), process.kind(), time.time(), {bind: pool.gauges() for bind, pool in pools.items()}
        )
        waits = {bind: pool.figures.take() for bind, pool in pools.items()}
        try:
            store.write(self.client(), told, waits)
        except (RedisError, OSError) as error:
            for bind, one in waits.items():
                pools[bind].figures.waits.add(one)
            if not self.is_away:
                log.warning("valkey away; pools are told later", error=str(error))
            self.is_away = True
            return
        self.is_away = False

    def client(self) -> Redis:
        """Return this process's own client."""
        if self._client is None:
            settings: Settings = self.app.config["SETTINGS"]
            self._client = connect(settings, timeout_s=BUDGET_S)
        return self._client

    def _run(self) -> None:
        stopping = self._stopping
        while not stopping.wait(EVERY_S):
            try:
                for pool in self.pools().values():
                    pool.close_idle()
                self.tell()
            except Exception:  # a mistake here must not leave the pools untold for ever
                log.exception("pools not told")


def teller_of(app: Flask) -> Teller:
    """Return the app's one teller."""
    found: Teller = app.extensions[EXTENSION]
    return found
