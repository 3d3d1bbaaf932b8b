"""With 300,000 jobs: no figure and no list reads a whole table, and the fold does not either."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.installation import installation
from app.core.tenancy import acting_for, system_work
from app.queues import figures
from app.queues.figures import fold, gaps, samples, totals
from app.queues.figures.sums import WINDOWS, add_up, span_of
from bench.ledger_rows import COMPANY, fill
from tests.services import Services
from tests.stage import TEMPLATE, environment_for, let_go, settings_from

pytestmark = pytest.mark.slow
JOBS, DAYS, COMPANIES, WAITING = 300_000, 6, 30, 20_000
WHOLE = re.compile(r"Seq Scan on ((?:jobs|job_attempts|job_outbox|job_minutes|worker_minutes)\w*)")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def full(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation with 300,000 jobs in six days, and 20,000 that wait; the last hours are folded."""
    from app import create_app

    urls = services.create_database(template=TEMPLATE)
    name = urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0]
    now = clock.now()
    fill(services.superuser_url(name), JOBS, days=DAYS, companies=COMPANIES, waiting=WAITING, now=now, say=len)
    app = create_app(
        settings_from(environment_for(urls, services.worker_redis_url(0), tmp_path_factory.mktemp("full")))
    )
    with app.app_context():
        fold.fold_minutes(fold.hour_of(now) - 26 * HOUR, fold.minute_of(now) + timedelta(minutes=1))
        samples.keep_figures()
        gaps.catch_up(600)
        totals.keep_totals()
    with sa.create_engine(
        services.superuser_url(name).replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    ).connect() as sql:
        sql.execute(sa.text("ANALYZE"))
    yield app
    let_go(app)


def plans(ask: Callable[[], object]) -> list[str]:
    """Do something, and return how PostgreSQL did each of its statements: planned again in the same transaction."""
    found: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: object) -> None:
        if not re.match(r"\s*(SELECT|WITH|INSERT)\b", statement) or "set_config" in statement:
            return
        raw = connection.connection.cursor()
        raw.execute(f"EXPLAIN {statement}", parameters)
        found.append("\n".join(row[0] for row in raw.fetchall()))

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        ask()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)
    assert found
    return found


def whole_reads(plan: str) -> list[str]:
    """Return the tables that are read from end to end, but for partitions that hold nothing."""
    tomorrow = clock.now() + timedelta(days=1)
    empty = ("_default", *(f"{tomorrow + timedelta(days=n):_%Y%m%d}" for n in range(4)))
    return [table for table in WHOLE.findall(plan) if not table.endswith(empty)]


ASKED: dict[str, Callable[[], object]] = {
    "all queues": figures.queue_figures,
    "an hour by name": lambda: figures.type_figures("1h"),
    "a day by name": lambda: figures.type_figures("24h"),
    "a month by name": lambda: figures.type_figures("30d"),
    "failures of an hour": lambda: figures.failure_groups("1h"),
    "failures of a month": lambda: figures.failure_groups("30d"),
    "companies": lambda: figures.company_figures("24h"),
    "targets kept": lambda: figures.objectives(figures.queue_figures("1h")),
    "totals": totals.totals,
}


CASES = [(asked, scope) for asked in ASKED for scope in ("installation", "company")]


@pytest.mark.parametrize(("asked", "scope"), [case for case in CASES if case != ("totals", "company")])
def test_no_figure_reads_a_whole_table(full: Flask, asked: str, scope: str) -> None:
    with full.app_context(), installation() if scope == "installation" else acting_for(COMPANY + 1):
        for plan in plans(ASKED[asked]):
            assert whole_reads(plan) == [], plan


def test_folding_reads_only_the_minutes_it_folds(full: Flask) -> None:
    minute = fold.minute_of(clock.now() - timedelta(minutes=20))
    with full.app_context():
        for plan in plans(lambda: fold.fold_minutes(minute, minute + timedelta(minutes=5))):
            assert whole_reads(plan) == [], plan


def test_looking_walks_along_an_index(full: Flask) -> None:
    with full.app_context(), system_work():
        for plan in plans(lambda: samples.look(clock.now())):
            assert whole_reads(plan) == [], plan


def test_no_statement_counts_jobs(full: Flask) -> None:
    said: list[str] = []

    def keep(connection: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", keep)
    try:
        with full.app_context(), installation():
            for ask in ASKED.values():
                ask()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", keep)
    assert not [one for one in said if re.search(r"\bFROM (jobs|job_attempts)\b", one)]


def test_what_was_folded_is_what_is_in_the_ledger(full: Flask, services: Services) -> None:
    now = clock.now()
    span = span_of(WINDOWS["24h"], now)
    with full.app_context(), installation():
        day = add_up(["name"], span)
    with full.app_context(), system_work():
        rows = db.session.execute(
            sa.text(
                "SELECT name, count(*) AS n, percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY waited_ms) AS "
                "waits, percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ran_ms) "
                "FILTER (WHERE outcome IN ('done', 'failed')) AS runs "
                "FROM job_attempts WHERE ended_at >= :since AND ended_at < :until GROUP BY name"
            ),
            {"since": span.since, "until": span.until},
        ).all()
    assert {row.name: row.n for row in rows} == {key[0]: one.ended for key, one in day.items()}
    for row in rows:
        one = day[(row.name,)]
        for exact, kept in ((row.waits, one.waits), (row.runs, one.runs)):
            found = kept.percentiles()
            assert [found.p50, found.p95, found.p99] == pytest.approx(exact, rel=0.02)
