"""Counters and timings for Prometheus, each declared here with what it means.

Under gunicorn every worker writes its own file below PROMETHEUS_MULTIPROC_DIR (gunicorn.conf.py makes an
empty one at each start), and any worker answers for all. Labels are endpoints, methods, status classes and
names of limits: never an id, so the number of series stays bounded.
"""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from app.core.redis import RedisAway

log = structlog.get_logger(__name__)
PREFIX = "quarterdeck_"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

registry = CollectorRegistry()
requests_total = Counter(
    "quarterdeck_requests_total", "Requests answered.", ["endpoint", "method", "status"], registry=registry
)
request_seconds = Histogram(
    "quarterdeck_request_seconds", "Time to answer a request.", ["endpoint"], buckets=SECONDS, registry=registry
)
sql_seconds = Histogram("quarterdeck_sql_seconds", "Time of one SQL statement.", buckets=SECONDS, registry=registry)
COUNTERS = {
    "limits_refused_total": Counter(
        "quarterdeck_limits_refused_total", "Requests refused, by limit.", ["limit"], registry=registry
    ),
    "limits_fallback_total": Counter(
        "quarterdeck_limits_fallback_total", "Limits counted in this process because Redis was away.", registry=registry
    ),
    "log_lines_lost_total": Counter(
        "quarterdeck_log_lines_lost_total", "Log lines that could not be written, as on a full disk.", registry=registry
    ),
}


def count(name: str, **labels: str) -> None:
    """Add one to a declared counter."""
    counter = COUNTERS[name]
    (counter.labels(**labels) if labels else counter).inc()


def observe_statements(seconds: Iterable[float], histogram: Histogram = sql_seconds) -> None:
    """Add the times of many statements at once: one by one they would cost 3 µs each, more than measuring them.

    What adds several to a histogram is no part of the library's public face; a test compares it with `observe`.
    """
    counts = [0] * (len(SECONDS) + 1)
    total = 0.0
    for took in seconds:
        counts[bisect_left(SECONDS, took)] += 1
        total += took
    histogram._sum.inc(total)  # noqa: SLF001
    for bucket, number in zip(histogram._buckets, counts, strict=True):  # noqa: SLF001
        if number:
            bucket.inc(number)


class Figures:
    """Figures asked for at each scrape, such as the relay's lag."""

    def __init__(self, figures: Iterable[tuple[str, str, float]]) -> None:
        self.figures = list(figures)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield one gauge a figure."""
        for name, meaning, value in self.figures:
            yield GaugeMetricFamily(PREFIX + name, meaning, value=value)


Collect = Callable[[], Iterable[Metric]]
_asked: dict[str, Collect] = {}


class Asked:
    """Metrics that features give at each scrape, and which of them had none to give now."""

    def collect(self) -> Iterable[Metric]:
        """Yield what can be had: a database that is away takes its own figures with it and no others."""
        missing = GaugeMetricFamily(
            f"{PREFIX}figures_missing", "1 for what could not tell its figures at this scrape.", labels=["source"]
        )
        for name, collect in _asked.items():
            found = try_collect(name, collect)
            missing.add_metric([name], float(found is None))
            yield from found or ()
        yield missing


def try_collect(name: str, collect: Collect) -> list[Metric] | None:
    """Return what one feature tells, all of it; None when it can not."""
    from app.core.db import db

    try:
        return list(collect())
    except Exception as error:  # whatever it is, the others' figures are wanted now more than ever
        is_away = isinstance(error, SQLAlchemyError | RedisAway)
        log.warning("no figures for a scrape", source=name, error=type(error).__name__, exc_info=not is_away)
        db.session.rollback()
        return None


def at_scrape(name: str, collect: Collect) -> None:
    """Register what a feature tells at each scrape, inside the scraping request; one a name."""
    _asked[name] = collect


def exposition(figures: Iterable[tuple[str, str, float]]) -> bytes:
    """Return all metrics of all processes in Prometheus' text format.

    Args:
        figures: (name, meaning, value) of what is only known when asked.
    """
    asked = CollectorRegistry()
    asked.register(Figures(figures))
    asked.register(Asked())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(asked)  # type: ignore[no-untyped-call]  # its constructor has no annotations
        return bytes(generate_latest(asked))
    return bytes(generate_latest(registry)) + bytes(generate_latest(asked))
