"""Times of statements are added to their histogram many at once, as one by one."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from app.core import metrics

TIMES = (0.0, 0.001, 0.005, 0.0050001, 0.3, 4.9, 5.0, 60.0)


def test_many_at_once_are_counted_as_one_by_one() -> None:
    told = []
    for fill in (observe_each, metrics.observe_statements):
        registry = CollectorRegistry()
        histogram = Histogram("sql_seconds", "Times.", buckets=metrics.SECONDS, registry=registry)
        fill(TIMES, histogram)
        lines = generate_latest(registry).decode().splitlines()
        told.append([line for line in lines if "_created" not in line])
    assert told[0] == told[1]
    assert 'sql_seconds_bucket{le="+Inf"} 8.0' in told[0]


def observe_each(seconds: tuple[float, ...], histogram: Histogram) -> None:
    for took in seconds:
        histogram.observe(took)
