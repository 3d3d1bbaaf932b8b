"""One line a request: who asked for what, what came of it, how long it took, and how much of that was SQL."""

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Response, g, has_app_context, request
from sqlalchemy import event

from app.core import metrics

QUIET = ("static", "assets.", "health.")
log = structlog.get_logger("request")


@dataclass
class SqlCount:
    """Statements of one request."""

    statements: int = 0
    seconds: float = 0.0


@event.listens_for(sa.Engine, "before_cursor_execute")
def note_start(
    connection: sa.Connection,
    cursor: object,
    statement: str,
    parameters: object,
    context: Any,
    many: bool,  # noqa: FBT001
) -> None:
    """Note when a statement leaves."""
    connection.info["sent_at"] = time.perf_counter()


@event.listens_for(sa.Engine, "after_cursor_execute")
def note_end(
    connection: sa.Connection,
    cursor: object,
    statement: str,
    parameters: object,
    context: Any,
    many: bool,  # noqa: FBT001
) -> None:
    """Add a statement to its request's account."""
    took = time.perf_counter() - connection.info.pop("sent_at", time.perf_counter())
    metrics.sql_seconds.observe(took)
    if has_app_context():
        counted: SqlCount = g.setdefault("sql_count", SqlCount())
        counted.statements += 1
        counted.seconds += took


def write_line(response: Response) -> Response:
    """Log and count one answered request."""
    took = time.perf_counter() - g.get("begun_at", time.perf_counter())
    endpoint = request.endpoint or "none"
    metrics.requests_total.labels(endpoint, request.method, f"{response.status_code // 100}xx").inc()
    metrics.request_seconds.labels(endpoint).observe(took)
    who, sql = g.get("principal"), g.get("sql_count") or SqlCount()
    level = "error" if response.status_code >= 500 else "debug" if endpoint.startswith(QUIET) else "info"  # noqa: PLR2004
    getattr(log, level)(
        "request",
        method=request.method,
        # The rule, not the address: numbers and searches of people stay out of the logs.
        route=str(request.url_rule) if request.url_rule else None,
        status=response.status_code,
        ms=round(took * 1000, 1),
        sql=sql.statements,
        sql_ms=round(sql.seconds * 1000, 1),
        user=who.public_id if who else None,
        company=who.acting_in.slug if who and who.acting_in else None,
    )
    return response


def init_request_log(app: Flask) -> None:
    """Log every request; registered first, so its line is written last."""

    @app.before_request
    def begin() -> None:
        g.begun_at = time.perf_counter()

    app.after_request(write_line)
