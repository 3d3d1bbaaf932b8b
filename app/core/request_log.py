"""One line a request: who asked for what, what came of it, how long it took, and how much of that was SQL."""

import time

import structlog
from flask import Flask, Response, g, request

from app.core import asking, metrics, second_try, statements

__all__ = ["init_request_log", "statements"]  # imported for its listeners
QUIET = ("static", "assets.", "health.")
log = structlog.get_logger("request")


def write_line(response: Response) -> Response:
    """Log and count one answered request."""
    if second_try.is_thrown_away():
        return response
    took = time.perf_counter() - g.get("begun_at", time.perf_counter())
    endpoint = request.endpoint or "none"
    metrics.requests_total.labels(endpoint, request.method, f"{response.status_code // 100}xx").inc()
    metrics.request_seconds.labels(endpoint).observe(took)
    who, sql = g.get("principal"), asking.asking()
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
        asking.begin_request(request.endpoint or "none")

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        asking.end_request()

    app.after_request(write_line)
    app.log_exception = tell_failure  # type: ignore[method-assign]  # Flask's own names the address


def tell_failure(exc_info: object) -> None:
    """Log what a request failed with; the rule, not the address, for the same reason as above."""
    log.error("request failed", route=str(request.url_rule) if request.url_rule else None, exc_info=exc_info)
