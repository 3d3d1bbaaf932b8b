"""Holding: an open breaker keeps back the jobs that need it, a flag that is off keeps back the jobs of a name."""

import pytest

from app.breakers import registry
from app.breakers.states import State
from app.core import jobs
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.jobs import holds
from app.core.jobs.holds import Kind
from app.core.tasks import job
from app.flags import service as flags
from app.queues.holding import flag_of
from app.queues.service import pauses
from tests.breakers.console import make_breaker
from tests.flags.acts import as_platform
from tests.queues import chores  # noqa: F401 (a name without code is never released)
from tests.queues.waiting import end_flying, let_wait
from tests.site import wait_for


@pytest.fixture
def guard():
    """A breaker of this test's own, and the name of a job that needs it."""
    one = make_breaker()
    name = f"chore.need-{new_ulid().lower()}"

    @job(queue="maintenance", name=name, needs=(one.name,))
    def call_out() -> None:
        """Call somebody."""

    return one, name


def hold_of(app, company_id, name):
    with app.app_context():
        return holds.find_hold(Kind(company_id, name, "maintenance"))


def test_jobs_that_need_an_open_breaker_wait_and_others_flow(ada, app, guard, release_now, superuser_sql):
    one, name = guard
    let_wait(superuser_sql, ada.company_id, 2, name=name)
    let_wait(superuser_sql, ada.company_id, 1, name="chore.append")
    one.force(State.FORCED_OPEN)
    assert hold_of(app, ada.company_id, name).reason == f"Held by {one.name}"
    assert release_now() == 1
    end_flying(superuser_sql)
    assert release_now() == 0
    one.force(None)
    assert release_now() == 1


def waits_s(sql, name):
    rows = sql.execute(
        "SELECT extract(epoch FROM now() - queued_at) AS queued_s, extract(epoch FROM now() - due_at) AS due_s "
        "FROM job_outbox WHERE name = %s AND phase = 'waiting'",
        [name],
    ).fetchall()
    return [float(one) for row in rows for one in (row["queued_s"], row["due_s"])]


def test_a_wait_begins_when_what_held_it_ends(ada, guard, release_now, superuser_sql):
    one, name = guard
    let_wait(superuser_sql, ada.company_id, 9, name=name)
    let_wait(superuser_sql, ada.company_id, 2, name="chore.append")
    superuser_sql.execute(
        "UPDATE job_outbox SET due_at = now() - interval '2 hours', queued_at = now() - interval '2 hours'"
    )
    one.force(State.FORCED_OPEN)
    release_now()
    assert len(waits_s(superuser_sql, name)) == 18
    assert min(waits_s(superuser_sql, name)) > 7000
    one.force(None)
    end_flying(superuser_sql)
    release_now()
    fresh = superuser_sql.execute(
        "SELECT max(extract(epoch FROM now() - queued_at)) AS longest FROM job_outbox WHERE name = %s", [name]
    ).fetchone()
    assert fresh["longest"] < 600
    assert all(wait < 600 for wait in waits_s(superuser_sql, name))


def test_a_wait_begins_when_the_pause_of_a_whole_queue_ends(ada, app, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 3, name="chore.append")
    superuser_sql.execute("UPDATE job_outbox SET queued_at = now() - interval '2 hours'")
    with app.app_context(), installation():
        held = pauses.pause("queue", "maintenance")
        assert release_now() == 0
        pauses.resume(held.id)
    release_now()
    row = superuser_sql.execute(
        "SELECT max(extract(epoch FROM now() - queued_at)) AS longest FROM job_outbox WHERE name = 'chore.append'"
    ).fetchone()
    assert row["longest"] < 600


def test_what_the_fleet_says_holds(ada, app, guard, release_now, superuser_sql):
    one, name = guard
    let_wait(superuser_sql, ada.company_id, 2, name=name)
    assert registry.move(one.name, State.OPEN)
    wait_for(lambda: hold_of(app, ada.company_id, name) is not None)
    found = hold_of(app, ada.company_id, name)
    assert (found.kind, found.about, found.pace_s, found.until is not None) == ("breaker", one.name, 0, True)
    assert release_now() == 0
    assert registry.move(one.name, State.CLOSED)
    wait_for(lambda: release_now() == 1)


def test_half_open_lets_one_job_a_second_through_to_try_it(ada, app, guard, release_now, superuser_sql):
    one, name = guard
    superuser_sql.execute(
        "INSERT INTO queue_settings (company_id, queue, concurrency) "
        "SELECT id, 'maintenance', 10 FROM companies WHERE slug = 'platform'"
    )
    let_wait(superuser_sql, ada.company_id, 5, name=name)
    assert registry.move(one.name, State.HALF_OPEN)
    wait_for(lambda: (hold_of(app, ada.company_id, name) or holds.Hold("", "")).pace_s > 0)
    assert (release_now(), release_now(), release_now("maintenance")) == (1, 0, 0)
    end_flying(superuser_sql)
    assert release_now("maintenance") == 0  # a worker that refills leaves the trying to the relay
    wait_for(lambda: release_now() == 1)


def test_a_job_let_through_to_try_it_may_begin(ada, app, guard):
    one, name = guard
    assert registry.move(one.name, State.HALF_OPEN)
    wait_for(lambda: hold_of(app, ada.company_id, name) is not None)
    with app.app_context():
        assert holds.hold_of(Kind(ada.company_id, name, "maintenance")) is None


def test_a_job_that_was_sent_before_the_breaker_opened_is_not_begun(ada, guard, release_now, superuser_sql):
    from app.core.tasks import JOBS

    one, name = guard
    with ada.acting(), transaction():
        job_id = JOBS[name].enqueue(title="Call")
    assert release_now() == 1
    one.force(State.FORCED_OPEN)
    with ada.acting(), transaction():
        assert jobs.claim(job_id) is None
    assert superuser_sql.execute("SELECT phase FROM job_outbox").fetchone()["phase"] == "waiting"


def test_a_flag_of_its_name_switches_a_job_off_for_one_company(ada, cleo, pat, app, release_now, superuser_sql):
    name = f"chore.flagged-{new_ulid().lower()}"

    @job(queue="maintenance", name=name)
    def do_nothing() -> None:
        """Nothing."""

    slug = superuser_sql.execute("SELECT slug FROM companies WHERE id = %s", [ada.company_id]).fetchone()["slug"]
    let_wait(superuser_sql, ada.company_id, 1, name=name)
    assert hold_of(app, ada.company_id, name) is None
    with as_platform(pat):
        flags.create_flag(flag_of(name), {"scope": "company"})
        flags.enable(flag_of(name))
        flags.set_percentage(flag_of(name), 100_000)
        flags.block(flag_of(name), slug)
    found = hold_of(app, ada.company_id, name)
    assert (found.kind, found.reason) == ("flag", f"Switched off by flag {flag_of(name)}")
    assert hold_of(app, cleo.company_id, name) is None
    assert release_now() == 0
    let_wait(superuser_sql, cleo.company_id, 1, name=name)
    assert release_now() == 1
