"""Keeps the sockets of one process in order: silent ones are cut, unwelcome ones closed, the rest counted."""

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, current_app
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import rfc3339
from app.core.ids import new_ulid
from app.core.redis import RedisAway, request_redis
from app.realtime.members import Member, close_unwelcome
from app.realtime.switchboard import switchboard_of

if TYPE_CHECKING:
    from app.realtime.sockets import Sockets

log = structlog.get_logger(__name__)
EVERY_S, SWEEP_EVERY_S, TELL_EVERY_S, KEPT_S = 1.0, 60.0, 5.0, 15
WORKERS = "live:workers"
EXTENSION = "quarterdeck-keeper"


def start(sockets: "Sockets") -> None:
    """Start the keeper of this process, once."""
    if EXTENSION not in sockets.app.extensions:
        sockets.app.extensions[EXTENSION] = f"{os.getpid()}-{new_ulid()[-6:]}"
        threading.Thread(target=_keep, args=(sockets,), name="live-keeper", daemon=True).start()


def _keep(sockets: "Sockets") -> None:
    app, board = sockets.app, switchboard_of(sockets.app)
    swept_at = told_at = time.monotonic()
    told_changes = -1
    while not board.hub.stopped.wait(EVERY_S):
        now = time.monotonic()
        try:
            sockets.cut_silent()
            with app.app_context():
                if board.members.changes != told_changes or now - told_at > TELL_EVERY_S:
                    told_changes, told_at = board.members.changes, now
                    tell(app)
                if now - swept_at > SWEEP_EVERY_S:
                    swept_at = now
                    close_unwelcome(board.members.all())
        except RedisAway:
            told_changes = -1
        except SQLAlchemyError as error:
            log.warning("database away; sockets are looked at later", error=str(getattr(error, "orig", error)).strip())
        except Exception:  # a keeper that ends would leave every socket unkept
            log.exception("socket keeper failed")


def tell(app: Flask) -> None:
    """Write who is connected here where every process can read it; it fades when this process dies."""
    name = app.extensions[EXTENSION]
    text = json.dumps([describe(member) for member in switchboard_of(app).members.all()])

    def write(client: Redis) -> None:
        pipe = client.pipeline(transaction=False)
        pipe.zadd(WORKERS, {name: time.time()})
        pipe.zremrangebyscore(WORKERS, 0, time.time() - KEPT_S)
        pipe.set(f"live:worker:{name}", text, ex=KEPT_S)
        pipe.execute()

    request_redis().run(write)


def describe(member: Member) -> dict[str, Any]:
    """Return what /live shows of one connection."""
    company = member.who.acting_in
    return {
        "id": member.id, "kind": member.kind, "companyId": member.company_id,
        "company": company.slug if company else "platform", "user": member.who.public_id, "name": member.who.name,
        "role": member.who.role.label, "address": member.address, "agent": member.agent, "topics": member.topics,
        "since": rfc3339(member.since),
    }  # fmt: skip


def everybody() -> tuple[list[dict[str, Any]], bool]:
    """Return all connections of all processes, and whether Valkey could be asked (else only ours)."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (the switchboard keeps it)
    own = app.extensions.get(EXTENSION)
    here = [describe(member) for member in switchboard_of(app).members.all()]

    def read(client: Redis) -> list[Any]:  # Any: redis-py's answers may be of any of its decoders
        names: Any = client.zrangebyscore(WORKERS, time.time() - KEPT_S, "+inf")
        others = [f"live:worker:{name.decode()}" for name in names if name.decode() != own]
        return list(client.mget(others)) if others else []

    try:
        told = request_redis().run(read)
    except RedisAway:
        return here, False
    return here + [entry for text in told if text for entry in json.loads(text)], True
