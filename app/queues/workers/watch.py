"""The leading relay asks the workers every few seconds and keeps what they say in Valkey; pages read it there."""

import json
import time
from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from app.core import shell
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import transaction
from app.core.installation import installation
from app.core.outbox import Fact, record
from app.core.pushed import FORGOTTEN_AFTER_S, PROCESSES
from app.core.redis import RedisAway, connect, request_redis
from app.queues.workers.asking import QUESTIONS, SELDOM, ask, facts_of, safe_conf
from app.queues.workers.events import WorkerCame, WorkerFellSilent
from app.queues.workers.model import Snapshot, WorkerFacts, WorkerState
from config import Settings

log = structlog.get_logger(__name__)
EVERY_S, BUDGET_S, SELDOM_S = 8.0, 1.0, 120.0
KEY, KEPT_S = "workers", 24 * 3600
FORGOTTEN_S = 3600.0
STALE_S = 45.0
EXTENSION = "quarterdeck-workers"


def look() -> Snapshot:
    """Ask every worker, remember what each said, and tell who came and who fell silent."""
    settings: Settings = current_app.config["SETTINGS"]
    client = connect(settings, timeout_s=BUDGET_S)
    try:
        before = _kept(client)
        told = ask(*QUESTIONS, *(SELDOM if _is_seldom_due(before, time.time()) else ()))
        snapshot = merge(before, told, _alive_pids(client), time.time())
        client.set(
            KEY, json.dumps({"at": snapshot.at, "workers": [one.to_json() for one in snapshot.workers]}), ex=KEPT_S
        )
    except (RedisError, OSError) as error:
        log.warning("workers not asked", error=str(error))
        return Snapshot(time.time())
    finally:
        client.close()
    tell_changes(before, snapshot)
    return snapshot


def _is_seldom_due(before: Snapshot | None, now: float) -> bool:
    """Say whether it is time to ask what hardly changes; a worker that was never asked makes it so at once."""
    return before is None or any(one.misses == 0 and now - one.seldom_at > SELDOM_S for one in before.workers)


def merge(before: Snapshot | None, told: dict[str, Any], alive: set[tuple[str, int]], now: float) -> Snapshot:
    """Return what is known after a round of questions.

    Args:
        before: What was known before.
        told: Question → node → answer.
        alive: Host and process id of every process that was heard of in another way.
        now: Seconds since 1970.
    """
    known = {one.node: one for one in before.workers} if before else {}
    found = []
    for node in sorted(known.keys() | told["stats"].keys()):
        old = known.get(node)
        if node in told["stats"]:
            one = _fresh(node, told, old, now)
        elif old is not None and now - old.answered_at < FORGOTTEN_S:
            one = old
            one.misses += 1
        else:
            continue
        one.alive_at = now if is_alive(one, alive) else None
        found.append(one)
    return Snapshot(now, found)


def _fresh(node: str, told: dict[str, Any], old: WorkerFacts | None, now: float) -> WorkerFacts:
    """Return what a worker said just now, with what it was not asked this time."""
    one = facts_of(node, told, now)
    if old is not None:
        one.seen_at, one.registered, one.conf, one.seldom_at = old.seen_at, old.registered, old.conf, old.seldom_at
    if node in told.get("registered", {}):
        one.registered, one.seldom_at = told["registered"][node], now
        one.conf = safe_conf(told.get("conf", {}).get(node) or {})
    return one


def is_alive(worker: WorkerFacts, alive: set[tuple[str, int]]) -> bool:
    """Say whether one of a worker's processes was heard of."""
    return any((worker.host, pid) in alive for pid in (worker.pid, *worker.pids))


def _alive_pids(client: Redis) -> set[tuple[str, int]]:
    """Return host and process id of every process that told lately what settings it holds."""
    found: Any = client.hgetall(PROCESSES)
    alive = set()
    for label, told in found.items():
        _, host, pid = label.decode().split(":")
        if time.time() - json.loads(told)["at"] < FORGOTTEN_AFTER_S:
            alive.add((host, int(pid)))
    return alive


def _kept(client: Redis) -> Snapshot | None:
    kept: Any = client.get(KEY)
    return None if kept is None else _read(kept)


def _read(kept: bytes) -> Snapshot | None:
    try:
        told = json.loads(kept)
        return Snapshot(told["at"], [WorkerFacts.of_json(one) for one in told["workers"]])
    except (ValueError, TypeError, KeyError):  # another release wrote it
        return None


def read_snapshot() -> Snapshot | None:
    """Return what is known of the workers; None when nobody asked them yet. Waits for no worker.

    Raises:
        RedisAway: What is known cannot be read.
    """
    kept: Any = request_redis().run(lambda client: client.get(KEY))
    snapshot = None if kept is None else _read(kept)
    current_app.extensions[EXTENSION] = snapshot
    return snapshot


def try_snapshot() -> Snapshot | None:
    """Return what is known; None also when Valkey is away."""
    try:
        return read_snapshot()
    except RedisAway:
        return None


def tell_changes(before: Snapshot | None, after: Snapshot) -> None:
    """Record who came and who fell silent since the last round."""
    facts: list[Fact] = []
    for one in after.workers:
        old = before.find(one.node) if before else None
        was = old.state if old else WorkerState.SILENT
        if one.state is WorkerState.SILENT and was is not WorkerState.SILENT:
            facts.append(
                WorkerFellSilent(node=one.node, silent_s=int(after.at - one.answered_at), was_stopping=one.is_stopping)
            )
        elif was is WorkerState.SILENT and one.state is not WorkerState.SILENT:
            facts.append(WorkerCame(node=one.node, release=one.release, slots=one.slots, queues=one.queues))
    if facts:
        with installation(), acting_as(SYSTEM_ACTOR), transaction():
            for fact in facts:
                record(fact)


def silent_mark() -> shell.Mark | None:
    """Return how many workers are silent, as this process last read it: the rail must ask nobody."""
    known: Snapshot | None = current_app.extensions.get(EXTENSION)
    silent = sum(one.state is WorkerState.SILENT and not one.is_stopping for one in known.workers) if known else 0
    return shell.Mark("bad", str(silent), "silent") if silent else None
