"""Measures every statement this process sends: the one pair of listeners, 2 µs a statement.

What is measured gathers in `gathering`; a thread takes it away every few seconds (app/queries/watch). Nothing here
reads a parameter: no value leaves the statement it belongs to.
"""

from time import perf_counter, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext

from app.core.asking import MOST_SEEN, REPEATED, Asking, asking, current
from app.core.code_lines import find_line, is_inside
from app.core.context import actor, known_request_id
from app.core.gathering import MOST_CELLS, MOST_LINES, Cell, Example, Key, Kind, note_turn, watch
from app.core.ids import new_ulid
from app.core.tenancy import current_scope

TIME_LIMITS = ("57014", "55P03")  # cancelled, lock not available: a person and NOWAIT cause them, too
SERVER_LIMITS = ("statement timeout", "lock timeout")


@event.listens_for(sa.Engine, "before_cursor_execute")
def note_start(
    connection: sa.Connection,
    cursor: object,
    statement: str,
    parameters: object,
    context: Any,  # Any: SQLAlchemy's, on which the instant is noted
    many: bool,  # noqa: FBT001
) -> None:
    """Note when a statement leaves."""
    if context is not None:
        context.sent_at = perf_counter()


@event.listens_for(sa.Engine, "after_cursor_execute")
def note_end(
    connection: sa.Connection,
    cursor: Any,  # Any: the driver's
    statement: str,
    parameters: object,
    context: Any,  # Any: as above
    many: bool,  # noqa: FBT001
) -> None:
    """Count a statement."""
    if context is None:
        return
    took = perf_counter() - context.sent_at
    context.sent_at = None
    by = current.get() or asking()
    by.statements += 1
    by.seconds += took
    seen = by.seen
    if seen is not None:
        seen[statement] = times = seen.get(statement, 0) + 1
        if times == REPEATED:
            note_repeated(by, statement, context)
    key = (statement, by.name, current_scope().company_id)
    cell = watch.cells.get(key) or new_cell(key)
    cell.took.append(took)
    rows = cursor.rowcount
    if rows > 0:
        cell.rows += rows
    watch.left -= 1
    if took > watch.floor_s and took > watch.slowest.get(statement, 0.0):
        watch.slowest[statement] = took
        keep_example("slow", statement, took, rows, by, connection)
    elif watch.left <= 0:
        note_turn()
        keep_example("random", statement, took, rows, by, connection)


@event.listens_for(sa.Engine, "handle_error")
def note_error(error: ExceptionContext) -> None:
    """Count a statement that failed: PostgreSQL's own counters never see one."""
    sent_at = getattr(error.execution_context, "sent_at", None)
    if sent_at is None or error.statement is None:
        return
    took = perf_counter() - sent_at
    error.execution_context.sent_at = None  # type: ignore[union-attr]  # set above
    by = asking()
    by.statements += 1
    by.seconds += took
    key = (error.statement, by.name, current_scope().company_id)
    cell = watch.cells.get(key) or new_cell(key)
    cell.took.append(took)
    cell.errors += 1
    sqlstate = getattr(error.original_exception, "sqlstate", None) or ""
    is_timeout = sqlstate in TIME_LIMITS and any(limit in str(error.original_exception) for limit in SERVER_LIMITS)
    cell.timeouts += is_timeout
    keep_example("timeout" if is_timeout else "error", error.statement, took, 0, by, error.connection, sqlstate)


def note_commit(took_s: float) -> None:
    """Count a commit, which no cursor executes."""
    key = ("COMMIT", asking().name, current_scope().company_id)
    (watch.cells.get(key) or new_cell(key)).took.append(took_s)


def new_cell(key: Key) -> Cell:
    """Return a new cell, and remember where its statement was asked."""
    made, by = Cell(), asking()
    if by.seen is not None and len(by.seen) > MOST_SEEN:  # a long job with ever new statements
        by.seen.clear()
    if len(watch.cells) >= MOST_CELLS:
        watch.dropped += 1
        return made
    watch.cells[key] = made
    if key[:2] not in watch.lines:
        if len(watch.lines) >= MOST_LINES:
            watch.lines.clear()
        watch.lines[key[:2]] = find_line()
    return made


def keep_example(
    kind: Kind,
    statement: str,
    took_s: float,
    rows: int,
    by: Asking,
    connection: sa.Connection | None,
    sqlstate: str = "",
) -> None:
    """Keep one call with everything but its values."""
    watch.examples.append(
        Example(
            new_ulid(), time(), statement, kind, took_s, max(rows, 0), sqlstate, current_scope().company_id,
            known_request_id(), by.job_id, by.name, find_line(), str(actor().get("id") or ""),
            pid_of(connection),
        )
    )  # fmt: skip


def pid_of(connection: sa.Connection | None) -> int | None:
    """Return the backend's process id; None when the connection is gone."""
    try:
        driver: Any = connection.connection.driver_connection  # type: ignore[union-attr]  # Any: psycopg's
        return int(driver.info.backend_pid)
    except Exception:  # noqa: BLE001 (a broken connection must not hide the error it broke with)
        return None


def note_repeated(by: Asking, statement: str, context: Any) -> None:  # Any: SQLAlchemy's
    """Remember where a read is sent for the tenth time."""
    if statement.lstrip()[:6].upper() != "SELECT" or "set_config(" in statement:
        return
    kind, what = context.execution_options.get("qd_load") or ("", "")
    by.repeated[statement] = (kind or ("get" if is_inside("_get_impl") else "repeated"), what, find_line())
