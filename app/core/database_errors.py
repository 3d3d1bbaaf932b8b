"""What PostgreSQL refuses, as Problems: an outage is a 503 with a sentence, never a stack."""

import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask, Response
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import DatabaseAway, Problem, Unexpected
from app.core.pool import DatabaseResting
from app.core.second_try import note_lost
from app.core.web import render_problem

log = structlog.get_logger(__name__)


class Busy(Problem, code="database-busy", status=503):
    """The database is busy. Nothing was changed; try again in a moment."""

    retry_after_s: int = 1


class ValueTooLarge(Problem, code="value-too-large", status=422):
    """A number is larger than can be stored. Send a smaller one."""


def as_problem(error: DBAPIError | PoolTimeout) -> Problem:
    """Return the Problem of a database error."""
    if isinstance(error, DatabaseResting):
        return DatabaseAway(retry_after_s=error.retry_after_s)
    if isinstance(error, PoolTimeout):
        return Busy()
    origin = error.orig
    if isinstance(origin, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return Busy()
    if isinstance(origin, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return Busy()
    if isinstance(origin, psycopg.errors.NumericValueOutOfRange):
        return ValueTooLarge()
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return DatabaseAway()
    return Unexpected()


def is_passing(error: Exception, problem: Problem) -> bool:
    """Say whether the same request may well succeed in a moment: the connection was lost, or another was let through."""
    if isinstance(getattr(error, "orig", None), psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return True
    return isinstance(problem, DatabaseAway) and not getattr(error, "is_final", False)


def init_database_errors(app: Flask) -> None:
    """Register the translation."""

    def render(error: Exception) -> Response:
        problem = as_problem(error)  # type: ignore[arg-type]
        cause = type(getattr(error, "orig", error)).__name__
        if is_passing(error, problem) and note_lost():
            log.warning("tried again while there is time", problem=problem.code, error=cause)
            return render_problem(problem)
        log.error("database error", problem=problem.code, error=cause, exc_info=isinstance(problem, Unexpected))
        return render_problem(problem)

    app.register_error_handler(sa.exc.DBAPIError, render)
    app.register_error_handler(PoolTimeout, render)
