"""Differences are exact through resets, evictions, restarts, deploys and another server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.queries.server.counters import NAMES, Entry, Reading
from app.queries.server.differences import Before, Stored, differences

BORN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
READ = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = READ + timedelta(minutes=1)


def entry(calls: int, *, since: datetime | None = BORN, key: str = "10:42:t") -> Entry:
    return Entry(key, "42", "qd_app", True, since, {**dict.fromkeys(NAMES, 0), "calls": calls, "exec_ms": calls * 2.5})


def before(*entries: Entry, at: datetime | None = READ) -> Before:
    return Before(at, {one.key: Stored(one.stats_since, one.sums) for one in entries})


def reading(*entries: Entry) -> Reading:
    return Reading(LATER, 0, BORN, {one.key: one for one in entries})


def calls(since: Before, now: Reading) -> dict[str, float]:
    return {key: sums["calls"] for key, sums in differences(since, now).items()}


def test_a_counter_that_grew_did_the_difference():
    found = differences(before(entry(10)), reading(entry(14)))
    assert found["10:42:t"]["calls"] == 4
    assert found["10:42:t"]["exec_ms"] == 10.0


def test_an_entry_that_did_nothing_is_left_out():
    assert calls(before(entry(10)), reading(entry(10))) == {}


def test_the_first_reading_only_says_where_counting_begins():
    assert calls(before(at=None), reading(entry(10))) == {}


def test_after_a_reset_all_of_the_counter_is_new_even_when_it_is_larger_again():
    reset = READ + timedelta(seconds=20)
    assert calls(before(entry(10)), reading(entry(3, since=reset))) == {"10:42:t": 3}
    assert calls(before(entry(10)), reading(entry(30, since=reset))) == {"10:42:t": 30}


def test_an_entry_that_is_new_counts_from_its_beginning():
    assert calls(before(entry(10)), reading(entry(10), entry(2, since=LATER, key="10:43:t"))) == {"10:43:t": 2}


def test_an_entry_that_was_evicted_and_came_back_counts_from_there():
    gone = calls(before(entry(10)), reading())
    back = calls(before(), reading(entry(5, since=READ + timedelta(seconds=5))))
    assert (gone, back) == ({}, {"10:42:t": 5})


def test_what_another_server_did_before_we_ever_asked_it_is_not_of_this_minute():
    assert calls(before(entry(10)), reading(entry(900, since=BORN + timedelta(minutes=3)))) == {}


def test_nested_and_top_level_calls_of_one_statement_are_kept_apart():
    top, nested = entry(10), replace(entry(5), key="10:42:f", is_toplevel=False)
    found = calls(before(top, nested), reading(entry(11), replace(entry(9), key="10:42:f", is_toplevel=False)))
    assert found == {"10:42:t": 1, "10:42:f": 4}


def test_before_postgresql_17_a_counter_that_went_down_began_anew():
    assert calls(before(entry(10, since=None)), reading(entry(3, since=None))) == {"10:42:t": 3}
    assert calls(before(entry(10, since=None)), reading(entry(12, since=None))) == {"10:42:t": 2}
    assert calls(before(), reading(entry(7, since=None))) == {"10:42:t": 7}
