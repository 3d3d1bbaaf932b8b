"""Rates, percentiles, shares and failures over a window: right to 2 %, and nobody's but one's own."""

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.errors import NotFound
from app.core.ids import new_ulid
from app.core.installation import installation
from app.queues import figures
from app.queues.figures import fold
from app.queues.figures.sums import WINDOWS, Sum, add_up, span_of
from tests.meanwhile import meanwhile
from tests.queues.figures.conftest import Ledger
from tests.world import Person

MINUTE = timedelta(minutes=1)


@pytest.fixture
def folded(app: Flask) -> Callable[[timedelta], None]:
    """Fold the last hours."""

    def run(back: timedelta = timedelta(hours=3)) -> None:
        with app.app_context():
            fold.fold_minutes(fold.minute_of(clock.now() - back), fold.minute_of(clock.now()) + MINUTE)

    return run


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    with app.app_context(), installation():
        yield


def exact(values: list[int], share: float) -> int:
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def test_percentiles_of_a_name_are_within_two_percent(
    ada: Person, cleo: Person, ledger: Ledger, folded: Callable[..., None], app: Flask
) -> None:
    name, draw = f"drawn.{new_ulid()}", random.Random(7)
    waits = [int(draw.lognormvariate(6, 2)) for _ in range(300)]
    runs = [int(draw.paretovariate(1.2) * 40) for _ in range(300)]
    for number, (waited, ran) in enumerate(zip(waits, runs, strict=True)):
        at = clock.now() - timedelta(seconds=10 * (number % 300))
        ledger.end(ada if number % 2 else cleo, name=name, ended_at=at, waited_ms=waited, ran_ms=ran)
    folded()
    with inside(app):
        [found] = [one for one in figures.type_figures("1h") if one.name == name]
    assert found.done == 300
    for share, wait, run in (
        (0.5, found.wait_p50_ms, found.run_p50_ms),
        (0.95, found.wait_p95_ms, found.run_p95_ms),
        (0.99, found.wait_p99_ms, found.run_p99_ms),
    ):
        assert wait == pytest.approx(exact(waits, share), rel=0.02)
        assert run == pytest.approx(exact(runs, share), rel=0.02)


def test_a_day_read_from_hours_and_minutes_equals_the_ledger(
    ada: Person, ledger: Ledger, folded: Callable[..., None], app: Flask
) -> None:
    spread = [timedelta(minutes=minutes) for minutes in (0, 3, 61, 200, 601, 1200)]
    for back in spread:
        ledger.end(ada, ended_at=clock.now() - back, name="daily.one")
    folded(timedelta(hours=25))
    with ada.acting():
        day = add_up(["name"], span_of(WINDOWS["24h"]))[("daily.one",)]
        month = add_up(["name"], span_of(WINDOWS["30d"]))[("daily.one",)]
    assert (day.done, day.runs.total, month.done) == (6, 6, 6)


def test_a_company_reads_its_own_figures_alone(
    ada: Person, cleo: Person, ledger: Ledger, folded: Callable[..., None]
) -> None:
    ledger.end(ada, name="mine.only", ran_ms=1000)
    for _ in range(3):
        ledger.end(cleo, name="theirs.only", ran_ms=9000)
    folded()
    with ada.acting():
        assert [one.name for one in figures.type_figures("1h")] == ["mine.only"]
        [mine] = figures.company_figures("1h")
        assert (mine.slug, mine.done, mine.ran_s, mine.share) == (ada.company_slug, 1, 1.0, None)


def test_the_installation_sees_who_takes_the_workers_time(
    app: Flask, ada: Person, cleo: Person, ledger: Ledger, folded: Callable[..., None]
) -> None:
    ledger.end(ada, ran_ms=10_000_000)
    ledger.end(cleo, ran_ms=30_000_000)
    ledger.wait(cleo, queue="sync", since=clock.now() - timedelta(seconds=77))
    folded()
    with inside(app):
        found = {one.slug: one for one in figures.company_figures("1h")}
    mine, theirs = found[ada.company_slug], found[cleo.company_slug]
    assert theirs.share == pytest.approx(3 * (mine.share or 0))
    assert (theirs.waiting, mine.waiting) == (1, 0)
    assert theirs.oldest_s == pytest.approx(77, abs=5)


def test_failures_are_grouped_by_signature_with_first_and_last_seen_and_release(
    app: Flask, ada: Person, cleo: Person, ledger: Ledger, folded: Callable[..., None]
) -> None:
    one, other = new_ulid(), new_ulid()
    first = clock.now() - timedelta(minutes=40)
    ledger.end(ada, "failed", ended_at=first, signature=one, error="ValueError: 1", release="2026.11.1")
    for number in range(4):
        at = clock.now() - timedelta(minutes=20 - number)
        last = ledger.end(
            cleo, "failed", ended_at=at, signature=one, error=f"ValueError: {number}", release="2026.11.2"
        )
    ledger.end(ada, "failed", signature=other, error="KeyError: x")
    folded()
    with inside(app):
        found = {group.signature: group for group in figures.failure_groups("1h")}
    group = found[one]
    assert (group.count, group.total, group.companies, found[other].count) == (5, 5, 2, 1)
    assert (group.first_seen, group.first_release, group.last_release) == (first, "2026.11.1", "2026.11.2")
    assert (group.error_type, group.error, group.last_job_id) == ("ValueError", "ValueError: 1", last)
    with ada.acting():
        [mine] = [group for group in figures.failure_groups("1h") if group.signature == one]
        assert (mine.count, mine.companies, mine.last_release) == (1, 1, "2026.11.1")


def test_ten_thousand_failures_fall_into_the_right_groups(
    app: Flask, ada: Person, ledger: Ledger, folded: Callable[..., None]
) -> None:
    mark = new_ulid()
    ledger.world.sql.execute(
        f"""WITH made AS (SELECT n, ulid_floor(now() - interval '1 hour' - n * interval '1 ms') AS id
                         FROM generate_series(1, 10000) n),
                jobs_made AS (
                  INSERT INTO jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state, attempts,
                                    created_at)
                  SELECT %(company)s, id, 'g', 'sync', 'T', '{{}}', '{{}}', 'R', id, 'failed', 1,
                         now() - interval '1 hour' FROM made)
           INSERT INTO job_attempts (company_id, job_id, number, queue, name, started_at, ended_at, ran_ms, outcome,
                                     signature, error_type)
           SELECT %(company)s, id, 1, 'sync', 'g', now(), now() - n * interval '100 ms', 5, 'failed',
                  '{mark}-' || n %% 7, 'E' FROM made""",
        {"company": ada.company_id},
    )
    folded()
    with ada.acting():
        found = {group.signature: group.count for group in figures.failure_groups("1h")}
    assert found == {f"{mark}-{n}": 10_000 // 7 + (1 if 1 <= n <= 10_000 % 7 else 0) for n in range(7)}


def test_a_muted_group_is_left_out_until_its_time(
    ada: Person, cleo: Person, ledger: Ledger, folded: Callable[..., None]
) -> None:
    signature = new_ulid()
    ledger.end(ada, "failed", signature=signature)
    folded()
    with ada.acting():
        figures.mute(signature, clock.now() + timedelta(days=1))
        assert [one.signature for one in figures.failure_groups("1h")] == []
        assert [one.signature for one in figures.failure_groups("1h", muted=True)] == [signature]
        figures.mute(signature, clock.now() - MINUTE)
        assert [one.signature for one in figures.failure_groups("1h")] == [signature]
    with cleo.acting(), pytest.raises(NotFound):
        figures.mute(signature, None)


def test_what_began_late_burns_the_allowance(
    app: Flask, ada: Person, ledger: Ledger, folded: Callable[..., None], everybody: int
) -> None:
    with inside(app):
        before = next(one for one in figures.objectives([])["cache"].kept if one.window == "1h")
    for number in range(100):
        ledger.end(ada, queue="cache", name="chore.append", waited_ms=60_000 if number < 5 else 10)
    folded()
    with inside(app):
        objective = figures.objectives([])["cache"]
    hour = next(one for one in objective.kept if one.window == "1h")
    assert (hour.ended - before.ended, hour.late - before.late) == (100, 5)
    assert hour.share == pytest.approx(1 - hour.late / hour.ended)
    assert hour.burn == pytest.approx(hour.late / hour.ended * 100)


def test_what_nobody_may_see_is_in_no_figure(ada: Person, ledger: Ledger, folded: Callable[..., None]) -> None:
    ledger.end(ada, "failed", name="accounts.send_invitation", signature=new_ulid())
    folded()
    with ada.acting():
        assert figures.type_figures("1h") == []
        assert figures.failure_groups("1h") == []
        assert figures.type_figures("1h", allowed={"jobs:read", "users:read"}) != []


def test_minutes_nobody_looked_are_named(app: Flask, ledger: Ledger, everybody: int) -> None:
    ledger.world.sql.execute("DELETE FROM queue_samples")
    now = fold.minute_of(clock.now())
    for back in (9, 8, 5, 4, 3, 2, 1):
        ledger.world.sql.execute(
            "INSERT INTO queue_samples (company_id, minute, queue, sampled_at, waiting, overdue, running, target_s) "
            "VALUES (%s, %s, 'email', now(), 1, 0, 0, 30)",
            (everybody, now - back * MINUTE),
        )
    with inside(app):
        unseen = figures.unseen_minutes("1h")
    ledger.world.sql.execute("DELETE FROM queue_samples")
    assert unseen[:2] == [now - 7 * MINUTE, now - 6 * MINUTE]


def some(name: str, state: str, **more: object) -> figures.QueueFigures:
    values: dict[str, object] = {
        "waiting": 0, "is_bounded": False, "oldest_s": None, "overdue": 0, "target_s": 120, "in_per_min": 0.0,
        "out_per_min": 0.0, "running": 0, "slots": 2, "wait_p50_ms": None, "wait_p95_ms": None, "wait_p99_ms": None,
        "run_p50_ms": None, "run_p95_ms": None, "run_p99_ms": None, "failed_1h": 0, "kept_1h": None,
        "sampled_at": clock.now(),
    }  # fmt: skip
    return figures.QueueFigures(name=name, state=state, **(values | more))  # type: ignore[arg-type]


BEHIND = some("report", "behind", waiting=64, oldest_s=14 * 60 + 5.0, in_per_min=4.6, out_per_min=4.0)
KEEPS = [some("email", "on_time"), some("search", "idle")]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            [BEHIND, *KEEPS, some("backup", "held")],
            (
                "report is 14 minutes behind and falling further: 4.6 jobs arrive a minute, 4.0 finish. "
                "The other 3 queues keep their targets or are held on purpose."
            ),
        ),
        (
            [some("ocr", "behind", waiting=60, oldest_s=150.0, in_per_min=20.0, out_per_min=30.0), *KEEPS],
            (
                "ocr is 2 minutes behind and catching up: 20 jobs arrive a minute, 30 finish, "
                "so it is through in about 6 minutes. The other 2 queues keep their targets."
            ),
        ),
        (
            [BEHIND, some("ocr", "behind", waiting=3, oldest_s=130.0), *KEEPS],
            (
                "report and ocr are behind. report by the most, 14 minutes, and falling further: 4.6 jobs arrive a "
                "minute, 4.0 finish. The other 2 queues keep their targets."
            ),
        ),
        (
            [some("ocr", "behind", waiting=3, oldest_s=130.0, in_per_min=1.0), KEEPS[0]],
            (
                "ocr is 2 minutes behind and stands still: 1.0 jobs arrive a minute, 0.0 finish. "
                "The other queue keeps its target."
            ),
        ),
        (KEEPS, "All 2 queues keep their targets."),
        ([*KEEPS, some("backup", "held")], "All 3 queues keep their targets or are held on purpose."),
        (
            [some("email", "idle", sampled_at=None)],
            "Nobody has looked at the queues yet. The relay does, every 5 seconds: start it with bin/up.",
        ),
    ],
)
def test_one_sentence_says_how_the_queues_do(found: list[figures.QueueFigures], sentence: str) -> None:
    fresh = [replace(one, sampled_at=one.sampled_at and clock.now()) for one in found]
    assert figures.verdict(fresh) == sentence


def test_old_figures_are_said_to_be_old() -> None:
    old: datetime = clock.now() - timedelta(minutes=7)
    assert figures.verdict([some("email", "on_time", sampled_at=old)]) == (
        "The relay last looked 7 min ago, so what waits now is unknown. Start it again."
    )


def test_counts_and_percentiles_are_of_the_same_instant(
    ada: Person, ledger: Ledger, folded: Callable[..., None], app: Flask
) -> None:
    name = f"sudden.{new_ulid()}"

    def one_more() -> None:
        ledger.end(ada, name=name)
        folded(timedelta(minutes=2))

    with inside(app):
        with meanwhile(one_more):
            found = add_up(["name"], span_of(WINDOWS["1h"])).get((name,), Sum())
        again = add_up(["name"], span_of(WINDOWS["1h"]))[(name,)]
    assert (found.runs.total, found.waits.total) == (found.ended, found.ended)
    assert again.runs.total == again.ended > 0
