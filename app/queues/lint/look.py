"""Gathering what the rules look at. Who does not answer is left out; nothing waits longer than its budget."""

import os
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import process
from app.core.broker import HARD_LIMIT_S, QUEUES
from app.core.db import db
from app.core.installation import installation
from app.core.jobs import job_outbox, picking
from app.core.jobs.limits import settings_of
from app.core.jobs.rules import RULES
from app.core.pushed import list_processes
from app.core.redis import RedisAway
from app.core.tenancy import platform_reads
from app.extensions import celery
from app.queues import brokers
from app.queues.lint.model import Surroundings, WorkerSeen
from app.queues.schedules.watch import read_liveness
from app.queues.workers.model import WorkerState
from app.queues.workers.watch import try_snapshot
from config import Settings

CONF = (
    "broker_url", "broker_transport_options", "task_queues", "task_time_limit", "task_acks_late",
    "task_reject_on_worker_lost", "worker_prefetch_multiplier", "worker_soft_shutdown_timeout",
    "task_create_missing_queues", "worker_send_task_events",
)  # fmt: skip


def look_at_settings() -> Surroundings:
    """Return what can be seen before anything runs: settings, and the broker's own."""
    settings: Settings = current_app.config["SETTINGS"]
    eviction, max_memory = read_eviction()
    return Surroundings(
        conf={name: celery.conf[name] for name in CONF},
        environment=settings.environment,
        environ=os.environ if process.kind() == "worker" else None,
        eviction=eviction,
        max_memory=max_memory,
        known_names=frozenset(RULES),
        time_limits_s={name: rules.time_limit_s for name, rules in RULES.items() if rules.time_limit_s},
        slots={queue: settings_of(queue).concurrency for queue in QUEUES},
    )


def look_around() -> Surroundings:
    """Return everything: settings, workers, clocks, and what waits."""
    still = look_at_settings()
    held = brokers.unacked()
    return Surroundings(
        **{name: getattr(still, name) for name in (
            "conf", "environment", "environ", "eviction", "max_memory", "known_names", "time_limits_s", "slots",
        )},
        workers=read_workers(),
        waiting=read_waiting(),
        stuck=None if held is None else sum(one.taken_s > HARD_LIMIT_S for one in held),
        is_clock_watched=is_clock_watched(),
        skew_s=read_skew(),
    )  # fmt: skip


def read_eviction() -> tuple[str | None, int]:
    """Return maxmemory-policy and maxmemory; None when Valkey does not say, as hosted ones often do not."""
    try:
        found: Any = brokers.reader().config_get("maxmemory*")
    except (RedisError, OSError):
        return None, 0
    told = {_text(name): _text(value) for name, value in found.items()}
    return told.get("maxmemory-policy"), int(told.get("maxmemory") or 0)


def read_workers() -> Sequence[WorkerSeen] | None:
    """Return the workers as they answered last."""
    snapshot = try_snapshot()
    if snapshot is None:
        return None
    online = {WorkerState.ONLINE, WorkerState.STOPPING}
    return [
        WorkerSeen(one.node, one.slots, one.queues, one.registered, one.conf, is_online=one.state in online)
        for one in snapshot.workers
    ]


def read_waiting() -> dict[str, list[str]]:
    """Return queue → names of jobs that wait or were sent, without going through them."""
    sent = sa.select(job_outbox.c.queue, job_outbox.c.name).where(job_outbox.c.phase == "sent").distinct()
    found: dict[str, set[str]] = {}
    with platform_reads():
        for queue in QUEUES:
            for kind in picking.read_kinds(queue):
                found.setdefault(queue, set()).add(kind.name)
        for row in db.session.execute(sent):
            found.setdefault(row.queue, set()).add(row.name)
    return {queue: sorted(names) for queue, names in found.items()}


def is_clock_watched() -> bool | None:
    """Say whether somebody fires schedules; None when it cannot be read."""
    try:
        with installation():
            return not read_liveness().is_silent
    except SQLAlchemyError:
        return None


def read_skew() -> dict[str, float]:
    """Return whose clock → seconds it is ahead of the database's; of processes only what is ahead can be told."""
    with platform_reads():
        before = time.time()
        database = db.session.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
        ahead_s = (before + time.time()) / 2 - float(database)  # of this machine
    found = {"this machine": ahead_s}
    try:
        before = time.time()
        seconds, micros = brokers.reader().time()
        found["Valkey"] = seconds + micros / 1_000_000 - (before + time.time()) / 2 + ahead_s
        for one in list_processes():
            found[one["label"]] = max(0.0, one["at"] - time.time()) + ahead_s
    except (RedisError, OSError, RedisAway):
        return found
    return found


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
