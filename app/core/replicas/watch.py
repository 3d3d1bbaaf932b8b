"""The threads of a process that ask the primary and each replica, twice a second, how far their logs have come.

One thread a server: one that hangs must not keep the others from being known. They start with every process that lives
for long; a command that is over in a moment reads from the primary.
"""

import threading
import time
from collections.abc import Callable

import psycopg
import structlog
from flask import Flask

from app.core import process
from app.core.address import libpq_address
from app.core.replicas.lsn import read_lsn
from app.core.replicas.places import login_at, replica_places
from app.core.replicas.rotation import Replica, Rotation
from config import Settings

log = structlog.get_logger(__name__)
EXTENSION = "quarterdeck-replicas"
EVERY_S, CONNECT_S, ANSWER_MS = 0.5, 2, 1000
PRIMARY = "SELECT pg_current_wal_lsn()::text"
# The replica's clock is asked only for what is older than this process remembers.
REPLICA = """
SELECT pg_last_wal_replay_lsn()::text, pg_is_in_recovery(),
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
"""


class Watch:
    """One app's replicas, watched.

    Attributes:
        rotation: Who may be asked; without replicas it is empty, and nothing runs.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.settings = settings
        self.rotation = Rotation(
            [
                Replica(f"replica{number}", place, settings.replica_lag_s)
                for number, place in enumerate(replica_places(settings), start=1)
            ]
        )
        self._pid = 0
        self._starting = threading.Lock()
        self._stopping = threading.Event()

    def ensure_started(self) -> None:
        """Start the threads unless they run in this process: a fork has none."""
        if not self.rotation.replicas or self._pid == process.pid():
            return
        with self._starting:
            if self._pid == process.pid():
                return
            self._pid, self._stopping = process.pid(), threading.Event()
            login = self.settings.database_url.get_secret_value()
            self._start("primary", login, self._ask_primary, lambda _: None)
            for one in self.rotation.replicas:
                self._start(one.bind, login_at(login, one.place), self._asker(one), self._loser(one))

    def stop(self) -> None:
        """End the threads at their next look (tests; a process simply exits)."""
        self._stopping.set()
        self._pid = 0

    def _start(
        self, name: str, url: str, ask: Callable[[psycopg.Connection], None], lose: Callable[[str], None]
    ) -> None:
        args = (self._stopping, name, url, ask, lose)
        threading.Thread(target=self._run, args=args, name=f"watch-{name}", daemon=True).start()

    def _run(
        self,
        stopping: threading.Event,
        name: str,
        url: str,
        ask: Callable[[psycopg.Connection], None],
        lose: Callable[[str], None],
    ) -> None:
        """Ask again and again over one connection; connect again after an error."""
        is_away = False
        while not stopping.is_set():
            try:
                with open_link(url) as link:
                    while not stopping.is_set():
                        ask(link)
                        if is_away:
                            log.info("database answers again", server=name)
                        is_away = False
                        stopping.wait(EVERY_S)
            except (psycopg.Error, OSError) as error:
                lose("It does not answer.")
                if not is_away:
                    log.warning("database not watched", server=name, error=str(error).strip())
                is_away = True
                stopping.wait(EVERY_S)

    def _ask_primary(self, link: psycopg.Connection) -> None:
        asked_at = time.monotonic()
        row = link.execute(PRIMARY).fetchone()
        position = read_lsn(row[0]) if row else None
        if position is not None:
            self.rotation.primary.note(asked_at, position)

    def _asker(self, one: Replica) -> Callable[[psycopg.Connection], None]:
        primary = self.rotation.primary

        def ask(link: psycopg.Connection) -> None:
            asked_at = time.monotonic()
            row = link.execute(REPLICA).fetchone()
            if row is None or not row[1]:
                one.lose("It is no replica: it does not follow anybody.")
                return
            replayed, newest = read_lsn(row[0] or "") or 0, primary.newest
            lag_s = primary.lag_s(replayed, asked_at)
            if lag_s is None and newest is not None:
                lag_s = row[2]
            one.answer(replayed, lag_s, None if newest is None else max(newest - replayed, 0), asked_at)

        return ask

    def _loser(self, one: Replica) -> Callable[[str], None]:
        return one.lose


def open_link(url: str) -> psycopg.Connection:
    """Connect without a pool: what is watched must not depend on whether a pool is full.

    Raises:
        psycopg.Error: It does not answer.
    """
    return psycopg.connect(
        libpq_address(url), autocommit=True, connect_timeout=CONNECT_S, application_name="quarterdeck-replicas",
        options=f"-c statement_timeout={ANSWER_MS}", prepare_threshold=None,
    )  # fmt: skip


def watch_of(app: Flask) -> Watch:
    """Return the app's one watch."""
    found: Watch = app.extensions[EXTENSION]
    return found
