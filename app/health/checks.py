"""Questions to the systems we stand on, each with a deadline, asked at most every two seconds."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import Flask

from app.core import clock, guards
from app.core.db import db
from app.core.redis import request_redis
from app.core.sequencer import BEAT, LEADER_LOCK
from app.health.storage import probe_storage
from config import Settings

CACHED_S = 2.0
DEADLINE_S = 2.0
LAG_LIMIT_S = 10.0
SILENT_AFTER_S = 15.0  # the leading relay says every two seconds that it works
EXTENSION = "quarterdeck-health"

RELAY = sa.text(
    """SELECT coalesce((SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM outbox ORDER BY id LIMIT 1),
                       0)::float8 AS lag_s,
              holder.pid IS NOT NULL AS leads,
              (extract(epoch FROM clock_timestamp()) -
                   CAST(substring(holder.application_name FROM :beat) AS bigint))::float8 AS silent_s
       FROM (SELECT 1) one LEFT JOIN (
           SELECT a.pid, a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
           WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
             AND ((l.classid::bigint << 32) | l.objid::bigint) = :lock
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1) holder ON true"""
)


@dataclass(frozen=True)
class Check:
    """One system, asked.

    Attributes:
        figure: What was measured, such as the relay's lag in seconds.
    """

    name: str
    is_healthy: bool
    detail: str
    took_s: float = 0.0
    figure: float | None = None


class Checks:
    """The newest answers of one process. Threads ask, so one hung system delays no other."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.checked_at: datetime = clock.now()
        self._answers: dict[str, Check] = {}
        self._asked_at = 0.0
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def newest(self) -> dict[str, Check]:
        """Return the answers by name, not older than two seconds."""
        with self._lock:
            if time.monotonic() - self._asked_at >= CACHED_S or not self._answers:
                self._answers = self._ask()
                self._asked_at, self.checked_at = time.monotonic(), clock.now()
            return self._answers

    def _ask(self) -> dict[str, Check]:
        # Made at first use: threads do not survive a fork.
        self._threads = self._threads or ThreadPoolExecutor(max_workers=len(QUESTIONS), thread_name_prefix="health")
        begun = time.monotonic()
        asked = {name: self._threads.submit(self._answer, name, question) for name, question in QUESTIONS.items()}
        answers = {}
        for name, future in asked.items():
            try:
                answers[name] = future.result(timeout=max(begun + DEADLINE_S - time.monotonic(), 0.01))
            except TimeoutError:
                answers[name] = Check(name, is_healthy=False, detail="does not answer within 2 s", took_s=DEADLINE_S)
        return answers

    def _answer(self, name: str, question: Callable[[Settings], tuple[bool, str, float | None]]) -> Check:
        begun = time.monotonic()
        try:
            with self.app.app_context(), guards.unguarded():
                is_healthy, detail, figure = question(self.app.config["SETTINGS"])
        except Exception as error:  # noqa: BLE001 (whatever it is, this system is not well; its text may hold an address)
            is_healthy, detail, figure = False, f"does not answer ({type(error).__name__})", None
        return Check(name, is_healthy, detail, time.monotonic() - begun, figure)


def ask_database(settings: Settings) -> tuple[bool, str, float | None]:
    """Ask PostgreSQL for nothing but an answer."""
    with db.engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    return True, "answers", None


def ask_redis(settings: Settings) -> tuple[bool, str, float | None]:
    """Ask Redis or Valkey for nothing but an answer."""
    request_redis().run(lambda client: client.ping())
    return True, "answers", None


def ask_relay(settings: Settings) -> tuple[bool, str, float | None]:
    """Ask how old the oldest fact is that has no number yet, and whether a relay leads and works."""
    with db.engines["platform" if "platform" in db.engines else None].connect() as connection:
        row = connection.execute(RELAY, {"lock": LEADER_LOCK, "beat": f"^{BEAT}([0-9]+)$"}).one()
    lag_s = max(float(row.lag_s), 0.0)
    if not row.leads:
        return False, "no relay leads; start one: flask relay", lag_s
    if row.silent_s is not None and row.silent_s > SILENT_AFTER_S:
        return (
            False,
            f"the relay that leads has been silent for {row.silent_s:.0f} s; stop it, another takes over",
            lag_s,
        )
    return lag_s < LAG_LIMIT_S, f"{lag_s:.1f} s behind", lag_s


def ask_storage(settings: Settings) -> tuple[bool, str, float | None]:
    """Ask whether uploads can be kept."""
    is_healthy, detail = probe_storage(settings)
    return is_healthy, detail, None


QUESTIONS: dict[str, Callable[[Settings], tuple[bool, str, float | None]]] = {
    "database": ask_database,
    "redis": ask_redis,
    "relay": ask_relay,
    "storage": ask_storage,
}


def answer_with(name: str, question: Callable[[Settings], tuple[bool, str, float | None]]) -> None:
    """Let a feature above answer for a system it knows better."""
    QUESTIONS[name] = question


def checks_of(app: Flask) -> Checks:
    """Return the app's checks."""
    found: Checks = app.extensions[EXTENSION]
    return found
