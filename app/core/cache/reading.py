"""One read through the cache: a look, a check, and, when there is nothing good, one who asks the database for all."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from app.core import gates
from app.core.cache import locking, store
from app.core.cache.envelope import Envelope, unpack, with_jitter
from app.core.cache.flights import Flight
from app.core.cache.process import Process, process
from app.core.cache.store import Seen
from app.core.cache.writes import loading
from app.core.db import db, give_back
from app.core.redis import RedisAway
from app.core.replicas import choice

T = TypeVar("T")
GATE, NOTHING = "enable-caching", b"null"
READS_AFRESH = {None, "READ COMMITTED", "AUTOCOMMIT"}


class ShapeLost(TypeError):
    """What was read is not what comes back from the cache: its shape says too little. A mistake in code."""


@dataclass(frozen=True)
class Wanted(Generic[T]):
    """What is read.

    Attributes:
        namespace: Its name, for the figures.
        key: Where it is kept.
        tags: What it depends on.
        ttl_s: How long it is kept.
        shape: How it becomes JSON and back.
        load: Asks the database; only scope and session, nothing of a request.
    """

    namespace: str
    key: str
    tags: tuple[str, ...]
    ttl_s: float
    shape: TypeAdapter[T]
    load: Callable[[], T]


def read(wanted: Wanted[T]) -> T:
    """Return a value: from the cache when it is good, else from the database."""
    here = process()
    if not may_cache(wanted.ttl_s):
        here.figures.note(wanted.namespace, "bypass")
        return wanted.load()
    try:
        here.debts.pay()
        began = time.monotonic()
        seen = store.look(wanted.key, wanted.tags)
    except RedisAway:
        return read_away(wanted, here)
    found = good(seen)
    if found is None:
        return read_missing(wanted, seen, here)
    here.near.keep(wanted.key, found.body, wanted.tags, began)
    is_due = found.is_due(time.time())
    here.figures.note(wanted.namespace, "early" if is_due else "hit", key=wanted.key, saved_s=found.took_s)
    if is_due:
        here.refreshing.begin(wanted.key, lambda: refill(wanted))
    return wanted.shape.validate_json(found.body)


def may_cache(ttl_s: float) -> bool:
    """Say whether a read may go through the cache here and now.

    Never inside a transaction that writes: it must see its own rows, and nobody else may before it commits. Nor in a
    snapshot or from a replica: what is read there is older than the tags are.
    """
    if ttl_s <= 0 or not gates.is_on(GATE, default=True):
        return False
    session = db.session()
    if session.info.get("in_transaction") or choice.replica_of(session) is not None:
        return False
    return (
        not session.in_transaction()
        or session.connection().get_execution_options().get("isolation_level") in READS_AFRESH
    )


def good(seen: Seen) -> Envelope | None:
    """Return the value that was found, if nothing it depends on has changed and its time is not over."""
    found = unpack(seen.packed) if seen.packed is not None else None
    if found is None or found.tokens != seen.tokens or found.expires_at <= time.time():
        return None
    return found


def read_missing(wanted: Wanted[T], seen: Seen, here: Process) -> T:
    """Ask the database, or wait for who asks it already: in this process, then in all. Who waits holds no connection."""
    give_back()
    with here.flights.join("|".join((wanted.key, *seen.tokens))) as (flight, is_ours):
        if is_ours:
            return fly(wanted, seen, here, flight)
    body = landed(flight, here)
    if body is not None:
        here.figures.note(wanted.namespace, "wait")
        return wanted.shape.validate_json(body)
    with here.fallback:  # whoever we waited for is too slow: a few at a time read for themselves
        return fly(wanted, seen, here, Flight())


def fly(wanted: Wanted[T], seen: Seen, here: Process, flight: Flight) -> T:
    """Read for everybody of this process who waits: what another process has just read, or the database."""
    budget_s = min(here.usual_s.get(wanted.namespace, 1.0) * 2, here.settings.cache_wait_ms / 1000)
    with locking.turn("|".join((wanted.key, *seen.tokens)), budget_s) as looks:
        with suppress(RedisAway):
            for _ in looks:
                seen = store.look(wanted.key, wanted.tags)
                found = good(seen)
                if found is not None:
                    flight.body = found.body
                    here.figures.note(wanted.namespace, "wait")
                    return wanted.shape.validate_json(found.body)
        here.figures.note(wanted.namespace, "miss")
        value, flight.body = ask_and_keep(wanted, seen.tokens, here)
        return value


def landed(flight: Flight, here: Process) -> bytes | None:
    """Return what somebody else's read of this process came to; None when it takes too long."""
    flight.landed.wait(here.settings.cache_wait_ms / 1000)
    if flight.error is not None:
        raise flight.error
    return flight.body


def ask_and_keep(wanted: Wanted[T], tokens: tuple[str, ...], here: Process) -> tuple[T, bytes]:
    """Ask the database and keep the answer with the tags as they stood before."""
    began = time.monotonic()
    value, body = ask(wanted, here)
    took_s, now = time.monotonic() - began, time.time()
    here.usual_s[wanted.namespace] = took_s
    here.near.keep(wanted.key, body, wanted.tags, began)
    life_s = with_jitter(wanted.ttl_s if body != NOTHING else min(wanted.ttl_s, here.settings.cache_negative_s))
    packed = Envelope(body, now, now + life_s, took_s, tokens).pack()
    here.figures.note_load(wanted.namespace, took_s, key=wanted.key, size_bytes=len(packed))
    if len(packed) <= here.settings.cache_value_bytes:
        with suppress(RedisAway):  # the next reader finds it away, too
            store.put(wanted.key, packed, life_s)
    return value, body


def ask(wanted: Wanted[T], here: Process) -> tuple[T, bytes]:
    """Ask the database; return the value, and as JSON."""
    token = loading.set(True)
    try:
        value = wanted.load()
    finally:
        loading.reset(token)
    give_back()
    body = wanted.shape.dump_json(value, warnings="error")
    if here.is_checking and wanted.shape.validate_json(body) != value:
        raise ShapeLost(f"{wanted.namespace}: {value!r} comes back as {wanted.shape.validate_json(body)!r}")
    return value, body


def refill(wanted: Wanted[T]) -> None:
    """Read again what still is good, in one process of all."""
    here = process()
    with locking.turn(f"{wanted.key}|early", 0) as looks:
        if next(looks, None) is None:
            return
        seen = store.look(wanted.key, wanted.tags)
        ask_and_keep(wanted, seen.tokens, here)


def read_away(wanted: Wanted[T], here: Process) -> T:
    """Read without Valkey: a young copy of this process, else the database, a few at a time."""
    body = here.near.find(wanted.key, here.settings.cache_near_s)
    if body is not None:
        here.figures.note(wanted.namespace, "near")
        return wanted.shape.validate_json(body)
    here.figures.note(wanted.namespace, "away")
    if loading.get():  # within another read that has its place already
        return wanted.load()
    give_back()
    with here.flights.join(f"{wanted.key}|away|{here.near.writes}") as (flight, is_ours):
        if is_ours:
            with here.fallback:
                began = time.monotonic()
                value, flight.body = ask(wanted, here)
                here.near.keep(wanted.key, flight.body, wanted.tags, began)
            return value
    body = landed(flight, here)
    if body is not None:
        return wanted.shape.validate_json(body)
    with here.fallback:
        return wanted.load()
