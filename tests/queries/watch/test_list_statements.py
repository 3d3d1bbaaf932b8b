"""Statements are listed with their figures, against the span before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db, transaction
from app.core.histogram import Histogram
from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.tenancy import system_work
from app.queries.problems import StatementNotFound
from app.queries.reads import statements as reads
from app.queries.reads.statements import Span, span_of
from app.queries.watch.folding import write_batches
from app.queries.watch.sums import FORM

Measure = Callable[..., str]


@pytest.fixture
def measure(app: Flask) -> Measure:
    """Lay down what a statement took in a minute: `measure("orders", [1, 2, 900])` in milliseconds."""

    named: set[str] = set()

    def run(name: str, took_ms: list[float], *, minutes_ago: int = 1, timeouts: int = 0, company: int = 0) -> str:
        fingerprint = name if name in named else f"{name}-{new_ulid()[-8:].lower()}"
        named.add(fingerprint)
        at = clock.now() - timedelta(minutes=minutes_ago)
        micros = [int(one * 1000) for one in took_ms]
        counts = [len(micros), timeouts, timeouts, 1, sum(micros), max(micros), Histogram.of(micros).stored()]
        batch = {
            "form": FORM, "source": new_ulid(), "number": 1, "dropped": 0, "examples": [], "repeats": [],
            "sums": [[int(at.timestamp()) // 60, fingerprint, "tests.list", "", company, *counts]],
            "texts": [[fingerprint, f"SELECT {name} FROM {name}_table WHERE id = $1", "select", [f"{name}_table"]]],
        }  # fmt: skip
        with app.app_context():
            assert write_batches([batch]) == 1
        return fingerprint

    return run


@pytest.fixture
def ours(app: Flask) -> Callable[[], Any]:
    """Act on the installation with nothing measured before."""

    @contextmanager
    def run() -> Iterator[None]:
        with app.app_context(), installation():
            yield

    with app.app_context(), system_work(), transaction():
        for table in ("query_minutes", "query_hours", "query_company_hours"):
            db.session.execute(sa.text(f"DELETE FROM {table}"))
    return run


@pytest.mark.parametrize("window", ["1h", "24h", "7d"])
def test_every_window_shows_what_was_measured_a_minute_ago(measure: Measure, ours: Any, window: str) -> None:
    heavy, light = measure("heavy", [300.0] * 4, timeouts=2), measure("light", [1.0] * 9)
    with ours():
        found = reads.list_statements(span_of(window))
    assert [one.fingerprint for one in found.items] == [heavy, light]
    assert (found.calls, found.statements) == (13, 2)
    first = found.items[0]
    assert (first.calls, first.timeouts, first.errors) == (4, 2, 2)
    assert first.p95_ms == pytest.approx(300, rel=0.01)
    assert first.share == pytest.approx(1200 / 1209)
    assert first.before is None
    assert [one for one in first.spark if one is not None] == [first.p95_ms]
    assert first.text.startswith("SELECT heavy")


def test_the_span_before_stands_beside_each_figure(measure: Measure, ours: Any) -> None:
    slower = measure("slower", [200.0] * 30)
    measure(slower, [100.0] * 30, minutes_ago=90)
    with ours():
        [one] = reads.list_statements(span_of("1h")).items
        points = reads.history(slower, span_of("1h"))
        now, before = reads.histogram_of(slower, span_of("1h"))
    assert one.before is not None
    assert (one.calls, one.before.calls) == (30, 30)
    assert one.before.p95_ms == pytest.approx(100, rel=0.01)
    assert sum(point.calls for point in points) == 30
    assert len(points) == span_of("1h").steps
    assert (now.total, before.total) == (30, 30)


@pytest.mark.parametrize(
    ("sort", "order"),
    [("total", "abc"), ("calls", "bca"), ("mean", "abc"), ("p95", "abc"), ("timeouts", "cab")],
)
def test_every_order_pages_through_all_of_them(measure: Measure, ours: Any, sort: Any, order: str) -> None:
    a = measure("a", [900.0], timeouts=1)
    b = measure("b", [10.0] * 30)
    c = measure("c", [5.0] * 20, timeouts=2)
    names, after, seen = {a: "a", b: "b", c: "c"}, None, ""
    with ours():
        for _ in range(3):
            found = reads.list_statements(span_of("1h"), sort=sort, limit=1, after=after)
            seen += names[found.items[0].fingerprint]
            after = found.next_cursor
    assert (seen, after) == (order, None)


def test_words_tables_and_companies_narrow_the_list(measure: Measure, ours: Any) -> None:
    fast, slow = measure("fast", [1.0] * 1000, company=7), measure("slow", [150.0] * 20, company=8)
    quick = measure("quick", [2.0])

    def found(**asked: Any) -> set[str]:
        with ours():
            return {one.fingerprint for one in reads.list_statements(span_of("1h"), **asked).items}

    assert found(q="from SLOW_table") == {slow}
    assert found(table="fast_table") == {fast}
    assert found(company_id=7) == {fast}
    assert found(company_id=-1) == set()
    assert found(only_slow=True) == {fast, slow}
    assert quick in found()
    assert found(origin="nobody") == set()


def test_a_statement_nobody_sent_is_not_there(measure: Measure, ours: Any) -> None:
    quiet = measure("quiet", [1.0], minutes_ago=180)
    with ours(), pytest.raises(StatementNotFound):
        reads.find_statement("0000", span_of("1h"))
    with ours():
        one = reads.find_statement(quiet, span_of("1h"))
    assert (one.calls, one.mean_ms, one.p95_ms, one.share) == (0, None, None, 0.0)


def test_a_span_ends_now_and_long_ones_begin_at_a_full_hour() -> None:
    now = datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)
    hour, day = span_of("1h", now), span_of("24h", now)
    assert hour == Span(datetime(2026, 3, 4, 9, 20, tzinfo=UTC), now, datetime(2026, 3, 4, 8, 20, tzinfo=UTC), 120)
    assert (day.start, day.steps) == (datetime(2026, 3, 3, 10, tzinfo=UTC), 25)
    assert day.step_of(now) == day.steps - 1
