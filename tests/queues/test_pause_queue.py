"""Pausing a queue, a job name or a company: nothing of it is released or begun, everything else flows."""

from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg
import pytest

from app.core import clock, jobs
from app.core.context import acting_as
from app.core.db import transaction
from app.core.errors import InvalidInput, NotFound
from app.core.installation import installation, installation_id
from app.core.jobs import JobState, holds
from app.core.pushed import pushed_of
from app.queues.service import pauses
from app.queues.service.pauses import PauseTooLong
from tests.meanwhile import meanwhile
from tests.queues import chores
from tests.queues.waiting import let_wait


@contextmanager
def as_pat(pat):
    with pat.app.app_context(), installation(), acting_as({"kind": "user", "id": pat.public_id, "name": pat.name}):
        yield


@pytest.fixture
def pause(pat, alone):
    def run(kind, value, reason="", until=None):
        with as_pat(pat):
            return pauses.pause(kind, value, reason, until)

    return run


def sent(sql):
    found = sql.execute("SELECT queue, name, company_id FROM job_outbox WHERE phase = 'sent'").fetchall()
    return {(row["queue"], row["name"], row["company_id"]) for row in found}


@pytest.fixture
def three_kinds(ada, cleo, superuser_sql, alone):
    """Jobs of two queues, two names and two companies."""
    let_wait(superuser_sql, ada.company_id, 2, queue="export", name="chore.append")
    let_wait(superuser_sql, ada.company_id, 2, queue="export", name="chore.count")
    let_wait(superuser_sql, cleo.company_id, 2, queue="email", name="chore.deliver")


def test_a_paused_queue_waits_while_others_flow(ada, cleo, pause, three_kinds, release_now, superuser_sql):
    pause("queue", "export", "The printer is on fire")
    assert (release_now(), sent(superuser_sql)) == (2, {("email", "chore.deliver", cleo.company_id)})


def test_a_paused_name_waits_while_others_of_its_queue_flow(ada, cleo, pause, three_kinds, release_now, superuser_sql):
    pause("name", "chore.append")
    release_now()
    assert sent(superuser_sql) == {
        ("export", "chore.count", ada.company_id),
        ("email", "chore.deliver", cleo.company_id),
    }


def test_a_paused_company_waits_while_others_flow(ada, cleo, pause, three_kinds, release_now, superuser_sql):
    slug = superuser_sql.execute("SELECT slug FROM companies WHERE id = %s", [ada.company_id]).fetchone()["slug"]
    pause("company", slug)
    assert (release_now(), sent(superuser_sql)) == (2, {("email", "chore.deliver", cleo.company_id)})


def test_resumed_it_flows(pat, ada, pause, three_kinds, release_now, pump):
    held = pause("queue", "export")
    assert release_now() == 2
    with as_pat(pat):
        pauses.resume(held.id, "The fire is out")
    assert release_now() == 4
    with as_pat(pat), pytest.raises(NotFound):
        pauses.resume(held.id)


def test_a_job_that_was_sent_before_the_pause_is_not_begun(ada, pause, release_now, superuser_sql, run, look):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(3, title="Count")
    assert release_now() == 1
    pause("queue", "maintenance")
    run(ada, job_id)
    assert (look(ada, job_id).state, look(ada, job_id).attempts) == (JobState.QUEUED, 0)
    assert superuser_sql.execute("SELECT phase FROM job_outbox").fetchone()["phase"] == "waiting"
    assert release_now() == 0


def test_a_pause_ends_by_itself(pat, ada, pause, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 1)
    pause("queue", "maintenance", until=clock.now() + timedelta(hours=1))
    assert release_now() == 0
    superuser_sql.execute("UPDATE job_pauses SET until = now() - interval '1 second'")
    assert release_now() == 1
    with pat.app.app_context():
        assert pauses.end_pauses() == 1
        assert (list(pauses.list_pauses()), dict(holds.held_queues())) == ([], {})


def test_pausing_again_changes_reason_and_end(pat, pause):
    first = pause("queue", "export", "Why not")
    again = pause("queue", "export", "Because", clock.now() + timedelta(hours=1))
    assert (again.id, again.reason, again.until is not None) == (first.id, "Because", True)
    with pat.app.app_context():
        (held,) = pauses.list_pauses()
        assert (held.reason, held.actor["name"]) == ("Because", pat.name)
        assert holds.held_queues()["export"].kind == "pause"


@pytest.mark.parametrize(
    ("kind", "value"), [("queue", "no-such"), ("name", "no.such"), ("company", "no-such"), ("colour", "red")]
)
def test_what_there_is_not_cannot_be_paused(pause, kind, value):
    with pytest.raises(InvalidInput):
        pause(kind, value)


@pytest.mark.parametrize("days", [-1, 31])
def test_nobody_pauses_into_the_past_or_for_months(pause, days):
    with pytest.raises(PauseTooLong):
        pause("queue", "export", until=clock.now() + timedelta(days=days))


def test_the_audit_says_who_paused_what_and_why(pat, pause, pump):
    held = pause("queue", "export", "The printer is on fire")
    with as_pat(pat):
        pauses.resume(held.id)
    pump()
    page = pat.get("/audit?topic=queues").text
    assert "paused the queue export: “The printer is on fire”" in page.replace("&ldquo;", "“").replace("&rdquo;", "”")
    assert "resumed the queue export after" in page


def test_another_process_of_this_app_claims_nothing_held(ada, pause, app):
    """A process that has not read the pauses yet reads them before it begins anything."""
    pause("name", "chore.count")

    def claim_afresh():
        with ada.acting(), transaction():
            job_id = chores.count_up.enqueue(3, title="Count")
        app.extensions.pop(holds.EXTENSION, None)
        pushed_of(app).held[holds.KEEPER] = 0
        pushed_of(app).checked_at.pop(holds.KEEPER, None)
        with ada.acting(), transaction():
            return jobs.claim(job_id)

    # The thread that polls may be in the middle of saying that nothing has changed; not five times in a row.
    assert any(claim_afresh() is None for _ in range(5))


def test_two_who_pause_at_once_make_one_pause(pat, pause, superuser_sql):
    with as_pat(pat):
        home = installation_id()

    def hold_as_well():
        with suppress(psycopg.errors.LockNotAvailable), superuser_sql.transaction():  # once ours is there, they wait
            superuser_sql.execute("SET LOCAL lock_timeout = '50ms'")
            superuser_sql.execute(
                "INSERT INTO job_pauses (company_id, id, kind, value, actor) "
                "VALUES (%s, 'theirs', 'queue', 'export', '{}') ON CONFLICT DO NOTHING",
                [home],
            )

    with meanwhile(hold_as_well, moments=["after_cursor_execute"]):  # our first look finds none
        held = pause("queue", "export", "Mine")
    kept = superuser_sql.execute("SELECT id, reason FROM job_pauses WHERE value = 'export'").fetchall()
    assert kept == [{"id": "theirs", "reason": "Mine"}]
    assert held.id == "theirs"
