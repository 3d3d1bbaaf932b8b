"""The relay looks at every queue: what waits, how long, whether the target is missed, and for how long."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.installation import installation
from app.core.jobs import holds, limits
from app.core.tenancy import system_work
from app.queues.figures import queue_figures, samples, waiting_history
from app.queues.figures.health import health_of
from app.queues.figures.queues import QueueFigures
from app.queues.figures.slo import objectives
from app.queues.service import pauses
from tests.queues.chores import append_line
from tests.queues.figures.conftest import Ledger
from tests.world import Person

QUEUE = "export"
TARGET_S = 60


@pytest.fixture(autouse=True)
def alone(app: Flask, ledger: Ledger) -> Iterator[None]:
    """Nothing waits in this queue but what the test puts there, and its limits are its own: all belongs to the installation."""
    ledger.world.sql.execute("DELETE FROM queue_settings WHERE queue = %s", (QUEUE,))
    app.extensions.pop(limits.EXTENSION, None)

    def empty() -> None:
        ledger.world.sql.execute("DELETE FROM job_outbox WHERE queue = %s", (QUEUE,))
        ledger.world.sql.execute("DELETE FROM queue_samples")

    empty()
    yield
    empty()


@pytest.fixture
def look(app: Flask) -> Callable[[], samples.Look]:
    """Look once."""

    def run() -> samples.Look:
        with app.app_context(), system_work():
            return next(one for one in samples.look(clock.now()) if one.queue == QUEUE)

    return run


@pytest.fixture
def keep(app: Flask) -> Callable[[], QueueFigures]:
    """Do the relay's duty once; return what the page shows then."""

    def run() -> QueueFigures:
        with app.app_context():
            samples.keep_figures()
            with installation():
                return next(one for one in queue_figures() if one.name == QUEUE)

    return run


def ago(**span: float) -> datetime:
    return clock.now() - timedelta(**span)


def test_it_counts_what_is_due_and_not_begun(
    ada: Person, cleo: Person, ledger: Ledger, look: Callable[[], samples.Look]
) -> None:
    ledger.wait(ada, queue=QUEUE, since=ago(seconds=50))
    ledger.wait(cleo, queue=QUEUE, since=ago(seconds=400))
    ledger.wait(cleo, queue=QUEUE, since=ago(seconds=20), phase="sent", due_at=ago(seconds=-60))
    ledger.wait(ada, queue=QUEUE, since=ago(hours=1), due_at=ago(hours=-1))  # later on purpose
    ledger.wait(ada, queue=QUEUE, since=ago(hours=1), phase="running", due_at=ago(seconds=-40))
    found = look()
    assert (found.waiting, found.running, found.overdue) == (3, 1, 1)
    assert found.oldest_s == pytest.approx(400, abs=5)


def test_what_was_sent_waits_too(ada: Person, ledger: Ledger, look: Callable[[], samples.Look]) -> None:
    ledger.wait(ada, queue=QUEUE, since=ago(seconds=130), phase="sent", due_at=ago(seconds=-60))
    found = look()
    assert (found.waiting, found.overdue) == (1, 1)
    assert found.oldest_s == pytest.approx(130, abs=5)


def test_an_empty_queue_waits_for_nobody(look: Callable[[], samples.Look]) -> None:
    assert look() == samples.Look(QUEUE, 0, None, 0, 0, TARGET_S)


def test_a_queue_is_counted_to_a_bound(
    ada: Person, ledger: Ledger, look: Callable[[], samples.Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "COUNT_BOUND", 3)
    for _ in range(5):
        ledger.wait(ada, queue=QUEUE, since=ago(seconds=5))
    assert look().waiting == 3


def test_the_page_says_behind_while_the_oldest_is_over_the_target(
    ada: Person, ledger: Ledger, keep: Callable[[], QueueFigures]
) -> None:
    assert keep().state in {"idle", "on_time"}  # other tests' jobs may have ended in this queue
    ledger.wait(ada, queue=QUEUE, since=ago(seconds=TARGET_S / 2))
    assert keep().state == "on_time"
    ledger.wait(ada, queue=QUEUE, since=ago(seconds=TARGET_S + 60))
    found = keep()
    assert (found.state, found.waiting, found.target_s) == ("behind", 2, TARGET_S)
    assert found.sampled_at is not None


def test_the_line_over_time_ends_with_what_waits_now(
    app: Flask, ada: Person, ledger: Ledger, keep: Callable[[], QueueFigures]
) -> None:
    for _ in range(4):
        ledger.wait(ada, queue=QUEUE, since=ago(seconds=5))
    found = keep()
    assert (found.spark[-1], len(found.spark)) == (4.0, 36)
    with app.app_context(), installation():
        history = waiting_history("1h")
    assert (len(history[QUEUE]), history[QUEUE][-1], history[QUEUE][0]) == (60, 4.0, 0.0)
    assert {len(line) for line in history.values()} == {60}


def test_missing_the_target_for_two_minutes_is_told_once_and_so_is_the_end(
    app: Flask, ada: Person, ledger: Ledger, keep: Callable[[], QueueFigures], pump: Callable[[], int]
) -> None:
    def facts() -> list[str]:
        pump()
        rows = ledger.world.sql.execute(
            "SELECT type FROM event_log WHERE topic = 'queues' AND data->>'queue' = %s AND occurred_at >= %s ORDER BY seq",
            (QUEUE, began),
        ).fetchall()
        return [row["type"] for row in rows]

    began = clock.now()
    job_id = ledger.wait(ada, queue=QUEUE, since=ago(seconds=TARGET_S + 10))
    keep()
    assert facts() == []
    age_samples(ledger)
    keep()
    keep()
    assert facts() == ["queue.behind"]
    news = ledger.world.sql.execute(
        "SELECT 1 FROM jobs WHERE name = 'notifications.send' AND args->>'link' = %s AND created_at >= %s",
        (f"/queues/{QUEUE}", began),
    ).fetchall()
    assert len(news) == 1
    ledger.world.sql.execute("DELETE FROM job_outbox WHERE job_id = %s", (job_id,))
    keep()
    keep()
    assert facts() == ["queue.behind", "queue.recovered"]


def age_samples(ledger: Ledger) -> None:
    """Let two minutes pass."""
    ledger.world.sql.execute("UPDATE queue_samples SET behind_since = behind_since - interval '2 minutes'")


def test_what_is_held_on_purpose_is_never_told(
    app: Flask, ada: Person, ledger: Ledger, keep: Callable[[], QueueFigures]
) -> None:
    ledger.wait(ada, queue=QUEUE, since=ago(seconds=TARGET_S * 10))
    with app.app_context(), installation():
        held = pauses.pause("queue", QUEUE, reason="A new engine is tried")
    try:
        assert keep().state == "held"
    finally:
        with app.app_context(), installation():
            pauses.resume(held.id)
    [row] = ledger.world.sql.execute(
        "SELECT hold, behind_since FROM queue_samples WHERE queue = %s", (QUEUE,)
    ).fetchall()
    assert row == {"hold": "Paused", "behind_since": None}


@pytest.fixture
def hold_name(app: Flask) -> Iterator[Callable[[str, str], None]]:
    """Pause a name or a company until the test ends."""
    made: list[str] = []

    def run(kind: str, value: str) -> None:
        with app.app_context(), installation():
            made.append(pauses.pause(kind, value).id)
            holds.refresh(0)

    yield run
    with app.app_context(), installation():
        for pause_id in made:
            pauses.resume(pause_id)
        holds.refresh(0)


@pytest.mark.parametrize("kind", ["name", "company"])
def test_jobs_held_by_name_or_company_are_no_outage(
    app: Flask, ada: Person, cleo: Person, ledger: Ledger, keep: Callable[[], QueueFigures],
    hold_name: Callable[..., None], kind: str,
) -> None:  # fmt: skip
    for _ in range(3):
        ledger.wait(ada, queue=QUEUE, since=ago(seconds=TARGET_S * 30))
    assert keep().state == "behind"
    hold_name(kind, append_line.name if kind == "name" else ada.company_slug)
    found = keep()
    assert (found.state, found.waiting, found.overdue, found.held_waiting) == ("held", 0, 0, 3)
    with app.app_context(), installation():
        assert objectives([found])[QUEUE].kept[0].late == objectives([])[QUEUE].kept[0].late
        assert not [problem for problem in health_of([found]).problems if QUEUE in problem]
    [row] = ledger.world.sql.execute(
        "SELECT hold, behind_since FROM queue_samples WHERE queue = %s", (QUEUE,)
    ).fetchall()
    assert row == {"hold": "Paused", "behind_since": None}
    ledger.wait(cleo, queue=QUEUE, since=ago(seconds=10), name="chore.count")
    found = keep()
    assert (found.state, found.waiting, found.held_waiting) == ("on_time", 1, 3)
    ledger.wait(cleo, queue=QUEUE, since=ago(seconds=TARGET_S * 2), name="chore.count")
    found = keep()
    assert (found.state, found.waiting, found.overdue, found.held_waiting) == ("behind", 2, 1, 3)
    assert found.oldest_s == pytest.approx(TARGET_S * 2, abs=20)
