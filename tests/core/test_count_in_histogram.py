"""Histograms are exact to 1 %, add up, and agree with the statement that the relay folds with."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.histogram import ACCURACY, BUCKET_SQL, LESS_THAN_ONE, Histogram, bucket_of, middle_of

durations = st.lists(st.integers(min_value=0, max_value=30 * 24 * 3_600_000), min_size=1, max_size=300)


def exact(values: list[int], share: float) -> int:
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


@given(durations, st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]))
def test_every_quantile_is_within_two_percent_of_the_exact_one(values: list[int], share: float) -> None:
    assert Histogram.of(values).quantile(share) == pytest.approx(exact(values, share), rel=0.02)


@given(durations, durations)
def test_two_histograms_add_up_to_that_of_all_values(some: list[int], more: list[int]) -> None:
    assert Histogram.of(some) + Histogram.of(more) == Histogram.of(some + more)


@given(durations)
def test_what_is_stored_reads_back(values: list[int]) -> None:
    one = Histogram.of(values)
    assert Histogram.read(one.stored()) == one


@given(st.integers(min_value=1, max_value=10**10))
def test_the_middle_of_a_bucket_is_within_its_accuracy(ms: int) -> None:
    assert middle_of(bucket_of(ms)) == pytest.approx(ms, rel=ACCURACY * 1.001)


def test_less_than_a_millisecond_is_nothing() -> None:
    assert (bucket_of(0), middle_of(LESS_THAN_ONE)) == (LESS_THAN_ONE, 0.0)
    assert Histogram.of([0, 0, 0]).quantile(0.95) == 0.0


def test_nothing_has_no_quantile() -> None:
    assert Histogram().quantile(0.5) is None


def test_counting_up_to_a_limit_never_falls() -> None:
    one = Histogram.of(range(1, 2000))
    counts = [one.at_most(ms) for ms in (1, 10, 100, 1000, 5000)]
    assert counts == sorted(counts)
    assert counts[-1] == one.total == 1999


def test_postgresql_counts_into_the_same_buckets(world: Any) -> None:
    values = [0, 1, 2, 3, 10, 99, 100, 101, 1234, 59_999, 60_000, 3_600_000, 86_400_000, 2_592_000_000]
    rows = world.sql.execute(
        f"SELECT ms, {BUCKET_SQL.format(ms='ms')} AS bucket FROM unnest(%s::bigint[]) ms", (values,)
    ).fetchall()
    assert [row["bucket"] for row in rows] == [bucket_of(row["ms"]) for row in rows]
