"""Settings of the installation that every process holds in memory: pushed when they change, polled anyway.

A feature registers how to refresh what it holds; whoever saves calls `bump(name)` in the transaction. After
the commit the saving process refreshes itself and publishes the name; every other process hears it within
milliseconds, or, when Valkey is away or the message is lost, finds the higher revision at its next poll.

One thread a process does it. Threads do not survive a fork, so it starts after one: in gunicorn's worker,
in Celery's child, in the relay; and by `ensure_started()` from whatever needs fresh settings.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import guards, process
from app.core.db import Base, after_commit, db, fresh_session
from app.core.installation import installation, installation_id
from app.core.redis import RedisAway, connect, request_redis
from config import Settings

log = structlog.get_logger(__name__)
CHANNEL, PROCESSES = "pushed", "processes"
POLL_S, WAIT_S, BUDGET_S, RETRY_S = 5.0, 0.5, 1.0, 0.5
FORGOTTEN_AFTER_S = 20.0
EXTENSION = "quarterdeck-pushed"

Refresh = Callable[[int], None]

revisions = sa.Table(
    "pushed_revisions",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
)


class Pushed:
    """What one process holds, and the thread that keeps it fresh.

    Attributes:
        held: Name → the revision this process answers from; 0 before the first read.
        checked_at: Name → when the revision was last compared with the database, on the monotonic clock.
        is_push_away: True while only the poll works.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.held: dict[str, int] = {}
        self.checked_at: dict[str, float] = {}
        self.is_push_away = False
        self._refresh: dict[str, Refresh] = {}
        self._beginnings: list[Callable[[], None]] = []
        self._failing: set[str] = set()
        self._working = threading.RLock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        os.register_at_fork(after_in_child=self._after_fork)

    def register(self, name: str, refresh: Refresh) -> None:
        """Say how to refresh: called inside the installation with the revision held; it reads what is newer.

        Args:
            name: As `bump` names it.
            refresh: Replaces what this process holds by the state of the database; raises when it cannot.
        """
        self._refresh[name] = refresh
        self.held.setdefault(name, 0)

    def refresh(self, name: str) -> bool:
        """Bring one set of settings up to the database now; return whether anything was newer.

        Raises:
            SQLAlchemyError: The database is away; what is held stays.
        """
        # A session of its own around the app context: ending that removes the session, which may be a caller's.
        with self._working, fresh_session(), self.app.app_context(), installation():
            newest = read_revision(name)
            self.checked_at[name] = time.monotonic()
            if newest <= self.held[name]:
                return False
            self._refresh[name](self.held[name])
            self.held[name] = newest
            return True

    def refresh_all(self) -> None:
        """Compare everything with the database."""
        for name in list(self._refresh):
            self.refresh(name)

    def on_start(self, function: Callable[[], None]) -> None:
        """Register what else begins with every process that lives for long; called again after a fork."""
        self._beginnings.append(function)

    def ensure_started(self) -> None:
        """Start the thread unless it runs."""
        for begin in self._beginnings:
            begin()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="pushed", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread (tests; a process simply exits)."""
        self._stopping.set()

    def _after_fork(self) -> None:
        self._working = threading.RLock()
        self._thread = None
        self._stopping = threading.Event()

    def _run(self) -> None:
        with guards.unguarded():
            self._keep_fresh()

    def _keep_fresh(self) -> None:
        settings: Settings = self.app.config["SETTINGS"]
        client = connect(settings, timeout_s=BUDGET_S)
        stopping = self._stopping
        while not stopping.is_set():
            try:
                self._poll(client)
                self._follow(client, stopping)
            except (RedisError, OSError) as error:
                if not self.is_push_away:
                    log.warning("valkey away; settings are polled", error=str(error))
                self.is_push_away = True
                stopping.wait(POLL_S if self._is_fresh() else RETRY_S)

    def _follow(self, client: Redis, stopping: threading.Event) -> None:
        """Listen; what was published before we listened is found by the comparison right after."""
        with client.pubsub(ignore_subscribe_messages=False) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            subscription.get_message(timeout=BUDGET_S)
            self.is_push_away = False
            polled_at = 0.0
            while not stopping.is_set():
                if time.monotonic() - polled_at >= POLL_S:
                    polled_at = time.monotonic()
                    self._poll(client)
                message = subscription.get_message(timeout=WAIT_S)
                if message is not None and message["type"] == "message":
                    self.try_refresh(message["data"].decode())
                    self._tell(client)

    def _poll(self, client: Redis) -> None:
        for name in list(self._refresh):
            self.try_refresh(name)
        self._tell(client)

    def _tell(self, client: Redis) -> None:
        """Say what this process holds, for `list_processes`."""
        told = {"kind": process.kind(), "at": time.time(), "held": self.held}
        client.hset(PROCESSES, process.label(), json.dumps(told))

    def try_refresh(self, name: str) -> None:
        """Refresh one set if this process holds it; an outage is logged, and what is held stays."""
        if name not in self._refresh:
            return
        try:
            self.refresh(name)
            self._failing.discard(name)
        except SQLAlchemyError as error:
            if name not in self._failing:  # an outage is said once, not twice a second
                log.warning("settings not refreshed", name=name, error=str(getattr(error, "orig", error)).strip())
            self._failing.add(name)
        except Exception:  # one set's broken row must not stop the others from being fresh
            log.exception("settings not refreshed", name=name)

    def freshen(self, name: str, stale_s: float) -> None:
        """Refresh one set that was not compared for so long, where nobody else does: in a command, or before the first time.

        While the thread of this process fails to, the database is away: whoever asked would wait for the thread, and
        then for the database. What is held is all there is.
        """
        at = self.checked_at.get(name)
        if at is not None and (time.monotonic() - at < stale_s or self._is_running()):
            return
        self.try_refresh(name)

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._stopping.is_set()

    def _is_fresh(self) -> bool:
        return all(time.monotonic() - at < POLL_S for at in self.checked_at.values())


def pushed_of(app: Flask) -> Pushed:
    """Return the app's one keeper."""
    keeper: Pushed = app.extensions[EXTENSION]
    return keeper


def read_revision(name: str) -> int:
    """Return the newest revision of one set of settings, inside the installation; 0 before the first."""
    return db.session.execute(sa.select(revisions.c.revision).where(revisions.c.name == name)).scalar() or 0


def bump(name: str) -> int:
    """Take the next revision inside `transaction()`, acting on the installation; changed rows carry it.

    The row lock makes savers of one set wait for each other, so revisions commit in their order.
    """
    statement = insert(revisions).values(company_id=installation_id(), name=name, revision=1)
    statement = statement.on_conflict_do_update(
        index_elements=["company_id", "name"], set_={"revision": revisions.c.revision + 1}
    )
    revision = db.session.execute(statement.returning(revisions.c.revision)).scalar_one()
    db.session().info.setdefault("bumped", set()).add(name)
    return int(revision)


@after_commit
def push(session: Session) -> None:
    """Refresh this process and tell the others; a Valkey that is away costs the others one poll interval."""
    names: set[str] = session.info.pop("bumped", set())
    for name in sorted(names):
        pushed_of(current_app._get_current_object()).try_refresh(name)  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            request_redis().run(lambda client, name=name: client.publish(CHANNEL, name))  # type: ignore[misc]
        except RedisAway as error:
            log.warning("not pushed; other processes poll", name=name, error=str(error))


def list_processes() -> list[dict[str, Any]]:
    """Return the processes that were heard of in the last 20 s: label, kind, at, held revisions.

    Raises:
        RedisAway: Nobody can be asked.
    """
    found: dict[bytes, bytes] = request_redis().run(lambda client: client.hgetall(PROCESSES))  # type: ignore[arg-type,return-value]
    alive = [{"label": label.decode(), **json.loads(told)} for label, told in found.items()]
    return sorted((one for one in alive if time.time() - one["at"] < FORGOTTEN_AFTER_S), key=lambda one: one["label"])


def init_pushed(app: Flask) -> None:
    """Give the app its keeper."""
    app.extensions[EXTENSION] = Pushed(app)
