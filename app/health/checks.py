"""Questions to the systems we stand on, each with a deadline, asked at most every two seconds."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from flask import Flask

from app.core import clock, guards, pulse
from app.core.db import db
from app.core.redis import request_redis
from app.core.sequencer import BEAT, LEADER_LOCK
from app.health.storage import probe_storage
from config import Settings

CACHED_S = 2.0
DEADLINE_S = 2.0
SPARE_S = 0.3  # of waiting for those answers: by whoever has little time left, and beyond the deadline by all
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
    """The newest answers of one process. Threads ask, each system by one at most, so a hung one delays no other."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.checked_at: datetime = clock.now()
        self._answers: dict[str, Check] = {}
        self._asked_at = 0.0
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._round: Future[dict[str, Check]] | None = None
        self._asked: dict[str, Future[Check]] = {}

    def newest(self) -> dict[str, Check]:
        """Return the answers by name, not older than two seconds.

        A request that has no time left for them gets the ones before, which say how old they are.
        """
        with self._lock:
            if self._answers and time.monotonic() - self._asked_at < CACHED_S:
                return self._answers
            # Made at first use: threads do not survive a fork.
            self._threads = self._threads or ThreadPoolExecutor(len(QUESTIONS) + 1, thread_name_prefix="health")
            if self._round is None or self._round.done():
                self._round = self._threads.submit(self._ask, self._threads)
            everybodys = self._round
        try:
            return everybodys.result(timeout=max(SPARE_S, min(DEADLINE_S + SPARE_S, pulse.time_left())))
        except TimeoutError:
            return self._known_before()

    def _known_before(self) -> dict[str, Check]:
        age_s, known = time.monotonic() - self._asked_at, self._answers
        if not known:
            return {name: Check(name, is_healthy=False, detail="not known yet") for name in QUESTIONS}
        return {name: replace(one, detail=f"{one.detail} ({age_s:.0f} s ago)") for name, one in known.items()}

    def _ask(self, threads: ThreadPoolExecutor) -> dict[str, Check]:
        begun = time.monotonic()
        for name, question in QUESTIONS.items():
            # Who has not answered yet is not asked again: a thread each time would leave none for the others.
            if name not in self._asked or self._asked[name].done():
                self._asked[name] = threads.submit(self._answer, name, question)
        answers = {}
        for name in QUESTIONS:
            try:
                answers[name] = self._asked[name].result(timeout=max(begun + DEADLINE_S - time.monotonic(), 0.01))
            except TimeoutError:
                answers[name] = Check(name, is_healthy=False, detail="does not answer within 2 s", took_s=DEADLINE_S)
        with self._lock:
            self._answers, self._asked_at, self.checked_at = answers, time.monotonic(), clock.now()
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
