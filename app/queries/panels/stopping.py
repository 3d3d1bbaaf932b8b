"""Stopping a backend: cancel its statement, or end its connection. The audit has its line before anything is stopped."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import structlog

from app.core.db import transaction
from app.core.outbox import record
from app.queries.events import BackendStopped
from app.queries.panels.activity import Backend, running
from app.queries.panels.problems import BackendGone, BackendIdle, BackendProtected, SignalForbidden
from app.queries.panels.reading import RIGHTS, Rights
from app.queries.server.link import monitor
from app.queries.server.protocol import Link

log = structlog.get_logger()


class How(StrEnum):
    """The gentle way, which ends a statement, and the other, which ends the connection."""

    CANCEL = "cancel"
    TERMINATE = "terminate"


TERMINATE_WAIT_MS = 500
SIGNALS = {How.CANCEL: "pg_cancel_backend(a.pid)", How.TERMINATE: f"pg_terminate_backend(a.pid, {TERMINATE_WAIT_MS})"}
# Looked at once more in the statement that stops it: a process id is given to another backend once its own has ended.
STOP = """
SELECT {signal} AS is_done FROM pg_stat_activity AS a JOIN pg_roles AS r ON r.oid = a.usesysid
WHERE a.pid = %(pid)s AND a.backend_start = %(started)s AND a.backend_type = 'client backend' AND NOT r.rolsuper
  AND a.datname = current_database() AND a.application_name <> 'quarterdeck-monitor' AND a.pid <> pg_backend_pid()
"""


def find_backend(pid: int, started: datetime) -> tuple[Backend, int]:
    """Return a backend that runs something, and how many wait for it.

    Args:
        pid: Its process id.
        started: When its connection began, to the microsecond.

    Raises:
        BackendGone: There is none that began then.
        MonitorMissing, MonitorAway, MonitorBusy: PostgreSQL cannot be asked.
    """
    with monitor() as link:
        return _find(link, pid, started)


def stop_backend(pid: int, started: datetime, *, how: How, reason: str) -> Backend:
    """Stop what a backend does.

    Args:
        pid: Its process id.
        started: When its connection began, to the microsecond.
        how: Cancel its statement, or end its connection.
        reason: Kept in the audit.

    Raises:
        BackendGone: It ended before.
        BackendProtected: It is a superuser's or the server's own.
        BackendIdle: There is no statement to cancel.
        SignalForbidden: The login that watches may stop nobody.
    """
    with monitor() as link:
        backend, held_up = _find(link, pid, started)
        rights = Rights(**(link.execute(RIGHTS).fetchone() or {}))
    if not backend.may_be_stopped:
        raise BackendProtected
    if not rights.may_signal:
        raise SignalForbidden(mend=f"GRANT pg_signal_backend TO {rights.role};")
    if how is How.CANCEL and backend.is_idle:
        raise BackendIdle
    with transaction():
        record(_fact(backend, how, held_up, reason))
    with monitor() as link:
        row = link.execute(STOP.format(signal=SIGNALS[how]), {"pid": pid, "started": started}).fetchone()
    if row is None:
        raise BackendGone
    log.warning("backend stopped", pid=pid, how=how.value, role=backend.role, done=row["is_done"])
    return backend


def held_up_by(backends: Sequence[Backend], pid: int) -> int:
    """Return how many wait for a backend, also through others."""
    found, todo = {pid}, [pid]
    while todo:
        above = todo.pop()
        new = [one.pid for one in backends if above in one.blocked_by and one.pid not in found]
        found.update(new)
        todo.extend(new)
    return len(found) - 1


def _find(link: Link, pid: int, started: datetime) -> tuple[Backend, int]:
    backends = running(link)
    found = next((one for one in backends if (one.pid, one.started) == (pid, started)), None)
    if found is None:
        raise BackendGone
    return found, held_up_by(backends, pid)


def _fact(backend: Backend, how: How, held_up: int, reason: str) -> BackendStopped:
    return BackendStopped(
        backend=str(backend.pid), how=how.value, role=backend.role, application=backend.application,
        state=backend.state, statement=backend.text, queryid=backend.queryid, runs_s=round(backend.runs_s, 1),
        held_up=held_up, reason=reason,
    )  # fmt: skip
