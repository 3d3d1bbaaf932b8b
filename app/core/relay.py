"""The relay: one leader takes facts out of the outbox, numbers them, and tells everybody.

Any number may run; one leads, by an advisory lock, the others stand by and take over within a second.
Sequencing, feeding Valkey and sending jobs to the broker are separate threads: a broker or a Valkey that
hangs delays its own work only.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import click
import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import guards, process, tail, upkeep
from app.core.db import db
from app.core.events_log import Logged
from app.core.feeder import Feeder
from app.core.memory import settle_memory
from app.core.pushed import pushed_of
from app.core.redis import connect, request_redis
from app.core.sequencer import BATCH, Sequencer, beat, end_with_us, stop_leading, try_lead
from app.core.tenancy_check import check_database
from config import Settings

log = structlog.get_logger(__name__)
BEAT_S, IDLE_S, STANDBY_S, RETRY_S, JOBS_S, BREATH_S = 2.0, 0.025, 0.1, 0.5, 0.05, 0.01
# After a batch that was not full: ten times as long as it took, within these. A busy machine has fewer and larger batches
# so, which cost those who write less: 190 µs a fact by batches every 10 ms, 90 by every 25 (16 writers, 700 facts a second).
# A batch of many is cheap already: the longer rest would only keep other companies waiting behind one that bursts.
REST, SHORTEST_S, LONGEST_S, MANY = 10, 0.01, 0.025, 40
VALKEY_BUDGET_S = 1.0
JOB_TOPICS = frozenset({"jobs", "account-jobs"})


_duties: list[tuple[str, float, Callable[[], object]]] = []
_checks: list[Callable[[Flask], object]] = []


def on_start(check: Callable[[Flask], object]) -> None:
    """Register what is checked before a relay leads or waits to; what it raises keeps the relay from starting."""
    if check not in _checks:
        _checks.append(check)


def duty(name: str, every_s: float, work: Callable[[], object]) -> None:
    """Register what the leading relay does again and again, in a thread of its own inside an app context."""
    _duties[:] = [one for one in _duties if one[0] != name] + [(name, every_s, work)]


def pump(app: Flask) -> int:
    """Number everything that waits, now, and feed the tail: the relay's work in one call, for tests.

    Returns:
        How many facts were numbered.
    """
    total = 0
    with app.app_context(), system_connection() as connection:
        sequencer = Sequencer(connection)
        while facts := sequencer.number():
            total += len(facts)
            try:
                tail.write_tail(request_redis().client, facts, again=tail.was_flushed(request_redis().client))
            except (RedisError, OSError) as error:
                log.warning("valkey away", error=str(error))
    return total


@click.command("relay")
def relay_command() -> None:
    """Number events and send jobs, until stopped. Run two for a hot standby."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    settle_memory()
    run(current_app._get_current_object(), stopping)  # type: ignore[attr-defined]  # noqa: SLF001


def run(app: Flask, stopping: threading.Event) -> None:
    """Lead, or wait to lead, until `stopping` is set. An outage of the database is waited out."""
    settings: Settings = app.config["SETTINGS"]
    process.set_kind("relay")
    pushed_of(app).ensure_started()
    if settings.database_system_url is None:
        raise click.ClickException("DATABASE_SYSTEM_URL is not set; the relay needs the system login")
    with guards.unguarded():
        check_database(app)
    for check in _checks:
        check(app)
    while not stopping.is_set():
        try:
            with app.app_context(), guards.unguarded(), system_connection() as connection:
                connection.detach()  # never back to the pool: the lock must end with it
                end_with_us(connection)
                while not stopping.is_set():
                    if try_lead(connection):
                        lead(app, connection, settings, stopping)
                    stopping.wait(STANDBY_S)
        except SQLAlchemyError as error:
            log.warning("database away", error=str(getattr(error, "orig", error)).strip())
            stopping.wait(RETRY_S)


def lead(app: Flask, connection: sa.Connection, settings: Settings, stopping: threading.Event) -> None:
    """Sequence until told to stop; an exception (the connection died) ends the lead."""
    beat(connection)  # before anything else: one that freezes in its first moment must be found silent, too
    log.info("relay leads")
    feeder = Feeder(connect(settings, timeout_s=VALKEY_BUDGET_S), f"{socket.gethostname()}:{os.getpid()}")
    led, bell, threads = threading.Event(), Bell(), list[threading.Thread]()
    feeder.start()
    beaten_at, sequencer = 0.0, Sequencer(connection)
    try:
        while not stopping.is_set():
            if time.monotonic() - beaten_at >= BEAT_S:
                beat(connection)
                beaten_at = time.monotonic()
            asked_at = time.monotonic()
            facts = sequencer.number()
            took_s = time.monotonic() - asked_at
            rest_s = SHORTEST_S if len(facts) >= MANY else min(max(REST * took_s, SHORTEST_S), LONGEST_S)
            if facts:
                feeder.give(facts)
                bell.hear(facts)
            if not threads:  # after what has waited since the last leader: all of them together keep a processor busy
                threads = start_duties(app, led, bell)
            if len(facts) < BATCH and not sequencer.crowd:
                stopping.wait(rest_s if facts else IDLE_S)
        stop_leading(connection)
    finally:
        led.set()
        bell.rung.set()
        feeder.stop()
        log.info("relay stopped leading")


def start_duties(app: Flask, led: threading.Event, bell: "Bell") -> list[threading.Thread]:
    """Start the threads of everything a leader does beside numbering; they end when it no longer leads."""
    named: list[tuple[str, tuple[Any, ...]]] = [("jobs", (JOBS_S, bell.answer, 1.0, bell.wait))]
    duties = [("upkeep", upkeep.EVERY_S, upkeep.keep), *_duties]
    # Most have the same period: all at once would hold the numbering up for a fifth of a second in every minute.
    shares = [0.5 + place / len(duties) / 2 for place in range(len(duties))]
    named += [(name, (every_s, work, share)) for (name, every_s, work), share in zip(duties, shares, strict=True)]
    threads = [
        threading.Thread(target=_repeat, args=(app, led, *given), name=name, daemon=True) for name, given in named
    ]
    for thread in threads:
        thread.start()
    return threads


class Bell:
    """Releases jobs as soon as a fact says that one was queued: who numbers facts hears of it within milliseconds.

    It is deaf after a release that sent nothing: then the queues are full, and another look finds them so.
    """

    def __init__(self) -> None:
        self.rung = threading.Event()
        self.is_deaf = False

    def hear(self, facts: Sequence[Logged]) -> None:
        """Ring when one of these facts says that a job waits."""
        if any(fact.topic in JOB_TOPICS and fact.event["data"].get("state") == "queued" for fact in facts):
            self.rung.set()

    def answer(self) -> None:
        """Release the jobs that are due."""
        was_rung = self.rung.is_set()
        self.rung.clear()
        self.is_deaf = not send_jobs() and was_rung

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it rings."""
        if self.is_deaf:
            time.sleep(seconds)
        elif self.rung.wait(seconds):
            time.sleep(BREATH_S)


def send_jobs() -> int:
    """Release the jobs that are due and return how many."""
    from app.core.jobs.release import release_due  # it names every queue; a relay without jobs need not load it

    return release_due(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 (the app itself)


def _repeat(
    app: Flask,
    ended: threading.Event,
    every_s: float,
    work: Callable[[], object],
    first_share: float,
    wait: Callable[[float], object] | None = None,
) -> None:
    """Do something again and again in a thread of its own; what fails is tried again, and told.

    Args:
        app: The app.
        ended: Set when it is over.
        every_s: The pause between two times; longer after failures.
        work: What is done.
        first_share: What part of the pause the first one takes.
        wait: How to pause after a success; None waits for the end.
    """
    failures, share = 0, first_share
    while not ended.is_set():
        try:
            with app.app_context(), guards.unguarded():
                work()
            failures = 0
        except Exception:
            failures += 1
            log.warning("relay work failed", work=threading.current_thread().name, exc_info=failures == 1)
        (wait if wait is not None and not failures else ended.wait)(every_s * share * min(2**failures, 100))
        share = 1.0


def system_connection() -> sa.Connection:
    """A connection of the system login on which every statement is its own transaction."""
    engine = db.engines["system"].execution_options(isolation_level="AUTOCOMMIT")
    return engine.connect()


def init_relay(app: Flask) -> None:
    """Add `flask relay`."""
    app.cli.add_command(relay_command)
