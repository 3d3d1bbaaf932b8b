"""Attempts are added up by the minute they ended in; doing it again changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.core import clock
from app.core.histogram import Histogram
from app.queues.figures import fold
from tests.queues.figures.conftest import Ledger
from tests.world import Person

MINUTE = timedelta(minutes=1)
Fold = Callable[[datetime, datetime], None]


def some_minute(ago: timedelta = timedelta(minutes=30)) -> datetime:
    return fold.minute_of(clock.now() - ago)


def test_a_minute_holds_what_ended_in_it(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    at = some_minute()
    for second, outcome in enumerate(("done", "done", "failed", "cancelled", "lost")):
        ledger.end(ada, outcome, ended_at=at + timedelta(seconds=second + 10), waited_ms=1000, ran_ms=2000)
    ledger.end(ada, "done", ended_at=at + MINUTE + timedelta(seconds=10))  # the next one's
    fold_minutes(at, at + MINUTE)
    [row] = ledger.minutes(ada.company_id)
    assert {key: row[key] for key in ("at", "done", "failed", "cancelled", "lost", "retried", "queued", "late")} == {
        "at": at, "done": 2, "failed": 1, "cancelled": 1, "lost": 1, "retried": 0, "queued": 5, "late": 0,
    }  # fmt: skip
    assert (row["waited_ms"], row["ran_ms"]) == (5000, 6000)
    assert Histogram.read(row["wait_hist"]) == Histogram.of([1000] * 5)
    assert Histogram.read(row["run_hist"]) == Histogram.of([2000] * 3)


def test_folding_again_changes_nothing(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    at = some_minute()
    for _ in range(3):
        ledger.end(ada, "failed", ended_at=at, signature=f"s-{ada.company_id}", error="ValueError: no")
    fold_minutes(at, at + MINUTE)
    before = (ledger.minutes(ada.company_id), groups(ledger, ada))
    fold_minutes(at, at + MINUTE)
    assert (ledger.minutes(ada.company_id), groups(ledger, ada)) == before
    assert [row["total"] for row in before[1]] == [3]


def test_what_is_committed_late_is_added_when_folded_again(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    at = some_minute()
    ledger.end(ada, "failed", ended_at=at, signature=f"s-{ada.company_id}")
    fold_minutes(at, at + MINUTE)
    ledger.end(ada, "failed", ended_at=at, signature=f"s-{ada.company_id}")
    fold_minutes(at, at + MINUTE)
    assert [row["failed"] for row in ledger.minutes(ada.company_id)] == [2]
    assert [row["total"] for row in groups(ledger, ada)] == [2]


def test_an_attempt_that_is_made_again_is_no_failed_job(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    at = some_minute()
    ledger.end(ada, "failed", ended_at=at, state="queued", signature="again")
    fold_minutes(at, at + MINUTE)
    [row] = ledger.minutes(ada.company_id)
    assert (row["failed"], row["retried"], row["failures"]) == (0, 1, {})


def test_a_job_that_lost_its_worker_every_time_is_a_failed_one(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    at = some_minute()
    ledger.end(ada, "lost", ended_at=at, state="failed", signature="gone", error="WorkerLost")
    fold_minutes(at, at + MINUTE)
    [row] = [row for row in ledger.minutes(ada.company_id) if row["at"] == at]
    assert (row["failed"], row["lost"], row["failures"]) == (1, 0, {"gone": 1})


def test_a_wait_over_the_target_is_late(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    at = some_minute()
    ledger.end(ada, ended_at=at, queue="email", waited_ms=30_000)
    ledger.end(ada, ended_at=at, queue="email", waited_ms=30_001)
    fold_minutes(at, at + MINUTE)
    assert [row["late"] for row in ledger.minutes(ada.company_id)] == [1]


def test_everybody_together_stands_under_the_installation(
    ada: Person, cleo: Person, ledger: Ledger, fold_minutes: Fold, everybody: int
) -> None:
    at, name = some_minute(), f"both.{ada.company_id}"
    ledger.end(ada, ended_at=at, name=name, waited_ms=10)
    ledger.end(cleo, ended_at=at, name=name, waited_ms=5000)
    fold_minutes(at, at + MINUTE)
    [row] = [row for row in ledger.minutes(everybody) if row["name"] == name]
    assert (row["done"], row["waited_ms"]) == (2, 5010)
    assert Histogram.read(row["wait_hist"]) == Histogram.of([10, 5000])


def test_an_hour_that_is_over_holds_its_minutes(ada: Person, ledger: Ledger, fold_minutes: Fold) -> None:
    hour = fold.hour_of(clock.now() - timedelta(hours=2))
    for minute in (0, 17, 59):
        ledger.end(ada, "failed", ended_at=hour + minute * MINUTE, waited_ms=minute, signature="one")
    fold_minutes(hour, hour + timedelta(hours=1))
    [row] = ledger.minutes(ada.company_id, "job_hours")
    assert (row["at"], row["failed"], row["failures"]) == (hour, 3, {"one": 3})
    assert Histogram.read(row["wait_hist"]) == Histogram.of([0, 17, 59])


def groups(ledger: Ledger, whose: Person) -> list[dict[str, object]]:
    return list(
        ledger.world.sql.execute("SELECT * FROM failure_groups WHERE company_id = %s", (whose.company_id,)).fetchall()
    )
