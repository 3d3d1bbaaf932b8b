"""Plans are kept by their shape; another shape is a change, with both plans and what came of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.tenancy import system_work
from app.queries.explain.problems import ExplainFailed, ExplainRefused, ExplainUnsafe
from app.queries.models import Change, Plan, Statement
from app.queries.plans.capture import capture, capture_plans
from app.queries.plans.changes import settle_changes
from app.queries.plans.link import planners
from app.queries.problems import StatementNotFound
from app.queries.reads.plans import changes_of, find_plan, list_changes, plans_of

Sql = psycopg.Connection[Any]


@pytest.fixture
def table(root: Sql) -> Iterator[str]:
    """A table of 20,000 rows that the app may read."""
    made = f"plan_{uuid4().hex[:10]}"
    root.execute(f"CREATE TABLE {made} (id bigint, word text)")
    root.execute(f"INSERT INTO {made} SELECT g, 'w' || g FROM generate_series(1, 20000) g")
    root.execute(f"GRANT SELECT ON {made} TO qd_app")
    root.execute(f"ANALYZE {made}")
    yield made
    root.execute(f"DROP TABLE {made}")


def in_the_installation(app: Flask, question: Any, *values: Any) -> list[Any]:
    with app.app_context(), installation():
        return list(question(*values))


def plan_it(app: Flask, fingerprint: str) -> Plan:
    with app.app_context():
        return capture(fingerprint)


def back_date(app: Flask, fingerprint: str, at: datetime) -> None:
    """Let the plan there is have been looked at long ago."""
    with app.app_context(), system_work(), transaction():
        db.session.execute(update(Plan).where(Plan.fingerprint == fingerprint).values(last_seen_at=at))


def test_a_plan_is_kept_once_however_often_it_is_seen(app, known, table):
    fingerprint = known(f"SELECT word FROM {table} WHERE id = %(id)s")
    first, second = plan_it(app, fingerprint), plan_it(app, fingerprint)
    assert first.id == second.id
    [kept] = in_the_installation(app, plans_of, fingerprint)
    assert (kept.seen, kept.how) == (2, "generic")
    assert kept.plan["Plan"]["Node Type"] == "Seq Scan"
    assert kept.cost == kept.plan["Plan"]["Total Cost"]
    assert in_the_installation(app, changes_of, fingerprint) == []


def test_another_plan_is_a_change_with_both_plans(app, known, table, root):
    fingerprint = known(f"SELECT word FROM {table} WHERE id = %(id)s")
    before = plan_it(app, fingerprint)
    root.execute(f"CREATE INDEX ix_{table} ON {table} (id)")
    after = plan_it(app, fingerprint)
    [change] = in_the_installation(app, changes_of, fingerprint)
    assert change.kind == "plan"
    assert (change.detail["from"], change.detail["to"]) == (before.id, after.id)
    assert f"Index Scan on {table} by ix_{table}" in change.sentence
    assert f"Seq Scan on {table}" in change.sentence
    assert [one.id for one in in_the_installation(app, plans_of, fingerprint)] == [after.id, before.id]
    assert change.id in [one.id for one in in_the_installation(app, list_changes)]
    with app.app_context(), installation():
        assert find_plan(before.id) is not None


def test_a_plan_that_comes_back_is_a_change_and_no_new_plan(app, known, table, root):
    fingerprint = known(f"SELECT word FROM {table} WHERE id = %(id)s")
    before = plan_it(app, fingerprint)
    root.execute(f"CREATE INDEX ix_{table} ON {table} (id)")
    plan_it(app, fingerprint)
    root.execute(f"DROP INDEX ix_{table}")
    assert plan_it(app, fingerprint).id == before.id
    assert len(in_the_installation(app, changes_of, fingerprint)) == 2


def test_a_statement_that_was_known_is_watched_again_when_its_plan_changes(app, known, table, root):
    fingerprint = known(
        f"SELECT word FROM {table} WHERE id = %(id)s", known_at=clock.now(), known_by="Pat", known_reason="Fine."
    )
    plan_it(app, fingerprint)
    assert statement(app, fingerprint).known_reason == "Fine."
    root.execute(f"CREATE INDEX ix_{table} ON {table} (id)")
    plan_it(app, fingerprint)
    watched = statement(app, fingerprint)
    assert (watched.known_at, watched.known_by, watched.known_reason, watched.version) == (None, "", "", 2)


def statement(app: Flask, fingerprint: str) -> Statement:
    with app.app_context(), system_work():
        return db.session.scalars(select(Statement).where(Statement.fingerprint == fingerprint)).one()


def test_what_calls_took_is_added_once_there_is_enough(app, known, measured, table, root):
    fingerprint = known(f"SELECT word FROM {table} WHERE id = %(id)s")
    now = clock.now()
    plan_it(app, fingerprint)
    back_date(app, fingerprint, now - timedelta(minutes=50))
    root.execute(f"CREATE INDEX ix_{table} ON {table} (id)")
    plan_it(app, fingerprint)
    with app.app_context(), system_work(), transaction():
        change = db.session.scalars(select(Change).where(Change.fingerprint == fingerprint)).one()
        at = now - timedelta(minutes=40)
        change.at, change.detail = at, {**change.detail, "between": [change.detail["between"][0], at.isoformat()]}
    measured(fingerprint, now - timedelta(minutes=90), minutes=20, calls=5, took_ms=40)
    with app.app_context():
        settle_changes()
    assert "shift" not in in_the_installation(app, changes_of, fingerprint)[0].detail
    measured(fingerprint, now - timedelta(minutes=30), minutes=20, calls=5, took_ms=10)
    with app.app_context():
        settle_changes()
    [change] = in_the_installation(app, changes_of, fingerprint)
    assert change.detail["before"]["calls"] == change.detail["after"]["calls"] == 100
    assert change.detail["before"]["mean_ms"] == 40
    assert change.detail["after"]["p95_ms"] == pytest.approx(10, rel=0.02)
    assert change.detail["shift"] == 0.25
    assert "4.0 times as fast" in change.sentence


def test_the_dearest_statements_are_planned_by_themselves(app, known, measured, table):
    fingerprint = known(f"SELECT count(*) FROM {table} WHERE word = %(word)s AND id > %(id)s")
    measured(fingerprint, clock.now() - timedelta(minutes=5), minutes=2, calls=9, took_ms=3_000_000)
    with app.app_context():
        assert capture_plans() >= 1
    assert len(in_the_installation(app, plans_of, fingerprint)) == 1


def test_policies_are_in_the_plan_as_in_real_life(app, known, ada):
    fingerprint = known("SELECT number FROM orders WHERE state = %(state)s LIMIT %(limit)s")
    plan = plan_it(app, fingerprint).plan
    assert "company_id" in str(plan)


def test_no_value_of_a_row_or_a_policy_stays_in_a_plan(app, known, table, root, ada):
    root.execute(f"CREATE INDEX ix_{table} ON {table} (id) WHERE word <> 'canary' AND id <> 8315")
    root.execute(f"CREATE VIEW v_{table} AS SELECT id, word FROM {table} WHERE word <> 'canary' AND id <> 8315")
    root.execute(f"GRANT SELECT ON v_{table} TO qd_app")
    fingerprint = known(f"SELECT id, word || 'canary' FROM v_{table} WHERE id = 8315 AND word = 'canary'")
    plan = plan_it(app, fingerprint).plan
    assert "canary" not in str(plan)
    assert "8315" not in str(plan)
    assert isinstance(plan.get("Query Identifier", ""), str)
    root.execute(f"DROP VIEW v_{table}")


def test_a_locked_table_is_not_waited_for(app, known, table, superuser_url):
    fingerprint = known(f"SELECT word FROM {table} WHERE id = %(id)s")
    with psycopg.connect(superuser_url) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(ExplainFailed) as caught:
            plan_it(app, fingerprint)
    assert caught.value.sqlstate == "55P03"


def test_what_has_no_plan_is_said(app, known):
    with pytest.raises(StatementNotFound):
        plan_it(app, "0123456789abcdef")
    with pytest.raises(StatementNotFound):
        plan_it(app, known(f"SET LOCAL x_{uuid4().hex[:8]}.y = 1"))
    with pytest.raises(ExplainRefused):
        plan_it(app, known(f"SELECT 1 AS a_{uuid4().hex[:8]}; SELECT 2", verb="select"))


def test_nothing_is_asked_of_a_table_that_another_session_has_for_itself(app, known, measured, root):
    """PostgreSQL would log an error each ten minutes."""
    made = f"only_here_{uuid4().hex[:8]}"
    root.execute(f"CREATE TEMPORARY TABLE {made} (id bigint)")
    fingerprint = known(f"SELECT id FROM {made} WHERE id = %(id)s")
    with pytest.raises(ExplainRefused) as caught:
        plan_it(app, fingerprint)
    assert made in caught.value.sentence
    measured(fingerprint, clock.now() - timedelta(minutes=5), minutes=2, calls=9, took_ms=9_000_000)
    asked: list[str] = []
    with app.app_context(), pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.queries.plans.capture.ask_plan", lambda link, text: asked.append(text))
        capture_plans()
    assert not [text for text in asked if made in text]


def test_a_superuser_is_not_planned_for(app, superuser_url, monkeypatch):
    """No policy holds it, so its plans are not those of real life."""
    with app.app_context():
        monkeypatch.setattr("app.queries.plans.link.urls_by_role", lambda: {"postgres": superuser_url})
        with planners() as links, pytest.raises(ExplainUnsafe):
            links.of("postgres", None)
