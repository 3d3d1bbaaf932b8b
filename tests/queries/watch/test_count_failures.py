"""What fails or is stopped is counted, with who asked and from which line: PostgreSQL's own counters never see it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.core.asking import asked_by
from app.core.db import db
from app.core.gathering import watch
from app.core.installation import installation
from app.queries.watch.fingerprint import fingerprint_of
from tests.site import wait_for

Rows = Callable[..., list[dict[str, Any]]]
FAILURES = {
    "timeout": ("SELECT upper(pg_sleep(30)::text)", "SET LOCAL statement_timeout = 50", "57014"),
    "error": ("SELECT sqrt(1 / (SELECT 0))", "SELECT 1", "22012"),
}


@pytest.mark.parametrize("kind", list(FAILURES))
def test_a_statement_that_fails_is_counted_with_its_line(
    app: Flask, shipped: Callable[[], None], rows: Rows, kind: str
) -> None:
    text, before, sqlstate = FAILURES[kind]
    with app.app_context(), installation(), asked_by(f"tests.{kind}", "J2") as by:
        db.session.execute(sa.text(before))
        with pytest.raises(DBAPIError):
            db.session.execute(sa.text(text))
        sent = by.statements
    shipped()
    fingerprint = fingerprint_of(text)
    [minute] = rows("SELECT * FROM query_minutes WHERE fingerprint = :f", f=fingerprint)
    assert (minute["calls"], minute["errors"], minute["timeouts"]) == (1, 1, int(kind == "timeout"))
    [sample] = rows("SELECT * FROM query_samples WHERE fingerprint = :f AND kind = :k", f=fingerprint, k=kind)
    assert (sample["sqlstate"], sample["endpoint"], sample["job_id"]) == (sqlstate, f"tests.{kind}", "J2")
    assert sent == 2  # what went before, and the one that failed; whose company goes with the begin


def test_waiting_for_a_lock_too_long_is_a_timeout(app: Flask, shipped: Callable[[], None], rows: Rows) -> None:
    with app.app_context(), db.engines["system"].connect() as holder, db.engines["system"].connect() as waiter:
        holder.exec_driver_sql("LOCK TABLE query_folds IN ACCESS EXCLUSIVE MODE")
        waiter.exec_driver_sql("SET LOCAL lock_timeout = 50")
        with asked_by("tests.locked"), pytest.raises(DBAPIError):
            waiter.exec_driver_sql("SELECT count(*) AS waited_in_vain FROM query_folds")
        holder.rollback()
    shipped()
    fingerprint = fingerprint_of("SELECT count(*) AS waited_in_vain FROM query_folds")
    [minute] = rows("SELECT * FROM query_minutes WHERE fingerprint = :f", f=fingerprint)
    assert (minute["calls"], minute["timeouts"]) == (1, 1)


def test_what_a_person_cancels_is_an_error_and_no_timeout(app: Flask, shipped: Callable[[], None], rows: Rows) -> None:
    text, pids = "SELECT max(length(pg_sleep(60)::text))", list[int]()

    def sleep() -> None:
        with app.app_context(), db.engines["system"].connect() as connection, asked_by("tests.cancelled"):
            pids.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
            with pytest.raises(DBAPIError):
                connection.exec_driver_sql(text)

    thread = threading.Thread(target=sleep)
    thread.start()
    wait_for(lambda: pids)
    with app.app_context(), db.engines["system"].connect() as other:

        def cancel() -> bool:
            other.exec_driver_sql("SELECT pg_cancel_backend(%s)", (pids[0],))
            thread.join(0.05)
            return not thread.is_alive()

        wait_for(cancel)
    shipped()
    [minute] = rows("SELECT * FROM query_minutes WHERE fingerprint = :f", f=fingerprint_of(text))
    assert (minute["errors"], minute["timeouts"]) == (1, 0)


def test_a_request_that_fails_is_named_by_its_endpoint_and_person(
    app: Flask, pat: Any, shipped: Callable[[], None], rows: Rows
) -> None:
    pat.client  # noqa: B018 (signed in before anything is counted)
    watch.floor_s = 0.0  # every call that was slower than the one before is kept
    try:
        answer = pat.get("/orders", headers={"X-Request-Id": "the-request-of-pat"})
    finally:
        watch.floor_s = 0.005
    assert answer.status_code < 500
    shipped()
    kept = rows("SELECT * FROM query_samples WHERE request_id = 'the-request-of-pat'")
    assert kept
    assert all(one["line"].startswith("app/") for one in kept)
    assert pat.public_id in {one["actor"] for one in kept}
    assert all(one["backend_pid"] for one in kept)
