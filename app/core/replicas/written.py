"""Reading one's own writes: whoever wrote is not sent to a replica that has not come as far.

After a commit in a request, the position of the log travels with who asked: a browser carries it in a cookie, which
costs no server anything; a script's token has it in Valkey, for a minute. A job has no reader to remember for: it
waits until a replica has come to where the primary is as the job begins to read.
"""

import threading
import time

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, has_request_context, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.auth import maybe_principal
from app.core.db import after_commit, db
from app.core.redis import RedisAway, request_redis
from app.core.replicas.lsn import read_lsn, write_lsn
from app.core.replicas.rotation import Replica, Rotation
from app.core.replicas.watch import watch_of
from config import Settings

log = structlog.get_logger(__name__)
COOKIE, KEEP_S = "qd_lsn", 60
UNKNOWN = 2**63  # no replica has come so far: the primary answers
JOB_WAITS_S, LOOK_S = 1.0, 0.02
# What was inserted runs ahead of what is flushed, without a commit and for as long as nobody commits: no replica could
# come so far. A commit is flushed before it returns, unless it was told not to wait.
POSITION = sa.text(
    "SELECT (CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() "
    "ELSE pg_current_wal_flush_lsn() END)::text"
)
REPLAYED = sa.text("SELECT pg_last_wal_replay_lsn()::text")
_pause = threading.Event()


def pick_caught_up(rotation: Rotation) -> Replica | None:
    """Return a replica that has everything who asks has written."""
    if has_request_context():
        return rotation.pick(needed_position())
    return wait_for_replica(rotation)


def wait_for_replica(rotation: Rotation) -> Replica | None:
    """Return a replica that is where the primary is now; None when none comes so far within a second."""
    if rotation.pick() is None:
        return None
    position, until = current_position(), time.monotonic() + JOB_WAITS_S
    while (found := rotation.pick(position)) is None and time.monotonic() < until:
        for one in rotation.replicas:
            ask_replayed(one)
        if rotation.pick(position) is None:
            _pause.wait(LOOK_S)
    return found


def ask_replayed(one: Replica) -> None:
    """Ask a replica now how far it has come, instead of waiting for the watch to do so."""
    if not one.is_fit:
        return
    try:
        with db.engines[one.bind].connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            position = read_lsn(connection.execute(REPLAYED).scalar_one())
    except SQLAlchemyError:
        one.lose("It failed when it was asked.")
        return
    one.replayed = max(one.replayed, position or 0)


def needed_position() -> int:
    """Return how far a replica must have come for this request: past all that its person wrote in the last minute."""
    carried = read_lsn(request.cookies.get(COOKIE, "0/0"))
    own: int = g.get("written_position", 0)
    return max(UNKNOWN if carried is None else carried, own, token_position())


def token_position() -> int:
    """Return what a script's token has written; whoever comes with a browser has it in the cookie."""
    who = maybe_principal()
    if who is None or who.kind != "token":
        return 0
    try:
        kept = request_redis().run(lambda client: client.get(_key(who.credential)))
    except RedisAway:
        return UNKNOWN
    if not isinstance(kept, bytes):
        return 0
    position = read_lsn(kept.decode())
    return UNKNOWN if position is None else position


def current_position() -> int:
    """Return where the primary's log stands."""
    try:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            position = read_lsn(connection.execute(POSITION).scalar_one())
    except SQLAlchemyError as error:
        log.warning("position of the log not known", error=str(getattr(error, "orig", error)).strip())
        return UNKNOWN
    return UNKNOWN if position is None else position


@after_commit
def note_written(session: Session) -> None:
    """Remember how far the log has come, for the reads of who wrote; only where there are replicas."""
    from flask import current_app

    if has_request_context() and watch_of(current_app._get_current_object()).rotation.replicas:  # type: ignore[attr-defined]  # noqa: SLF001
        g.written_position = current_position()


def carry(response: Response) -> Response:
    """Give the position to who asked, for the next minute."""
    position = g.get("written_position")
    if position is None:
        return response
    text = "unknown" if position == UNKNOWN else write_lsn(position)
    who = maybe_principal()
    if who is not None and who.kind == "token":
        try:
            request_redis().run(lambda client: client.set(_key(who.credential), text, ex=KEEP_S))
        except RedisAway:
            log.warning("position of a token not kept; its reads go to the primary while valkey is away")
        return response
    response.set_cookie(COOKIE, text, max_age=KEEP_S, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def _key(credential: str) -> str:
    return f"lsn:{credential}"


def init_written(app: Flask, settings: Settings) -> None:
    """Carry positions, where there are replicas."""
    if watch_of(app).rotation.replicas:
        app.after_request(carry)
